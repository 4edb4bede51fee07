/* config_upstreams_test.c - entries of upstreams, what they inherit, and which of them a route gets. */
/* links: @core */
#include <stdlib.h>
#include <unistd.h>

#include "support/config_text.h"

#define UPSTREAM_A  "{name: a, base_url: http://a.example}"
#define UPSTREAM_B  "{name: b, base_url: http://b.example}"
#define ROUTE(more) "routes:\n  - {name: r, path: /r, upstream_path: /v1/r" more "}\n"

static const struct upstream_config *
find(const struct config *config, const char *name)
{
    const struct upstream_config *upstream = config_upstream(config, bytes_of_text(name));

    ck_assert_ptr_nonnull(upstream);
    return upstream;
}

START_TEST(an_entry_has_from_the_section_what_it_does_not_say)
{
    static const char *const environment[] = {"UPSTREAM_MAX_QUEUE=5", "GEO_KEY=geo_s3cret", NULL};
    struct config *config = parse_good(
        "upstream: {timeout_ms: 20000, retries: 0}\n"
        "upstreams:\n"
        "  - {name: geo, base_url: \"http://geo.example//\", rate_per_second: 3, credential: {in: "
        "query, name: key, value: \"${GEO_KEY}\"}}\n"
        "  - {name: llm, base_url: \"https://llm.example/api\", credential: {in: bearer, value: "
        "t0ken}, headers: {x-version: \"2026-01-01\"}, timeout_ms: 120000, max_queue: 7}\n" ROUTE(
            ", upstream: llm"),
        environment);
    const struct upstream_config *geo = find(config, "geo"), *llm = find(config, "llm");

    ck_assert_int_eq(config->upstream_count, 2);
    ck_assert_str_eq(geo->base_url, "http://geo.example");
    ck_assert_int_eq(geo->timeout_ms, 20000);
    ck_assert_int_eq(geo->first_byte_timeout_ms, 20000); /* capped */
    ck_assert_int_eq(geo->rate_per_second, 3);
    ck_assert_int_eq(geo->max_queue, 5);
    ck_assert_int_eq(geo->retries, 0);
    ck_assert_int_eq(geo->credential.in, CREDENTIAL_QUERY);
    ck_assert_str_eq(geo->credential.value, "geo_s3cret");
    ck_assert_str_eq(geo->credential.from, "Authorization");
    ck_assert_int_eq(llm->timeout_ms, 120000);
    ck_assert_int_eq(llm->first_byte_timeout_ms, 120000);
    ck_assert_int_eq(llm->rate_per_second, 20);
    ck_assert_int_eq(llm->max_queue, 7);
    ck_assert_int_eq(llm->breaker_failures, 5);
    ck_assert_int_eq(llm->header_count, 1);
    ck_assert_str_eq(llm->headers[0].name, "x-version");
    ck_assert_str_eq(llm->headers[0].value, "2026-01-01");
    ck_assert_ptr_eq(config_route(config, "r")->upstream, llm);
    config_destroy(&config);
}
END_TEST

START_TEST(one_upstream_alone_need_not_be_named)
{
    struct config *config = parse_good("upstreams: [" UPSTREAM_A "]\n" ROUTE(""), NULL);

    ck_assert_str_eq(config_route(config, "r")->upstream->name, "a");
    config_destroy(&config);
    config = parse_good("upstreams: [" UPSTREAM_A "]\n", NULL); /* the built-in routes */
    ck_assert_str_eq(config->routes[0].upstream->base_url, "http://a.example");
    config_destroy(&config);
    config = parse_good(ROUTE(""), NULL); /* the built-in upstream */
    ck_assert_str_eq(config->routes[0].upstream->name, "rentcast");
    config_destroy(&config);
}
END_TEST

START_TEST(a_derived_route_has_its_sources_upstream)
{
    struct config *config = parse_good(
        "upstreams: [" UPSTREAM_A ", " UPSTREAM_B
        "]\n" ROUTE(", upstream: b") "  - {name: d, path: /d, derived_from: r, member: m}\n",
        NULL);

    ck_assert_str_eq(config_route(config, "d")->upstream->name, "b");
    config_destroy(&config);
}
END_TEST

static const struct {
    const char *yaml, *error;
} refused[] = {
    {"upstreams: [" UPSTREAM_A ", " UPSTREAM_B "]\n" ROUTE(""),
     "test.yaml:3: routes[0].upstream: is missing, expected the name of one of the upstreams\n"},
    {"upstreams: [" UPSTREAM_A "]\n" ROUTE(", upstream: c"),
     "test.yaml:3: routes[0].upstream: c is not the name of an upstream\n"},
    {"upstreams: []\n" ROUTE(""),
     "test.yaml:3: routes[0].upstream: there is no upstream, expected one in the list upstreams\n"},
    {"upstreams:\n  - " UPSTREAM_A "\n  - {name: a, base_url: http://c}\n",
     "test.yaml:3: upstreams[1].name: a is the name of an upstream in line 2, too\n"},
    {"upstreams:\n  - {base_url: http://c}\n", "test.yaml:2: upstreams[0].name: is missing\n"},
    {"upstreams:\n  - {name: \"a b\", base_url: http://c}\n",
     "test.yaml:2: upstreams[0].name: must consist of letters, digits, -, . and _\n"},
    {"upstreams:\n  - {name: a}\n", "test.yaml:2: upstreams[0].base_url: is missing\n"},
    {"upstreams:\n  - {name: a, base_url: \"https://u:p@h\"}\n",
     "test.yaml:2: upstreams[0].base_url: https://u:***@h is not http://host or https://host\n"},
    {"upstreams:\n  - {name: a, base_url: \"https://h/v1/\"}\n" ROUTE(""),
     "test.yaml:2: upstreams[0].base_url: ends with what the routes' upstream_path begins with\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, max_body_bytes: 16777217}\n",
     "test.yaml:2: upstreams[0].max_body_bytes: is too large for "
     "actors.max_message_body_bytes\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, breaker_probes: 0}\n",
     "test.yaml:2: upstreams[0].breaker_probes: 0 is not in 1..1000\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, credential: {in: cookie}}\n",
     "test.yaml:2: upstreams[0].credential.in: cookie is not one of header|bearer|basic|query\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, credential: {value: secret}}\n",
     "test.yaml:2: upstreams[0].credential.name: is missing, expected the name of the header\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, credential: {in: query, value: secret}}\n",
     "test.yaml:2: upstreams[0].credential.name: is missing, expected the name of the query "
     "parameter\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, credential: {in: bearer, name: x}}\n",
     "test.yaml:2: upstreams[0].credential.name: is only allowed with in: header and in: query\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, credential: {name: \"X Key\"}}\n",
     "test.yaml:2: upstreams[0].credential.name: X Key is not the name of a header\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, credential: {in: basic, value: s3cret}}\n",
     "test.yaml:2: upstreams[0].credential.value: the secret is not user:password\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, credential: {in: bearer, value: s3 cret}}\n",
     "test.yaml:2: upstreams[0].credential.value: the secret contains a space or another byte "
     "that is not a visible ASCII character\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, headers: {Host: h}}\n",
     "test.yaml:2: upstreams[0].headers.Host: is a header that the gateway writes itself\n"},
    {"upstreams:\n  - {name: a, base_url: http://c, headers: {X: \"1\", x: \"2\"}}\n",
     "test.yaml:2: upstreams[0].headers.x: is defined twice\n"},
    {"upstreams: [" UPSTREAM_A "]\n" ROUTE(", credential: passthrough, share: all"),
     "test.yaml:3: routes[0].credential: is passthrough, but its upstream a does not say where a "
     "key stands\n"},
};

START_TEST(what_cannot_be_is_named_with_its_line)
{
    parse_bad(refused[_i].yaml, NULL, refused[_i].error);
}
END_TEST

START_TEST(at_most_thirty_two_are_taken)
{
    char yaml[4096] = "upstreams:\n";

    for (int i = 0; i < UPSTREAMS_MAX + 1; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml),
                 "  - {name: u%d, base_url: http://h}\n", i);
    parse_bad(yaml, NULL, "test.yaml:34: upstreams: has too many entries\n");
}
END_TEST

/* ${NAME} of a secret also reads the file that NAME_FILE names. */
START_TEST(a_key_may_stand_in_a_file)
{
    char path[] = "/tmp/rentcache-test-XXXXXX", variable[64];
    const char *environment[] = {variable, NULL};
    int file = mkstemp(path);
    struct config *config;

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, "f1le_key\n", 9), 9);
    close(file);
    snprintf(variable, sizeof variable, "RENTCAST_API_KEY_FILE=%s", path);
    config = parse_good("", environment);
    ck_assert_str_eq(config->upstreams[0].credential.value, "f1le_key");
    config_destroy(&config);
    unlink(path);
}
END_TEST

START_TEST(a_file_and_a_value_contradict)
{
    static const char *const environment[] = {"RENTCAST_API_KEY_FILE=x", "RENTCAST_API_KEY=y",
                                              NULL};

    ck_assert_ptr_null(parse_with("", environment));
    ck_assert_ptr_nonnull(strstr(parse_errors, "upstreams[0].credential.value: the variables "
                                               "RENTCAST_API_KEY and RENTCAST_API_KEY_FILE are "
                                               "both set, expected one\n"));
}
END_TEST

/* The names of the original, in any case. */
START_TEST(the_built_in_upstream_takes_its_variables)
{
    static const char *const environment[] = {
        "rentcast_base_url=http://simulator:8900", "Rentcast_Api_Key=s3cret",
        "RENTCAST_API_KEY_HEADER=X-Other", "UPSTREAM_CREDENTIAL=passthrough", NULL};
    struct config *config = parse_good("", environment);

    ck_assert_str_eq(config->upstreams[0].name, "rentcast");
    ck_assert_str_eq(config->upstreams[0].base_url, "http://simulator:8900");
    ck_assert_str_eq(config->upstreams[0].credential.value, "s3cret");
    ck_assert_str_eq(config->upstreams[0].credential.name, "X-Other");
    ck_assert_int_eq(config->upstreams[0].credential.use, CREDENTIAL_PASSTHROUGH);
    config_destroy(&config);
}
END_TEST

static char *said;

static void
keep_warning(const char *warning)
{
    said = strdup(warning);
}

START_TEST(a_variable_that_no_upstream_reads_is_warned_of)
{
    static const char *const environment[] = {"RENTCAST_API_KEY=s3cret", NULL};
    struct config *config = parse_good("upstreams: [" UPSTREAM_A "]\n", environment);

    config_each_warning(config, keep_warning);
    ck_assert_str_eq(said, "environment: RENTCAST_API_KEY: has no effect: no upstream of the YAML "
                           "file reads ${RENTCAST_API_KEY}");
    free(said);
    config_destroy(&config);
}
END_TEST

START_TEST(a_timeout_that_no_client_waits_for_is_warned_of)
{
    struct config *config =
        parse_good("upstreams:\n  - {name: a, base_url: http://a, timeout_ms: 120000}\n", NULL);

    config_each_warning(config, keep_warning);
    ck_assert_str_eq(said, "test.yaml:2: upstreams[0].timeout_ms: clients wait for at most "
                           "gateway.request_timeout_ms (35000)");
    free(said);
    config_destroy(&config);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_upstreams");
    TCase *tcase = tcase_create("config_upstreams");

    tcase_add_test(tcase, an_entry_has_from_the_section_what_it_does_not_say);
    tcase_add_test(tcase, one_upstream_alone_need_not_be_named);
    tcase_add_test(tcase, a_derived_route_has_its_sources_upstream);
    tcase_add_loop_test(tcase, what_cannot_be_is_named_with_its_line, 0, COUNT(refused));
    tcase_add_test(tcase, at_most_thirty_two_are_taken);
    tcase_add_test(tcase, a_key_may_stand_in_a_file);
    tcase_add_test(tcase, a_file_and_a_value_contradict);
    tcase_add_test(tcase, the_built_in_upstream_takes_its_variables);
    tcase_add_test(tcase, a_variable_that_no_upstream_reads_is_warned_of);
    tcase_add_test(tcase, a_timeout_that_no_client_waits_for_is_warned_of);
    suite_add_tcase(suite, tcase);
    return suite;
}
