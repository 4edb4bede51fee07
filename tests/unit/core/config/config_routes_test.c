/* config_routes_test.c - routes, their parameters, lists and sources: what is read, what is refused. */
/* links: @core */
#include <float.h>
#include <stdlib.h>

#include "support/config_text.h"
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
    {"routes:\n  - {path: /a, upstream_path: /b}\n", "2: routes[0].name: is missing"},
    {"routes:\n  - {name: a, upstream_path: /b}\n", "2: routes[0].path: is missing"},
    {"routes:\n  - {name: a, path: /a}\n", "2: routes[0].upstream_path: is missing"},
    {ROUTE "    method: PUT\n", "5: routes[0].method: PUT is not one of GET|POST"},
    {ROUTE "    method: POST\n", "5: routes[0].method: is not GET, without bulk_of"},
    {ROUTE "    kind: sql\n", "5: routes[0].kind: sql is not one of http"},
    {ROUTE "    share: nobody\n", "5: routes[0].share: nobody is not one of key|all"},
    {ROUTE "    ignore_parameters: \"utm_source|\"\n",
     "5: routes[0].ignore_parameters: ends with |, expected names separated by |"},
    {ROUTE "    ignore_parameters: \"a|n\"\n    parameters: [{name: n, type: text}]\n",
     "5: routes[0].ignore_parameters: n is a parameter of this route"},
    {ROUTE "    ignore_parameters: \"a|b c\"\n",
     "5: routes[0].ignore_parameters: \"b c\" is no name of letters, digits, -, . and _"},
    {ROUTE "    ignore_parameters: \"a|ttl_override\"\n",
     "5: routes[0].ignore_parameters: ttl_override steers the cache"},
    {ROUTE "    unknown_parameters: drop\n",
     "5: routes[0].unknown_parameters: drop is not one of refuse|forward|ignore"},
    {ROUTE "    unknown_parameters_max: 3\n",
     "5: routes[0].unknown_parameters_max: stands without unknown_parameters: forward"},
    {ROUTE "    unknown_parameters: forward\n    unknown_parameters_max: 33\n",
     "6: routes[0].unknown_parameters_max: 33 is not in 1..32"},
    {ROUTE "    unknown_parameters: forward\n    unknown_parameters_bytes: 0\n",
     "6: routes[0].unknown_parameters_bytes: 0 is not in 1..8192"},
    {ROUTE "    ttl_s: -1\n", "5: routes[0].ttl_s: -1 is not in 0..31536000"},
    {ROUTE "    ttl_s: 1w\n", "5: routes[0].ttl_s: 1w is not a whole number"},
    {ROUTE "    cost_usd: 1.0000001\n",
     "5: routes[0].cost_usd: 1.0000001 is not an amount in dollars with at most 6 decimals"},
    {ROUTE "    cost_usd: 1000001\n", "5: routes[0].cost_usd: 1000001 is not in 0..1000000"},
    {ROUTE "    rate: often\n", "5: routes[0].rate: often is not a rate: expected 60/minute, "
                                "1000/hour, 5/second, 100/day or none"},
    {ROUTE "    endpoint: global\n", "5: routes[0].endpoint: is \"global\", or has other "
                                     "characters than letters, digits, -, . and _"},
    {"routes:\n  - {name: \"a b\", path: /a, upstream_path: /b, endpoint: a}\n",
     "2: routes[0].name: must consist of letters, digits, -, . and _"},
    {"routes:\n  - {name: 12345678901234567890123456789012345678901234567890, path: /a, "
     "upstream_path: /b}\n",
     "2: routes[0].name: 50 bytes are too many, at most 49 fit"},
    /* paths */
    {"routes:\n  - {name: a, path: a, upstream_path: /b}\n",
     "2: routes[0].path: does not begin with /"},
    {"routes:\n  - {name: a, path: /a//b, upstream_path: /b}\n",
     "2: routes[0].path: segment \"\" must be plain text or a {name}"},
    {"routes:\n  - {name: a, path: /a/../b, upstream_path: /b}\n",
     "2: routes[0].path: segment \"..\" must be plain text or a {name}"},
    {"routes:\n  - {name: a, path: \"/a?b\", upstream_path: /b}\n",
     "2: routes[0].path: segment \"a?b\" must be plain text or a {name}"},
    {"routes:\n  - {name: a, path: \"/a/x{id}\", upstream_path: /b}\n",
     "2: routes[0].path: segment \"x{id}\" must be plain text or a {name}"},
    {"routes:\n  - {name: a, path: \"/a/{id}\", upstream_path: /b}\n",
     "2: routes[0].path: {id} is not a parameter with in_path: true"},
    {"routes:\n  - {name: a, path: /a, upstream_path: \"/b/{id}\"}\n",
     "2: routes[0].upstream_path: {id} is not a parameter with in_path: true"},
    {"routes:\n  - {name: a, path: /readyz, upstream_path: /b}\n",
     "2: routes[0].path: /readyz is a path of the gateway itself"},
    /* parameters */
    {PARAMETERS "      - {type: text}\n", "6: routes[0].parameters[0].name: is missing"},
    {PARAMETERS "      - {name: p}\n",
     "6: routes[0].parameters[0].type: is missing, expected one of "
     "text|integer|number|flag|choice|choices|filter|days|digits"},
    {PARAMETERS "      - {name: p, type: string}\n",
     "6: routes[0].parameters[0].type: string is not one of "
     "text|integer|number|flag|choice|choices|filter|days|digits"},
    {PARAMETERS "      - {name: p, type: text}\n      - {name: p, type: flag}\n",
     "7: routes[0].parameters[1].name: p is defined twice"},
    {PARAMETERS "      - {name: force_refresh, type: flag}\n",
     "6: routes[0].parameters[0].name: force_refresh is a parameter of every route"},
    {PARAMETERS "      - {name: \"p=\", type: flag}\n",
     "6: routes[0].parameters[0].name: must consist of letters, digits, -, . and _"},
    {PARAMETERS "      - {name: p, type: text, in_path: true}\n",
     "6: routes[0].parameters[0].in_path: {p} is not in both path and upstream_path"},
    {PARAMETERS "      - {name: p, type: integer, least: 5, most: 1}\n",
     "6: routes[0].parameters[0].least: is above most"},
    {PARAMETERS "      - {name: p, type: integer, least: 0.5}\n",
     "6: routes[0].parameters[0].least: is not a whole number, as an integer's bounds must be"},
    {PARAMETERS "      - {name: p, type: text, least: 1}\n",
     "6: routes[0].parameters[0].least: is not allowed with this type"},
    {PARAMETERS "      - {name: p, type: flag, max_length: 1}\n",
     "6: routes[0].parameters[0].max_length: is not allowed with this type"},
    {PARAMETERS "      - {name: p, type: digits}\n",
     "6: routes[0].parameters[0].max_length: is missing, expected the number of digits"},
    {PARAMETERS "      - {name: p, type: choice}\n",
     "6: routes[0].parameters[0].values: is missing, expected values separated by |"},
    {PARAMETERS "      - {name: p, type: choice, values: \"a||b\"}\n",
     "6: routes[0].parameters[0].values: contains an empty value"},
    {PARAMETERS "      - {name: p, type: choice, values: a|b|a}\n",
     "6: routes[0].parameters[0].values: contains a twice"},
    /* defaults */
    {PARAMETERS "      - {name: p, type: integer, least: 1, most: 5, default: \"6\"}\n",
     "6: routes[0].parameters[0].default: 6 is not in 1..5"},
    {PARAMETERS "      - {name: p, type: integer, default: 1.5}\n",
     "6: routes[0].parameters[0].default: 1.5 is not a whole number"},
    {PARAMETERS "      - {name: p, type: number, most: 1, default: 2}\n",
     "6: routes[0].parameters[0].default: 2 is not a valid value of this parameter"},
    {PARAMETERS "      - {name: p, type: flag, default: maybe}\n",
     "6: routes[0].parameters[0].default: maybe is neither true nor false"},
    {PARAMETERS "      - {name: p, type: choice, values: a|b, default: c}\n",
     "6: routes[0].parameters[0].default: c is not a valid value of this parameter"},
    {PARAMETERS "      - {name: p, type: digits, max_length: 5, default: 1234}\n",
     "6: routes[0].parameters[0].default: 1234 is not a valid value of this parameter"},
    {PARAMETERS "      - {name: p, type: filter, default: \"1\"}\n",
     "6: routes[0].parameters[0].default: a parameter of this type takes no default"},
    {PARAMETERS "      - {name: p, type: text, required: true, default: x}\n",
     "6: routes[0].parameters[0].default: is not allowed for a required parameter"},
    /* what must be given together */
    {ROUTE "    require_one_of: p\n",
     "5: routes[0].require_one_of: \"p\" is not a query parameter"},
    {PARAMETERS "      - {name: p, type: text}\n    require_one_of: p,\n",
     "7: routes[0].require_one_of: \"\" is not a query parameter"},
    {PARAMETERS "      - {name: p, type: text}\n    require_one_of: p + p\n",
     "7: routes[0].require_one_of: expected names joined by + and separated by a comma"},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: p\n",
     "7: routes[0].require_with: does not begin with a parameter and \":\""},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: \"q: p\"\n",
     "7: routes[0].require_with: does not begin with a parameter and \":\""},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: \"p: p; q: p\"\n",
     "7: routes[0].require_with: does not begin with a parameter and \":\""},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: \"p: p; p: q\"\n",
     "7: routes[0].require_with: \"q\" is not a query parameter"},
    {PARAMETERS "      - {name: p, type: text}\n    require_with: \"p: q\"\n",
     "7: routes[0].require_with: \"q\" is not a query parameter"},
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
     "test.yaml:3: routes[1].name: a is already the name of another route\n"},
    {TWO("{name: b, path: /a, upstream_path: /b}"),
     "test.yaml:3: routes[1].path: GET /a is already served by route a\n"},
    {"routes:\n"
     "  - {name: a, path: \"/x/{i}\", upstream_path: \"/{i}\", parameters: [{name: i, type: text, "
     "in_path: true}]}\n"
     "  - {name: b, path: \"/x/{j}\", upstream_path: \"/{j}\", parameters: [{name: j, type: text, "
     "in_path: true}]}\n",
     "test.yaml:3: routes[1].path: GET /x/{j} is already served by route a\n"},
    {"routes:\n"
     "  - {name: a, path: /a, upstream_path: /b, rate: 1/day}\n"
     "  - {name: b, path: \"/x/{j}\", upstream_path: \"/{j}\", endpoint: a, rate: 2/day, "
     "parameters: [{name: j, type: text, in_path: true}]}\n",
     "test.yaml:3: routes[1].rate: differs from that of route a, which shares its endpoint\n"},
    {TWO("{name: b, endpoint: a, path: /b, upstream_path: /b, rate: 1/day}"),
     "test.yaml:3: routes[1].endpoint: is also that of route a, which has the same path "
     "parameters: their cache keys would be equal\n"},
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

#define PARTS                                                                                      \
    PARAMETERS                                                                                     \
    "      - {name: t, type: text}\n      - {name: p, type: text}\n"                               \
    "      - {name: d, type: flag, default: \"true\"}\n"
#define BY_ID                                                                                      \
    "routes:\n  - name: a\n    path: \"/a/{i}/{j}\"\n    upstream_path: \"/b/{i}/{j}\"\n"          \
    "    parameters:\n      - {name: i, type: text, in_path: true}\n"                              \
    "      - {name: j, type: text, in_path: true}\n"
#define SELECTS "      - {name: p, type: choice, values: x|y, selects: true}\n"

static const char whole[] = BY_ID SELECTS "      - {name: whole, type: text}\n"
                                          "      - {name: one, type: text}\n"
                                          "      - {name: two, type: digits, max_length: 5}\n"
                                          "    fallback_path: \"/c/{j}/{i}\"\n"
                                          "    aliases: \"/d/{i}/{j} , /e/{i}/x/{j}\"\n"
                                          "    join: \"whole: two, one\"\n";

static void
check_whole(const struct config *config)
{
    const struct route_config *route = config_route(config, "a");

    ck_assert_str_eq(route->fallback_path, "/c/{j}/{i}");
    ck_assert_int_eq(route->alias_count, 2);
    ck_assert_str_eq(route->aliases[0], "/d/{i}/{j}");
    ck_assert_str_eq(route->aliases[1], "/e/{i}/x/{j}");
    ck_assert_int_eq(route->join.part_count, 2);
    ck_assert_str_eq(route->parameters[route->join.target].name, "whole");
    ck_assert_str_eq(route->parameters[route->join.parts[0]].name, "two");
    ck_assert_str_eq(route->parameters[route->join.parts[1]].name, "one");
    for (int64_t i = 0; i < route->parameter_count; i++)
        ck_assert(route->parameters[i].selects == (strcmp(route->parameters[i].name, "p") == 0));
}

START_TEST(all_lists_are_read)
{
    struct config *config = parse_good(whole, NULL);

    check_whole(config);
    config_destroy(&config);
}
END_TEST

START_TEST(printed_lists_are_read_again)
{
    static char printed[65536];
    struct config *config = parse_good(whole, NULL);
    FILE *out = fmemopen(printed, sizeof printed, "w");

    config_print(config, out);
    fclose(out);
    config_destroy(&config);
    config = parse_good(printed, NULL);
    check_whole(config);
    config_destroy(&config);
}
END_TEST

START_TEST(the_lists_a_route_leaves_out)
{
    struct config *config = parse_good(PARTS, NULL);
    const struct route_config *route = config_route(config, "a");

    ck_assert_str_eq(route->fallback_path, "");
    ck_assert_int_eq(route->alias_count, 0);
    ck_assert_int_eq(route->join.part_count, 0);
    ck_assert(!route->parameters[0].selects);
    config_destroy(&config);
}
END_TEST

#define NO_ROOM "is not a query parameter"

static const struct {
    const char *yaml;
    const char *error; /* behind "test.yaml:" */
} bad_lists[] = {
    /* fallback_path */
    {ROUTE "    fallback_path: b\n", "5: routes[0].fallback_path: does not begin with /"},
    {ROUTE "    fallback_path: /b/../c\n",
     "5: routes[0].fallback_path: segment \"..\" must be plain text or a {name}"},
    {ROUTE "    fallback_path: \"/b/{i}\"\n",
     "5: routes[0].fallback_path: {i} is not a parameter with in_path: true"},
    {BY_ID "    fallback_path: \"/c/{i}\"\n",
     "7: routes[0].parameters[1].in_path: {j} is not in fallback_path"},
    /* selects */
    {BY_ID SELECTS, "8: routes[0].parameters[2].selects: requires fallback_path"},
    {PARAMETERS "      - {name: p, type: text, selects: true}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: is only allowed for a choice of two values"},
    {PARAMETERS
     "      - {name: p, type: choice, values: x, selects: true}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: is only allowed for a choice of two values"},
    {PARAMETERS
     "      - {name: p, type: choice, values: x|y|z, selects: true}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: is only allowed for a choice of two values"},
    {PARAMETERS "      - {name: p, type: choice, values: x|y, selects: true, upstream_name: q}\n"
                "    fallback_path: /c\n",
     "6: routes[0].parameters[0].upstream_name: is not allowed with selects, which is not sent"},
    {PARAMETERS SELECTS
     "      - {name: q, type: choice, values: x|y, selects: true}\n    fallback_path: /c\n",
     "7: routes[0].parameters[1].selects: p already has selects"},
    {PARAMETERS
     "      - {name: p, type: choice, values: x|y, selects: maybe}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: maybe is neither true nor false"},
    /* aliases */
    {ROUTE "    aliases: b\n", "5: routes[0].aliases: does not begin with /"},
    {ROUTE "    aliases: /b,\n", "5: routes[0].aliases: does not begin with /"},
    {ROUTE "    aliases: /b,/c,/d,/e,/f\n", "5: routes[0].aliases: has more than 4 paths"},
    {ROUTE "    aliases: /a\n", "5: routes[0].aliases: /a is a path of this route already"},
    {ROUTE "    aliases: /b, /b\n", "5: routes[0].aliases: /b is a path of this route already"},
    {ROUTE "    aliases: /health\n",
     "5: routes[0].aliases: /health is a path of the gateway itself"},
    {ROUTE "    aliases: /b c\n",
     "5: routes[0].aliases: segment \"b c\" must be plain text or a {name}"},
    {BY_ID "    aliases: \"/b/{j}/{i}/x\"\n",
     "8: routes[0].aliases: /b/{j}/{i}/x must have the {name}s of path in the same order"},
    {BY_ID "    aliases: \"/b/{i}\"\n",
     "8: routes[0].aliases: /b/{i} must have the {name}s of path in the same order"},
    /* join */
    {PARTS "    join: t\n", "9: routes[0].join: does not begin with a text of the query and \":\""},
    {PARTS "    join: \"d: t\"\n",
     "9: routes[0].join: does not begin with a text of the query and \":\""},
    {PARTS "    join: \"x: t\"\n",
     "9: routes[0].join: does not begin with a text of the query and \":\""},
    {PARTS "    join: \"t:\"\n", "9: routes[0].join: \"\" " NO_ROOM},
    {PARTS "    join: \"t: x\"\n", "9: routes[0].join: \"x\" " NO_ROOM},
    {PARTS "    join: \"t: p,\"\n", "9: routes[0].join: \"\" " NO_ROOM},
    {PARTS "    join: \"t: t\"\n", "9: routes[0].join: \"t\" is listed twice"},
    {PARTS "    join: \"t: p, p\"\n", "9: routes[0].join: \"p\" is listed twice"},
    {PARTS "    join: \"t: d\"\n",
     "9: routes[0].join: \"d\" is required, selects or has a default: a part may be absent"},
    {BY_ID "      - {name: t, type: text}\n    join: \"t: i\"\n",
     "9: routes[0].join: \"i\" " NO_ROOM},
};

START_TEST(what_is_wrong_with_lists_is_told_with_its_line)
{
    char expected[512];

    snprintf(expected, sizeof expected, "test.yaml:%s\n", bad_lists[_i].error);
    parse_bad(bad_lists[_i].yaml, NULL, expected);
}
END_TEST

START_TEST(more_parts_than_can_be_joined)
{
    char yaml[4096] = PARAMETERS "      - {name: t, type: text}\n";
    char join[256] = "    join: \"t: p0";

    for (int i = 0; i <= ROUTE_JOIN_MAX; i++) {
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml),
                 "      - {name: p%d, type: text}\n", i);
        if (i > 0)
            snprintf(join + strlen(join), sizeof join - strlen(join), ", p%d", i);
    }
    snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "%s\"\n", join);
    parse_bad(yaml, NULL, "test.yaml:16: routes[0].join: \"p8\" is one part too many\n");
}
END_TEST

START_TEST(an_alias_that_is_too_long)
{
    char yaml[512] = ROUTE "    aliases: /";

    for (size_t size = strlen(yaml), i = 0; i < 255; i++)
        yaml[size + i] = 'x';
    parse_bad(yaml, NULL,
              "test.yaml:5: routes[0].aliases: 256 bytes of one path are too many, at most 255 "
              "fit\n");
}
END_TEST

static const struct {
    const char *yaml;
    const char *error;
} alias_pairs[] = {
    {ROUTE "    aliases: /x\n  - {name: b, path: /x, upstream_path: /b}\n",
     "test.yaml:6: routes[1].path: GET /x is already served by route a\n"},
    {ROUTE "  - {name: b, path: /x, upstream_path: /b, aliases: /a}\n",
     "test.yaml:5: routes[1].aliases: GET /a is already served by route a\n"},
    {ROUTE "    aliases: /x,/y\n  - {name: b, path: /z, upstream_path: /b, aliases: \"/w,/y\"}\n",
     "test.yaml:6: routes[1].aliases: GET /y is already served by route a\n"},
};

START_TEST(routes_that_take_each_others_paths)
{
    parse_bad(alias_pairs[_i].yaml, NULL, alias_pairs[_i].error);
}
END_TEST

#define SOURCE                                                                                     \
    "routes:\n"                                                                                    \
    "  - {name: one, path: /one, upstream_path: /v1/one, ttl_s: 7, cost_usd: 2, share: all,\n"     \
    "     stale_if_error_s: 9, parameters: [{name: a, type: text}]}\n"                             \
    "  - {name: deep, path: \"/deep/{id}\", upstream_path: \"/v1/{id}\",\n"                        \
    "     parameters: [{name: id, type: text, in_path: true}]}\n"

START_TEST(what_belongs_to_entries_is_the_sources)
{
    struct config *config =
        parse_good(SOURCE "  - {name: part, path: /part, derived_from: one, member: items, rate: "
                          "3/minute}\n"
                          "  - {name: many, method: POST, path: /many, bulk_of: one}\n"
                          "  - {name: deep_part, path: \"/part/{id}\", derived_from: deep, member: "
                          "x, aliases: \"/also/{id}\"}\n",
                   NULL);
    const struct route_config *one = config_route(config, "one");
    const struct route_config *part = config_route(config, "part");
    const struct route_config *many = config_route(config, "many");

    ck_assert_ptr_null(one->source);
    ck_assert_ptr_eq(route_source(one), one);
    ck_assert_ptr_eq(part->source, one);
    ck_assert_str_eq(part->member, "items");
    ck_assert_str_eq(part->endpoint, "part");
    ck_assert_str_eq(part->method, "GET");
    ck_assert_int_eq(part->rate.count, 3);
    ck_assert_int_eq(part->ttl_s, 7);
    ck_assert_int_eq(part->stale_if_error_s, 9);
    ck_assert_int_eq(part->cost_micro_usd, 2000000);
    ck_assert_int_eq(part->share, ROUTE_SHARE_ALL);
    ck_assert(!part->is_bulk);
    ck_assert(many->is_bulk);
    ck_assert_ptr_eq(many->source, one);
    ck_assert_str_eq(many->method, "POST");
    ck_assert_ptr_eq(config_route(config, "deep_part")->source, config_route(config, "deep"));
    config_destroy(&config);
}
END_TEST

static const struct {
    const char *routes, *error;
} mistakes[] = {
    {"  - {name: p, path: /p, derived_from: none, member: x}\n",
     "test.yaml:6: routes[2].derived_from: none is not the name of a route\n"},
    {"  - {name: p, path: /p, derived_from: one}\n",
     "test.yaml:6: routes[2].member: must consist of letters, digits, -, . and _\n"},
    {"  - {name: p, path: /p, derived_from: one, member: 'a\"b'}\n",
     "test.yaml:6: routes[2].member: must consist of letters, digits, -, . and _\n"},
    {"  - {name: p, path: /p, upstream_path: /v1/p, member: x}\n",
     "test.yaml:6: routes[2].member: is only allowed with derived_from\n"},
    {"  - {name: p, path: /p, derived_from: one, member: x, ttl_s: 5}\n",
     "test.yaml:6: routes[2].ttl_s: is not allowed with derived_from: it is that route's\n"},
    {"  - {name: p, path: /p, derived_from: one, member: x, parameters: [{name: b, type: text}]}\n",
     "test.yaml:6: routes[2].parameters: is not allowed with derived_from: they are that "
     "route's\n"},
    {"  - {name: p, path: /p, method: POST, bulk_of: one, upstream_path: /x}\n",
     "test.yaml:6: routes[2].upstream_path: is not allowed with bulk_of: it is that route's\n"},
    {"  - {name: p, path: /p, bulk_of: one}\n",
     "test.yaml:6: routes[2].method: is not POST, with bulk_of\n"},
    {"  - {name: p, path: /p, method: POST, derived_from: one, member: x}\n",
     "test.yaml:6: routes[2].method: is not GET, without bulk_of\n"},
    {"  - {name: p, path: /p, method: POST, bulk_of: deep}\n",
     "test.yaml:6: routes[2].bulk_of: deep has parameters in its path\n"},
    {"  - {name: p, path: /p, derived_from: deep, member: x}\n",
     "test.yaml:6: routes[2].path: must have the {name}s of the path of deep in the same order\n"},
    {"  - {name: p, path: /p, derived_from: one, member: x}\n"
     "  - {name: q, path: /q, derived_from: p, member: y}\n",
     "test.yaml:7: routes[3].derived_from: p has no entries of its own\n"},
    {"  - {name: p, path: /one, derived_from: one, member: x}\n",
     "test.yaml:6: routes[2].path: GET /one is already served by route one\n"},
};

START_TEST(what_is_wrong_with_sources_is_told_with_its_line)
{
    char yaml[2048];

    snprintf(yaml, sizeof yaml, "%s%s", SOURCE, mistakes[_i].routes);
    parse_bad(yaml, NULL, mistakes[_i].error);
}
END_TEST

START_TEST(printed_sources_can_be_loaded_again)
{
    struct config *config =
        parse_good(SOURCE "  - {name: part, path: /part, derived_from: one, member: items}\n"
                          "  - {name: many, method: POST, path: /many, bulk_of: one}\n",
                   NULL);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct config *again;

    config_print(config, out);
    fclose(out);
    again = parse_good(text, NULL);
    ck_assert_ptr_eq(config_route(again, "part")->source, config_route(again, "one"));
    ck_assert_str_eq(config_route(again, "part")->member, "items");
    ck_assert(config_route(again, "many")->is_bulk);
    config_destroy(&again);
    config_destroy(&config);
    free(text);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_routes");
    TCase *tcase = tcase_create("config_routes");
    TCase *route_lists = tcase_create("route_lists");
    TCase *route_sources = tcase_create("route_sources");

    tcase_add_test(tcase, what_a_route_leaves_out);
    tcase_add_test(tcase, what_a_route_says);
    tcase_add_test(tcase, no_routes_at_all);
    tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_line, 0, (int)COUNT(bad));
    tcase_add_loop_test(tcase, routes_that_contradict_each_other, 0, (int)COUNT(pairs));
    tcase_add_test(tcase, a_literal_beside_a_name_is_no_contradiction);
    tcase_add_test(tcase, more_parameters_than_a_route_can_have);
    suite_add_tcase(suite, tcase);
    tcase_add_test(route_lists, all_lists_are_read);
    tcase_add_test(route_lists, printed_lists_are_read_again);
    tcase_add_test(route_lists, the_lists_a_route_leaves_out);
    tcase_add_loop_test(route_lists, what_is_wrong_with_lists_is_told_with_its_line, 0,
                        (int)COUNT(bad_lists));
    tcase_add_test(route_lists, more_parts_than_can_be_joined);
    tcase_add_test(route_lists, an_alias_that_is_too_long);
    tcase_add_loop_test(route_lists, routes_that_take_each_others_paths, 0,
                        (int)COUNT(alias_pairs));
    suite_add_tcase(suite, route_lists);
    tcase_add_test(route_sources, what_belongs_to_entries_is_the_sources);
    tcase_add_loop_test(route_sources, what_is_wrong_with_sources_is_told_with_its_line, 0,
                        COUNT(mistakes));
    tcase_add_test(route_sources, printed_sources_can_be_loaded_again);
    suite_add_tcase(suite, route_sources);
    return suite;
}
