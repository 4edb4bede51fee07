/* config_yaml_test.c - which YAML is taken, and how what is wrong with it is told. */
/* links: @core */
#include <stdlib.h>

#include "support/config_text.h"
#include "support/row.h"

START_TEST(values_of_every_type)
{
    struct config *config =
        parse_good("server:\n  log_level: error\n"
                   "gateway: {port: 9000, access_log: False}\n"
                   "limits:\n  global: 7 per second\n"
                   "upstreams:\n  - {name: u, base_url: http://localhost:8900/, credential: {in: "
                   "bearer, value: s3cret}}\n",
                   NULL);

    ck_assert_str_eq(config->server.log_level, "error");
    ck_assert_int_eq(config->gateway.port, 9000);
    ck_assert(!config->gateway.access_log);
    ck_assert_int_eq(config->limits.global.count, 7);
    ck_assert_int_eq(config->limits.global.period_ms, 1000);
    ck_assert_str_eq(config->upstreams[0].credential.value, "s3cret");
    ck_assert_str_eq(config->upstreams[0].base_url, "http://localhost:8900");
    config_destroy(&config);
    ck_assert_ptr_null(config);
}
END_TEST

START_TEST(defaults_of_the_document)
{
    struct config *config = parse_good("", NULL);

    row("R-142");
    row("R-143");
    row("R-149");
    row("R-150");
    row("R-151");
    row("R-154");
    row("R-156");
    ck_assert_str_eq(config->gateway.host, "0.0.0.0");
    ck_assert_int_eq(config->gateway.port, 8000);
    ck_assert(!config->server.debug);
    ck_assert(!config->server.database_echo);
    ck_assert_str_eq(config->cache.redis_url, "");
    ck_assert(!config->cache.redis_enabled);
    ck_assert_int_eq(config->cache.default_ttl_s, 3600);
    ck_assert(config->limits.enabled);
    ck_assert_int_eq(config->limits.global.count, 1000);
    ck_assert_int_eq(config->limits.global.period_ms, 3600000);
    ck_assert(config->cache.l1_enabled);
    ck_assert(config->gateway.enable_analytics);
    ck_assert(!config->cache.warming);
    config_destroy(&config);
}
END_TEST

/* A section whose lines are all commented out is no error. */
START_TEST(empty_documents_and_sections)
{
    static const char *const texts[] = {"",           "# nothing\n",           "---\n",
                                        "gateway:\n", "gateway: {}\ncache:\n", "routes:\n"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct config *config = parse_good(texts[i], NULL);

        ck_assert_int_eq(config->gateway.port, 8000);
        ck_assert_int_gt(config->route_count, 0);
        config_destroy(&config);
    }
}
END_TEST

#define SECTIONS                                                                                   \
    "server, gateway, limits, cache, upstream, analytics, ledger, spool, actors, routes, "         \
    "warming, upstreams"

static const struct {
    const char *yaml;
    const char *errors;
} bad[] = {
    /* ranges and types */
    {"gateway:\n  port: 99999\n", "test.yaml:2: gateway.port: 99999 is not in 0..65535\n"},
    {"gateway:\n  port: 80.5\n", "test.yaml:2: gateway.port: 80.5 is not a whole number\n"},
    {"gateway:\n  port:\n", "test.yaml:2: gateway.port: an empty text is not a whole number\n"},
    {"server: {debug: maybe}", "test.yaml:1: server.debug: maybe is neither true nor false\n"},
    {"limits:\n\n  global: 5\n", "test.yaml:3: limits.global: 5 is not a rate: expected 60/minute, "
                                 "1000/hour, 5/second, 100/day "
                                 "or none\n"},
    {"gateway:\n\tport: 1\n",
     "test.yaml:2: not YAML: the line is indented with a tab, expected spaces\n"},
    /* keys */
    {"limits:\n  glbal: 5/day\n", "test.yaml:2: limits.glbal: unknown key, did you mean global? "
                                  "Expected one of enabled, global, per_route, save_interval_ms, "
                                  "daily_limit, monthly_limit, auth_failures\n"},
    {"port: 8000\n", "test.yaml:1: port: unknown key, expected one of " SECTIONS "\n"},
    {"gateway:\n  port: 1\n  host: h\n  port: 1\n",
     "test.yaml:4: gateway.port: is defined twice, first in line 2\n"},
    {"gateway: {port: 1}\ngateway: {port: 2}\n",
     "test.yaml:2: gateway: is defined twice, first in line 1\n"},
    {"? [a, b]\n: 1\n", "test.yaml:1: a key is not a string\n"},
    /* kinds */
    {"gateway: 5\n", "test.yaml:1: gateway: is a text, expected a mapping\n"},
    {"gateway: [5]\n", "test.yaml:1: gateway: is a sequence, expected a mapping\n"},
    {"gateway:\n  port: {a: 1}\n", "test.yaml:2: gateway.port: is a mapping, expected a text\n"},
    {"gateway:\n  port: [1, [2]]\n", "test.yaml:2: gateway.port: is a sequence, expected a text\n"},
    {"routes: {a: 1}\n", "test.yaml:1: routes: is a mapping, expected a sequence\n"},
    {"routes:\n  - 5\n", "test.yaml:2: routes[0]: is a text, expected a mapping\n"},
    {"- 5\n", "test.yaml:1: is a sequence, expected a mapping\n"},
    {"gateway: &g {port: 1}\nserver: *g\n",
     "test.yaml:2: server: is an alias: anchors and aliases are not supported\n"},
    {"warming: [&a /x,\n  *a]\n",
     "test.yaml:2: warming[1]: is an alias: anchors and aliases are not supported\n"},
    {"gateway: &g {port: 1}\n? *g\n: 1\n", "test.yaml:2: a key is not a string\n"},
    {"gateway: {host: \"a\\0b\"}\n", "test.yaml:1: gateway.host: contains a NUL byte\n"},
    {"gateway: {host: \"a\\nb\"}\n",
     "test.yaml:1: gateway.host: a?b is not UTF-8 text without control characters\n"},
    /* no YAML */
    {"gateway: {port: 1\n",
     "test.yaml:2: not YAML: did not find expected ',' or '}', while parsing a flow mapping\n"},
    {"gateway: {port: 1}}\n",
     "test.yaml:1: not YAML: did not find expected key, while parsing a block mapping\n"},
    {"gateway: {port: 1}\n---\nserver: {}\n",
     "test.yaml:2: contains a second document, expected one\n"},
};

START_TEST(what_is_wrong_is_told_with_its_line)
{
    parse_bad(bad[_i].yaml, NULL, bad[_i].errors);
}
END_TEST

START_TEST(all_errors_are_told)
{
    static const char *const expected[] = {
        "test.yaml:2: gateway.port: 99999 is not in 0..65535\n",
        "test.yaml:3: gateway.threads: few is not a whole number\n",
        "test.yaml:5: spool.sync_m: unknown key, did you mean sync_ms? Expected one of ",
        "test.yaml:6: spool.ring_records: 1000 is not a power of two\n",
    };
    const char *line = parse_errors;

    ck_assert_ptr_null(parse_with("gateway:\n"
                                  "  port: 99999\n"
                                  "  threads: few\n"
                                  "spool:\n"
                                  "  sync_m: 5\n"
                                  "  ring_records: 1000\n",
                                  NULL));
    for (size_t i = 0; i < COUNT(expected); i++) {
        ck_assert_msg(strncmp(line, expected[i], strlen(expected[i])) == 0, "%s", line);
        line = strchr(line, '\n') + 1;
    }
    ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(endless_errors_are_counted_only)
{
    char yaml[8192] = "gateway:\n";
    size_t lines = 0;

    for (int i = 0; i < 200; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "  port: [%d]\n", i);
    ck_assert_ptr_null(parse_with(yaml, NULL));
    for (const char *at = parse_errors; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_int_eq((int)lines, 51);
    ck_assert_ptr_nonnull(strstr(parse_errors, "test.yaml: there are more errors\n"));
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    char yaml[2100] = "gateway: {port: ";

    memset(yaml + strlen(yaml), '[', 2000);
    ck_assert_ptr_null(parse_with(yaml, NULL));
    ck_assert_ptr_nonnull(strstr(parse_errors, "gateway.port: is nested too deeply\n"));
}
END_TEST

START_TEST(more_values_than_any_configuration_has)
{
    enum { VALUES = (1 << 19) + 1 };
    char *yaml = calloc(2 * VALUES + 32, 1);
    size_t size;

    ck_assert_ptr_nonnull(yaml);
    size = (size_t)snprintf(yaml, 32, "gateway: {port: [");
    for (size_t i = 0; i < VALUES; i++)
        memcpy(yaml + size + 2 * i, "1,", 2);
    ck_assert_ptr_null(parse_with(yaml, NULL));
    ck_assert_str_eq(parse_errors, "test.yaml:1: contains too many values\n");
    free(yaml);
}
END_TEST

START_TEST(a_secret_in_yaml_is_not_told)
{
    parse_bad("upstreams:\n  - {name: u, base_url: http://h, credential: {in: bearer, value: hush "
              "hush}}\n",
              NULL,
              "test.yaml:2: upstreams[0].credential.value: the secret contains a space or another "
              "byte that is not "
              "a visible ASCII character\n");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_yaml");
    TCase *tcase = tcase_create("config_yaml");

    tcase_set_timeout(tcase, 30); /* half a million values, under a sanitizer */
    tcase_add_test(tcase, values_of_every_type);
    tcase_add_test(tcase, defaults_of_the_document);
    tcase_add_test(tcase, empty_documents_and_sections);
    tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_line, 0, (int)COUNT(bad));
    tcase_add_test(tcase, all_errors_are_told);
    tcase_add_test(tcase, endless_errors_are_counted_only);
    tcase_add_test(tcase, deep_nesting_is_refused);
    tcase_add_test(tcase, more_values_than_any_configuration_has);
    tcase_add_test(tcase, a_secret_in_yaml_is_not_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
