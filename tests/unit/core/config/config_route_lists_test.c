/* config_route_lists_test.c - second paths, aliases and joined parts of a route: what is read, what is refused. */
/* links: @core */
#include "config_text.h"

#define ROUTE      "routes:\n  - name: a\n    path: /a\n    upstream_path: /b\n"
#define PARAMETERS ROUTE "    parameters:\n"
#define PARTS                                                                                      \
    PARAMETERS                                                                                     \
    "      - {name: t, type: text}\n      - {name: p, type: text}\n"                               \
    "      - {name: d, type: flag, default: \"true\"}\n"
#define BY_ID                                                                                      \
    "routes:\n  - name: a\n    path: \"/a/{i}/{j}\"\n    upstream_path: \"/b/{i}/{j}\"\n"          \
    "    parameters:\n      - {name: i, type: text, in_path: true}\n"                              \
    "      - {name: j, type: text, in_path: true}\n"
#define PICKS "      - {name: p, type: choice, values: x|y, selects: true}\n"

static const char whole[] = BY_ID PICKS "      - {name: whole, type: text}\n"
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

START_TEST(all_of_them_are_read)
{
    struct config *config = parse_good(whole, NULL);

    check_whole(config);
    config_destroy(&config);
}
END_TEST

START_TEST(what_is_printed_is_read_again)
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

START_TEST(what_a_route_leaves_out)
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

#define NO_ROOM "is no parameter of the query"

static const struct {
    const char *yaml;
    const char *error; /* behind "test.yaml:" */
} bad[] = {
    /* fallback_path */
    {ROUTE "    fallback_path: b\n", "5: routes[0].fallback_path: does not begin with /"},
    {ROUTE "    fallback_path: /b/../c\n",
     "5: routes[0].fallback_path: segment \"..\" is neither plain text nor a whole {name}"},
    {ROUTE "    fallback_path: \"/b/{i}\"\n",
     "5: routes[0].fallback_path: {i} is no parameter with in_path: true"},
    {BY_ID "    fallback_path: \"/c/{i}\"\n",
     "7: routes[0].parameters[1].in_path: {j} does not stand in fallback_path"},
    /* picks */
    {BY_ID PICKS, "8: routes[0].parameters[2].selects: there is no fallback_path to pick"},
    {PARAMETERS "      - {name: p, type: text, selects: true}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: stands with something else than a choice of two values"},
    {PARAMETERS
     "      - {name: p, type: choice, values: x, selects: true}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: stands with something else than a choice of two values"},
    {PARAMETERS
     "      - {name: p, type: choice, values: x|y|z, selects: true}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: stands with something else than a choice of two values"},
    {PARAMETERS "      - {name: p, type: choice, values: x|y, selects: true, upstream_name: q}\n"
                "    fallback_path: /c\n",
     "6: routes[0].parameters[0].upstream_name: stands with picks, which is not sent"},
    {PARAMETERS PICKS
     "      - {name: q, type: choice, values: x|y, selects: true}\n    fallback_path: /c\n",
     "7: routes[0].parameters[1].selects: p picks already"},
    {PARAMETERS
     "      - {name: p, type: choice, values: x|y, selects: maybe}\n    fallback_path: /c\n",
     "6: routes[0].parameters[0].selects: maybe is neither true nor false"},
    /* aliases */
    {ROUTE "    aliases: b\n", "5: routes[0].aliases: does not begin with /"},
    {ROUTE "    aliases: /b,\n", "5: routes[0].aliases: does not begin with /"},
    {ROUTE "    aliases: /b,/c,/d,/e,/f\n", "5: routes[0].aliases: holds more than 4 paths"},
    {ROUTE "    aliases: /a\n", "5: routes[0].aliases: /a is a path of this route already"},
    {ROUTE "    aliases: /b, /b\n", "5: routes[0].aliases: /b is a path of this route already"},
    {ROUTE "    aliases: /health\n",
     "5: routes[0].aliases: /health is answered by the gateway itself"},
    {ROUTE "    aliases: /b c\n",
     "5: routes[0].aliases: segment \"b c\" is neither plain text nor a whole {name}"},
    {BY_ID "    aliases: \"/b/{j}/{i}/x\"\n",
     "8: routes[0].aliases: /b/{j}/{i}/x has not the {name}s of path in its order"},
    {BY_ID "    aliases: \"/b/{i}\"\n",
     "8: routes[0].aliases: /b/{i} has not the {name}s of path in its order"},
    /* join */
    {PARTS "    join: t\n", "9: routes[0].join: does not begin with a text of the query and \":\""},
    {PARTS "    join: \"d: t\"\n",
     "9: routes[0].join: does not begin with a text of the query and \":\""},
    {PARTS "    join: \"x: t\"\n",
     "9: routes[0].join: does not begin with a text of the query and \":\""},
    {PARTS "    join: \"t:\"\n", "9: routes[0].join: \"\" " NO_ROOM},
    {PARTS "    join: \"t: x\"\n", "9: routes[0].join: \"x\" " NO_ROOM},
    {PARTS "    join: \"t: p,\"\n", "9: routes[0].join: \"\" " NO_ROOM},
    {PARTS "    join: \"t: t\"\n", "9: routes[0].join: \"t\" stands twice"},
    {PARTS "    join: \"t: p, p\"\n", "9: routes[0].join: \"p\" stands twice"},
    {PARTS "    join: \"t: d\"\n",
     "9: routes[0].join: \"d\" is required, picks or has a default: a part may be absent"},
    {BY_ID "      - {name: t, type: text}\n    join: \"t: i\"\n",
     "9: routes[0].join: \"i\" " NO_ROOM},
};

START_TEST(what_is_wrong_is_told_with_its_line)
{
    char expected[512];

    snprintf(expected, sizeof expected, "test.yaml:%s\n", bad[_i].error);
    parse_bad(bad[_i].yaml, NULL, expected);
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
} pairs[] = {
    {ROUTE "    aliases: /x\n  - {name: b, path: /x, upstream_path: /b}\n",
     "test.yaml:6: routes[1].path: GET /x is answered by route a already\n"},
    {ROUTE "  - {name: b, path: /x, upstream_path: /b, aliases: /a}\n",
     "test.yaml:5: routes[1].aliases: GET /a is answered by route a already\n"},
    {ROUTE "    aliases: /x,/y\n  - {name: b, path: /z, upstream_path: /b, aliases: \"/w,/y\"}\n",
     "test.yaml:6: routes[1].aliases: GET /y is answered by route a already\n"},
};

START_TEST(routes_that_take_each_others_paths)
{
    parse_bad(pairs[_i].yaml, NULL, pairs[_i].error);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_route_lists");
    TCase *tcase = tcase_create("lists");

    tcase_add_test(tcase, all_of_them_are_read);
    tcase_add_test(tcase, what_is_printed_is_read_again);
    tcase_add_test(tcase, what_a_route_leaves_out);
    tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_line, 0, (int)COUNT(bad));
    tcase_add_test(tcase, more_parts_than_can_be_joined);
    tcase_add_test(tcase, an_alias_that_is_too_long);
    tcase_add_loop_test(tcase, routes_that_take_each_others_paths, 0, (int)COUNT(pairs));
    suite_add_tcase(suite, tcase);
    return suite;
}
