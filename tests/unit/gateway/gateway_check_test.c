/* gateway_check_test.c - the warming list of a configuration: where it comes from, what is refused, and where that is said. */
/* links: @core @gateway */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "gateway.h"

static char errors[8192];

/* NULL: refused. The caller destroys it. */
static struct config *
load(const char *yaml)
{
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config *config = config_parse("test.yaml", yaml, strlen(yaml), NULL, out);

    errors[0] = '\0';
    if (config != NULL && !gateway_check_warming(config, out))
        config_destroy(&config);
    fclose(out);
    return config;
}

static void
expect_refused(const char *yaml, const char *expected)
{
    struct config *config = load(yaml);

    ck_assert_str_eq(errors, expected);
    ck_assert_ptr_null(config);
}

START_TEST(the_built_in_list_can_be_asked)
{
    struct config *config = load("");

    ck_assert_msg(config != NULL, "%s", errors);
    ck_assert(!config->cache.warming);
    ck_assert_int_eq(config->warming_count, 3);
    ck_assert_str_eq(config->warming[0].target, "/api/v1/properties?city=Austin&state=TX");
    ck_assert_str_eq(config->warming[1].target, "/api/v1/properties?city=Dallas&state=TX");
    ck_assert_str_eq(config->warming[2].target, "/api/v1/markets/stats?zipCode=78701");
    config_destroy(&config);
}
END_TEST

START_TEST(a_list_of_ones_own_replaces_it)
{
    struct config *config = load("warming:\n"
                                 "  - /api/v1/properties?zipCode=78701\n"
                                 "  - /api/v1/properties/5500%20Grand%20Lake%20Dr\n");

    ck_assert_msg(config != NULL, "%s", errors);
    ck_assert_int_eq(config->warming_count, 2);
    ck_assert_str_eq(config->warming[0].target, "/api/v1/properties?zipCode=78701");
    ck_assert_int_eq(config->warming[1].line, 3);
    config_destroy(&config);
    config = load("warming: []\n");
    ck_assert_ptr_nonnull(config);
    ck_assert_int_eq(config->warming_count, 0);
    config_destroy(&config);
    /* The built-in list asks built-in routes. */
    config = load("routes: []\n");
    ck_assert_ptr_nonnull(config);
    ck_assert_int_eq(config->warming_count, 0);
    config_destroy(&config);
}
END_TEST

START_TEST(what_cannot_be_asked_is_named)
{
    expect_refused("server: {instance: x}\n"
                   "warming:\n"
                   "  - /api/v1/properties?city=Austin\n"
                   "  - /api/v1/nothing?city=Austin\n",
                   "test.yaml:4: warming[1]: no route has this path\n");
    expect_refused("warming:\n"
                   "  - /api/v1/properties?limit=501\n"
                   "  - /api/v1/properties?city=%zz\n",
                   "test.yaml:2: warming[0]: limit: Input should be less than or equal to 500\n"
                   "test.yaml:3: warming[1]: is not a valid request: bad-request\n");
    expect_refused("warming: [\"/api/v1/properties?city=A&force_refresh=true\"]\n",
                   "test.yaml:1: warming[0]: force_refresh and ttl_override are not allowed "
                   "in the warming list\n");
    expect_refused("warming: [\"/api/v1/properties?city=A&ttl_override=60\"]\n",
                   "test.yaml:1: warming[0]: force_refresh and ttl_override are not allowed "
                   "in the warming list\n");
    expect_refused("warming: [api/v1/properties, \"\", {a: b}]\n",
                   "test.yaml:1: warming[0]: is not a request: expected /path?query\n"
                   "test.yaml:1: warming[1]: is not a request: expected /path?query\n"
                   "test.yaml:1: warming[2]: is a mapping, expected a text\n");
    expect_refused("warming: [api/v1/properties, \"\"]\n",
                   "test.yaml:1: warming[0]: is not a request: expected /path?query\n"
                   "test.yaml:1: warming[1]: is not a request: expected /path?query\n");
    expect_refused("warming: yes\n", "test.yaml:1: warming: is a text, expected a sequence\n");
}
END_TEST

START_TEST(what_nobody_would_be_served_is_refused)
{
    expect_refused(
        "routes:\n"
        "  - {name: a, path: /a, upstream_path: /a, share: all, ttl_s: 0}\n"
        "  - {name: b, path: /b, upstream_path: /b, share: key}\n"
        "  - {name: c, path: /c, upstream_path: /c, share: all, credential: passthrough}\n"
        "warming: [/a, /b, /c]\n",
        "test.yaml:5: warming[0]: this route is never cached\n"
        "test.yaml:5: warming[1]: entries of this route are not shared (share: key): "
        "no client would get them\n"
        "test.yaml:5: warming[2]: this route uses pass-through credentials "
        "(credential: passthrough)\n");
}
END_TEST

START_TEST(clients_own_keys_refuse_a_list_only_where_it_is_wanted)
{
    struct config *config = load(
        "upstreams: [{name: u, base_url: http://h, credential: {name: X, use: passthrough}}]\n");

    ck_assert_ptr_nonnull(config);
    config_destroy(&config);
    expect_refused(
        "upstreams: [{name: u, base_url: http://h, credential: {name: X, use: passthrough}}]\n"
        "cache: {warming: true}\n"
        "warming: [\"/api/v1/properties?city=Austin\"]\n",
        "test.yaml:3: warming[0]: this route uses pass-through credentials "
        "(credential: passthrough)\n");
}
END_TEST

START_TEST(the_list_is_bounded)
{
    static char yaml[WARMING_TARGET_SIZE * 2 + (WARMING_MOST + 2) * 64];
    size_t size = (size_t)snprintf(yaml, sizeof yaml, "warming:\n");

    for (int i = 0; i <= WARMING_MOST; i++)
        size += (size_t)snprintf(yaml + size, sizeof yaml - size,
                                 "  - /api/v1/properties?offset=%d\n", i);
    expect_refused(yaml, "test.yaml:258: warming: has too many entries\n");
    snprintf(yaml, sizeof yaml, "warming: [\"/%0*d\"]\n", WARMING_TARGET_SIZE, 0);
    expect_refused(yaml, "test.yaml:1: warming[0]: is longer than 1023 bytes\n");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateway_check");
    TCase *cases = tcase_create("lists");

    tcase_add_test(cases, the_built_in_list_can_be_asked);
    tcase_add_test(cases, a_list_of_ones_own_replaces_it);
    tcase_add_test(cases, what_cannot_be_asked_is_named);
    tcase_add_test(cases, what_nobody_would_be_served_is_refused);
    tcase_add_test(cases, clients_own_keys_refuse_a_list_only_where_it_is_wanted);
    tcase_add_test(cases, the_list_is_bounded);
    suite_add_tcase(suite, cases);
    return suite;
}
