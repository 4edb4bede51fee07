/* config_routes_test.c - routes and their parameters: what is read, what is refused. */
/* links: @core */
#include <float.h>

#include "config_text.h"
#include "support/row.h"

START_TEST(what_a_route_leaves_out)
{
    struct config *config = parse_good("cache: {default_ttl_s: 77}\n"
                                       "limits: {per_route: 9/second}\n"
                                       "routes:\n"
                                       "  - {name: a, path: /a, upstream_path: /b}\n",
                                       NULL);
    const struct route_config *route = config_route(config, "a");

    row("R-149");
    ck_assert_int_eq(config->route_count, 1);
    ck_assert_str_eq(route->endpoint, "a");
    ck_assert_str_eq(route->method, "GET");
    ck_assert_int_eq(route->kind, ROUTE_HTTP);
    ck_assert_int_eq(route->ttl_s, 77);
    ck_assert_int_eq(route->stale_while_revalidate_s, 0);
    ck_assert_int_eq(route->stale_if_error_s, 0);
    ck_assert_int_eq(route->negative_ttl_s, 0);
    ck_assert_int_eq(route->cost_micro_usd, 0);
    ck_assert(!route->has_rate);
    ck_assert_int_eq(route->rate.count, 9);
    ck_assert_int_eq(route->share, ROUTE_SHARE_KEY);
    ck_assert_int_eq(route->parameter_count, 0);
    config_destroy(&config);
}
END_TEST

START_TEST(what_a_route_says)
{
    struct config *config =
        parse_good("routes:\n"
                   "  - name: a\n"
                   "    endpoint: shared\n"
                   "    path: /a/{id}/b\n"
                   "    upstream_path: /v1/{id}\n"
                   "    ttl_s: 0\n"
                   "    stale_while_revalidate_s: 1\n"
                   "    stale_if_error_s: 2\n"
                   "    negative_ttl_s: 60\n"
                   "    cost_usd: 0.074\n"
                   "    rate: none\n"
                   "    share: all\n"
                   "    parameters:\n"
                   "      - {name: id, type: digits, max_length: 5, in_path: true}\n"
                   "      - {name: n, type: number, least: -1.5, most: 0.5}\n"
                   "      - {name: c, type: choices, values: A b|C, upstream_name: x}\n"
                   "      - {name: i, type: integer, default: \"-3\"}\n"
                   "      - {name: t, type: text, required: true, max_length: 9}\n",
                   NULL);
    const struct route_config *route = config_route(config, "a");
    const struct parameter_config *parameters = route->parameters;

    ck_assert_str_eq(route->endpoint, "shared");
    ck_assert_int_eq(route->ttl_s, 0);
    ck_assert_int_eq(route->stale_while_revalidate_s, 1);
    ck_assert_int_eq(route->stale_if_error_s, 2);
    ck_assert_int_eq(route->negative_ttl_s, 60);
    ck_assert_int_eq(route->cost_micro_usd, 74000);
    ck_assert(route->has_rate);
    ck_assert_int_eq(route->rate.count, 0);
    ck_assert_int_eq(route->parameter_count, 5);
    ck_assert_int_eq(parameters[0].type, PARAMETER_DIGITS);
    ck_assert_int_eq(parameters[0].max_length, 5);
    ck_assert_double_eq_tol(parameters[1].least, -1.5, DBL_MIN);
    ck_assert_double_eq_tol(parameters[1].most, 0.5, DBL_MIN);
    ck_assert_str_eq(parameters[2].values, "A b|C");
    ck_assert_str_eq(parameters[2].upstream_name, "x");
    ck_assert_str_eq(parameters[3].default_text, "-3");
    ck_assert(parameters[4].required);
    ck_assert_int_eq(parameters[4].max_length, 9);
    config_destroy(&config);
}
END_TEST

START_TEST(no_routes_at_all)
{
    struct config *config = parse_good("routes: []\n", NULL);

    ck_assert_int_eq(config->route_count, 0);
    config_destroy(&config);
}
END_TEST

#define ROUTE      "routes:\n  - name: a\n    path: /a\n    upstream_path: /b\n"
#define PARAMETERS ROUTE "    parameters:\n"

static const struct {
    const char *yaml;
    const char *error; /* behind "test.yaml:" */
} bad[] = {
    /* fields of a route */
    {"routes:\n  - {path: /a, upstream_path: /b}\n", "2: routes[0].name: is absent"},
    {"routes:\n  - {name: a, upstream_path: /b}\n", "2: routes[0].path: is absent"},
    {"routes:\n  - {name: a, path: /a}\n", "2: routes[0].upstream_path: is absent"},
    {ROUTE "    method: PUT\n", "5: routes[0].method: PUT is not one of GET|POST"},
    {ROUTE "    method: POST\n", "5: routes[0].method: is not GET, without bulk_of"},
    {ROUTE "    kind: sql\n", "5: routes[0].kind: sql is not one of http"},
    {ROUTE "    share: nobody\n", "5: routes[0].share: nobody is not one of key|all"},
    {ROUTE "    ttl_s: -1\n", "5: routes[0].ttl_s: -1 is not in 0..31536000"},
    {ROUTE "    ttl_s: 1h\n", "5: routes[0].ttl_s: 1h is not a whole number"},
    {ROUTE "    cost_usd: 1.0000001\n",
     "5: routes[0].cost_usd: 1.0000001 is not an amount in dollars with at most 6 decimals"},
    {ROUTE "    cost_usd: 1000001\n", "5: routes[0].cost_usd: 1000001 is not in 0..1000000"},
    {ROUTE "    rate: often\n", "5: routes[0].rate: often is not a rate: expected 60/minute, "
                                "1000/hour, 5/second, 100/day or none"},
    {ROUTE "    endpoint: global\n",
     "5: routes[0].endpoint: is \"global\", or not made of letters, digits, -, . and _"},
    {"routes:\n  - {name: \"a b\", path: /a, upstream_path: /b, endpoint: a}\n",
     "2: routes[0].name: is not made of letters, digits, -, . and _"},
    {"routes:\n  - {name: 12345678901234567890123456789012345678901234567890, path: /a, "
     "upstream_path: /b}\n",
     "2: routes[0].name: 50 bytes are too many, at most 49 fit"},
    /* paths */
    {"routes:\n  - {name: a, path: a, upstream_path: /b}\n",
     "2: routes[0].path: does not begin with /"},
    {"routes:\n  - {name: a, path: /a//b, upstream_path: /b}\n",
     "2: routes[0].path: segment \"\" is neither plain text nor a whole {name}"},
    {"routes:\n  - {name: a, path: /a/../b, upstream_path: /b}\n",
     "2: routes[0].path: segment \"..\" is neither plain text nor a whole {name}"},
    {"routes:\n  - {name: a, path: \"/a?b\", upstream_path: /b}\n",
     "2: routes[0].path: segment \"a?b\" is neither plain text nor a whole {name}"},
    {"routes:\n  - {name: a, path: \"/a/x{id}\", upstream_path: /b}\n",
     "2: routes[0].path: segment \"x{id}\" is neither plain text nor a whole {name}"},
    {"routes:\n  - {name: a, path: \"/a/{id}\", upstream_path: /b}\n",
     "2: routes[0].path: {id} is no parameter with in_path: true"},
    {"routes:\n  - {name: a, path: /a, upstream_path: \"/b/{id}\"}\n",
     "2: routes[0].upstream_path: {id} is no parameter with in_path: true"},
    {"routes:\n  - {name: a, path: /readyz, upstream_path: /b}\n",
     "2: routes[0].path: /readyz is answered by the gateway itself"},
    /* parameters */
    {PARAMETERS "      - {type: text}\n", "6: routes[0].parameters[0].name: is absent"},
    {PARAMETERS "      - {name: p}\n",
     "6: routes[0].parameters[0].type: is absent, expected one of "
     "text|integer|number|flag|choice|choices|filter|days|digits"},
    {PARAMETERS "      - {name: p, type: string}\n",
     "6: routes[0].parameters[0].type: string is not one of "
     "text|integer|number|flag|choice|choices|filter|days|digits"},
    {PARAMETERS "      - {name: p, type: text}\n      - {name: p, type: flag}\n",
     "7: routes[0].parameters[1].name: p stands twice"},
    {PARAMETERS "      - {name: force_refresh, type: flag}\n",
     "6: routes[0].parameters[0].name: force_refresh is a parameter of every route"},
    {PARAMETERS "      - {name: \"p=\", type: flag}\n",
     "6: routes[0].parameters[0].name: is not made of letters, digits, -, . and _"},
    {PARAMETERS "      - {name: p, type: text, in_path: true}\n",
     "6: routes[0].parameters[0].in_path: {p} does not stand in both path and upstream_path"},
    {PARAMETERS "      - {name: p, type: integer, least: 5, most: 1}\n",
     "6: routes[0].parameters[0].least: is above most"},
    {PARAMETERS "      - {name: p, type: integer, least: 0.5}\n",
     "6: routes[0].parameters[0].least: is not a whole number, as an integer's bounds must be"},
    {PARAMETERS "      - {name: p, type: text, least: 1}\n",
     "6: routes[0].parameters[0].least: stands with a type that does not take it"},
    {PARAMETERS "      - {name: p, type: flag, max_length: 1}\n",
     "6: routes[0].parameters[0].max_length: stands with a type that does not take it"},
    {PARAMETERS "      - {name: p, type: digits}\n",
     "6: routes[0].parameters[0].max_length: is absent, expected the number of digits"},
    {PARAMETERS "      - {name: p, type: choice}\n",
     "6: routes[0].parameters[0].values: is absent, expected values separated by |"},
    {PARAMETERS "      - {name: p, type: choice, values: \"a||b\"}\n",
     "6: routes[0].parameters[0].values: holds an empty value"},
    {PARAMETERS "      - {name: p, type: choice, values: a|b|a}\n",
     "6: routes[0].parameters[0].values: holds a twice"},
    /* defaults */
    {PARAMETERS "      - {name: p, type: integer, least: 1, most: 5, default: \"6\"}\n",
     "6: routes[0].parameters[0].default: 6 is not in 1..5"},
    {PARAMETERS "      - {name: p, type: integer, default: 1.5}\n",
     "6: routes[0].parameters[0].default: 1.5 is not a whole number"},
    {PARAMETERS "      - {name: p, type: number, most: 1, default: 2}\n",
     "6: routes[0].parameters[0].default: 2 is no value of this parameter"},
    {PARAMETERS "      - {name: p, type: flag, default: maybe}\n",
     "6: routes[0].parameters[0].default: maybe is neither true nor false"},
    {PARAMETERS "      - {name: p, type: choice, values: a|b, default: c}\n",
     "6: routes[0].parameters[0].default: c is no value of this parameter"},
    {PARAMETERS "      - {name: p, type: digits, max_length: 5, default: 1234}\n",
     "6: routes[0].parameters[0].default: 1234 is no value of this parameter"},
    {PARAMETERS "      - {name: p, type: filter, default: \"1\"}\n",
     "6: routes[0].parameters[0].default: a parameter of this type takes no default"},
    {PARAMETERS "      - {name: p, type: text, required: true, default: x}\n",
     "6: routes[0].parameters[0].default: stands with a parameter that is required"},
    /* what must be given together */
    {ROUTE "    require_one_of: p\n",
     "5: routes[0].require_one_of: \"p\" is no parameter of the query"},
    {PARAMETERS "      - {name: p, type: text}\n    require_one_of: p,\n",
     "7: routes[0].require_one_of: \"\" is no parameter of the query"},
    {PARAMETERS "      - {name: p, type: text}\n    require_one_of: p + p\n",
     "7: routes[0].require_one_of: expected names joined by + and separated by a comma"},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: p\n",
     "7: routes[0].require_with: does not begin with a parameter and \":\""},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: \"q: p\"\n",
     "7: routes[0].require_with: does not begin with a parameter and \":\""},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: \"p: q\"\n",
     "7: routes[0].require_with: \"q\" is no parameter of the query"},
};

START_TEST(what_is_wrong_is_told_with_its_line)
{
    char expected[512];

    snprintf(expected, sizeof expected, "test.yaml:%s\n", bad[_i].error);
    parse_bad(bad[_i].yaml, NULL, expected);
}
END_TEST

#define TWO(second)                                                                                \
    "routes:\n  - {name: a, path: /a, upstream_path: /b, rate: 1/day}\n  - " second "\n"

static const struct {
    const char *yaml;
    const char *error;
} pairs[] = {
    {TWO("{name: a, path: /c, upstream_path: /b, endpoint: e}"),
     "test.yaml:3: routes[1].name: a is the name of an earlier route\n"},
    {TWO("{name: b, path: /a, upstream_path: /b}"),
     "test.yaml:3: routes[1].path: GET /a is answered by route a already\n"},
    {"routes:\n"
     "  - {name: a, path: \"/x/{i}\", upstream_path: \"/{i}\", parameters: [{name: i, type: text, "
     "in_path: true}]}\n"
     "  - {name: b, path: \"/x/{j}\", upstream_path: \"/{j}\", parameters: [{name: j, type: text, "
     "in_path: true}]}\n",
     "test.yaml:3: routes[1].path: GET /x/{j} is answered by route a already\n"},
    {"routes:\n"
     "  - {name: a, path: /a, upstream_path: /b, rate: 1/day}\n"
     "  - {name: b, path: \"/x/{j}\", upstream_path: \"/{j}\", endpoint: a, rate: 2/day, "
     "parameters: [{name: j, type: text, in_path: true}]}\n",
     "test.yaml:3: routes[1].rate: differs from that of route a, which shares its endpoint\n"},
    {TWO("{name: b, endpoint: a, path: /b, upstream_path: /b, rate: 1/day}"),
     "test.yaml:3: routes[1].endpoint: is that of route a, which has the same parameters in its "
     "path: "
     "their entries could not be told apart\n"},
};

START_TEST(routes_that_contradict_each_other)
{
    parse_bad(pairs[_i].yaml, NULL, pairs[_i].error);
}
END_TEST

START_TEST(a_literal_beside_a_name_is_no_contradiction)
{
    struct config *config = parse_good("routes:\n"
                                       "  - {name: a, path: \"/x/{i}\", upstream_path: \"/{i}\", "
                                       "parameters: [{name: i, type: text, in_path: true}]}\n"
                                       "  - {name: b, path: /x/random, upstream_path: /r}\n"
                                       "  - {name: c, path: /x, upstream_path: /x}\n",
                                       NULL);

    ck_assert_int_eq(config->route_count, 3);
    config_destroy(&config);
}
END_TEST

START_TEST(more_parameters_than_a_route_can_have)
{
    char yaml[4096] = PARAMETERS;

    for (int i = 0; i < ROUTE_PARAMETERS_MAX + 2; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml),
                 "      - {name: p%d, type: text}\n", i);
    parse_bad(yaml, NULL, "test.yaml:38: routes[0].parameters: has too many entries\n");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_routes");
    TCase *tcase = tcase_create("config_routes");

    tcase_add_test(tcase, what_a_route_leaves_out);
    tcase_add_test(tcase, what_a_route_says);
    tcase_add_test(tcase, no_routes_at_all);
    tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_line, 0, (int)COUNT(bad));
    tcase_add_loop_test(tcase, routes_that_contradict_each_other, 0, (int)COUNT(pairs));
    tcase_add_test(tcase, a_literal_beside_a_name_is_no_contradiction);
    tcase_add_test(tcase, more_parameters_than_a_route_can_have);
    suite_add_tcase(suite, tcase);
    return suite;
}
