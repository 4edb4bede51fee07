/* route_table_test.c - which route a path belongs to, whatever their number and order. */
/* links: gateway/routing/route_table.c core/base/text.c */

#include "routing/route_table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { MANY = 1000 };

static struct config config;
static struct route_table *table;

static void
use(struct route_config *routes, size_t count)
{
    config = (struct config){.routes = routes, .route_count = (int64_t)count};
    for (size_t i = 0; i < count; i++) /* as a loaded configuration has it */
        if (!routes[i].has_rate)
            routes[i].rate = (struct rate){.count = 100, .period_ms = 60000};
    table = route_table_create(&config);
    ck_assert_ptr_nonnull(table);
}

static void
teardown(void)
{
    route_table_destroy(&table);
    ck_assert_ptr_null(table);
}

static struct route_match
match_of(const char *method, const char *path)
{
    struct route_match match;

    memset(&match, 0xa5, sizeof match);
    route_table_match(table, bytes_of_text(method), bytes_of_text(path), &match);
    return match;
}

/* name "": no route has this path. values: joined by a blank. */
static void
check_match(const char *path, const char *name, const char *values)
{
    struct route_match match = match_of("GET", path);
    char joined[256] = "";

    if (name[0] == '\0') {
        ck_assert_msg(match.route == NULL, "%s", path);
        return;
    }
    ck_assert_msg(match.route != NULL, "%s: no route", path);
    ck_assert_str_eq(match.route->name, name);
    ck_assert_ptr_eq(match.route, &config.routes[match.route_index]);
    ck_assert(match.is_method_allowed);
    for (size_t i = 0; i < match.path_value_count; i++)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%.*s",
                 i > 0 ? " " : "", BYTES_ARG(match.path_values[i]));
    ck_assert_str_eq(joined, values);
}

/* In an order that would be wrong for a list that is read from the front. */
static const struct {
    const char *path, *name;
} forms[] = {
    {"/v1/{any}", "any"},
    {"/v1/{a}/{b}", "two"},
    {"/v1/properties/{id}", "by_id"},
    {"/v1/properties/random", "random"},
    {"/v1/properties", "properties"},
    {"/v1/{a}/random/deep", "deep"},
    {"/v1/properties/random/shallow", "shallow"},
    {"/", "root"},
    {"/{a}/{b}/{c}/{d}", "four"},
};

/* reversed: the last one first. */
static void
use_forms(bool reversed)
{
    static struct route_config routes[COUNT(forms)];

    memset(routes, 0, sizeof routes);
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct route_config *route = &routes[reversed ? COUNT(forms) - 1 - i : i];

        snprintf(route->name, sizeof route->name, "%s", forms[i].name);
        snprintf(route->endpoint, sizeof route->endpoint, "%s", forms[i].name);
        snprintf(route->method, sizeof route->method, "GET");
        snprintf(route->path, sizeof route->path, "%s", forms[i].path);
    }
    use(routes, COUNT(forms));
}

static const struct {
    const char *path, *name, *values;
} cases[] = {
    {"/v1/properties", "properties", ""},
    {"/v1/markets", "any", "markets"},
    {"/v1/properties/random", "random", ""},
    {"/v1/properties/rando", "by_id", "rando"},
    {"/v1/properties/randomly", "by_id", "randomly"},
    {"/v1/markets/random", "two", "markets random"},
    {"/v1/properties/random/shallow", "shallow", ""},
    /* The literal way ends nowhere: back to the names. */
    {"/v1/properties/random/deep", "deep", "properties"},
    {"/v1/properties/x/deep", "four", "v1 properties x deep"},
    {"/v1/properties/random/abyss", "four", "v1 properties random abyss"},
    {"/", "root", ""},
    {"/1/2/3/4", "four", "1 2 3 4"},
    /* Values are left as they came. */
    {"/v1/properties/a%2Fb%2C,c", "by_id", "a%2Fb%2C,c"},
    {"/v1/properties/%00", "by_id", "%00"},
    {"/v1/properties/{id}", "by_id", "{id}"},
    {"/v1/properties/..", "by_id", ".."},
    /* Literals are compared byte by byte. */
    {"/v1/Properties", "any", "Properties"},
    {"/V1/properties", "", ""},
    {"/v1/%70roperties", "any", "%70roperties"},
    /* A name takes exactly one segment, never none. */
    {"/v1", "", ""},
    {"/v1/", "", ""},
    {"/v1/properties/", "", ""},
    {"/v1//properties", "", ""},
    {"//v1/properties", "", ""},
    {"/v1/properties/random/", "", ""},
    {"/1/2/3/", "", ""},
    {"/1/2/3/4/5", "", ""},
    {"//", "", ""},
    {"", "", ""},
    {"v1/properties", "", ""},
    {"*", "", ""},
    {"http://host/v1/properties", "", ""},
};

START_TEST(a_literal_wins_over_a_name_and_a_dead_end_goes_back)
{
    use_forms(false);
    check_match(cases[_i].path, cases[_i].name, cases[_i].values);
}
END_TEST

START_TEST(the_order_of_the_routes_does_not_matter)
{
    use_forms(true);
    for (size_t i = 0; i < COUNT(cases); i++)
        check_match(cases[i].path, cases[i].name, cases[i].values);
}
END_TEST

START_TEST(a_path_ends_where_its_bytes_end)
{
    struct route_match match;

    use_forms(false);
    route_table_match(table, bytes_of_text("GET"), bytes_of("/v1/properties?x=/y", 14), &match);
    ck_assert_str_eq(match.route->name, "properties");
    route_table_match(table, bytes_of_text("GET"), bytes_of("/v1/x\0y", 7), &match);
    ck_assert_str_eq(match.route->name, "any");
    ck_assert_uint_eq(match.path_values[0].size, 3);
}
END_TEST

START_TEST(a_path_deeper_than_any_route_is_no_route)
{
    char path[2 * 8192 + 1] = "";

    use_forms(false);
    for (size_t i = 0; i < 8192; i++)
        memcpy(path + 2 * i, "/a", 2);
    check_match(path, "", "");
    memset(path, '/', sizeof path - 1);
    check_match(path, "", "");
}
END_TEST

static struct route_config methods[] = {
    {.name = "read", .endpoint = "things", .method = "GET", .path = "/things/{id}"},
    {.name = "write", .endpoint = "things", .method = "PUT", .path = "/things/{name}"},
    {.name = "make", .endpoint = "make", .method = "POST", .path = "/things"},
};

START_TEST(the_method_picks_among_routes_of_one_path)
{
    char allowed[64];

    use(methods, COUNT(methods));
    ck_assert_str_eq(match_of("GET", "/things/1").route->name, "read");
    ck_assert_str_eq(match_of("HEAD", "/things/1").route->name, "read");
    ck_assert(match_of("HEAD", "/things/1").is_method_allowed);
    ck_assert_str_eq(match_of("PUT", "/things/1").route->name, "write");
    ck_assert_uint_eq(match_of("PUT", "/things/1").path_value_count, 1);
    ck_assert(!match_of("DELETE", "/things/1").is_method_allowed);
    ck_assert(!match_of("get", "/things/1").is_method_allowed);
    ck_assert(!match_of("", "/things/1").is_method_allowed);
    ck_assert_ptr_nonnull(match_of("DELETE", "/things/1").route);
    ck_assert(!match_of("HEAD", "/things").is_method_allowed);
    ck_assert_ptr_null(match_of("DELETE", "/nothing").route);
    route_table_allow(table, bytes_of_text("/things"), allowed, sizeof allowed);
    ck_assert_str_eq(allowed, "POST");
    route_table_allow(table, bytes_of_text("/things/1"), allowed, sizeof allowed);
    ck_assert(strcmp(allowed, "PUT, GET, HEAD") == 0 || strcmp(allowed, "GET, HEAD, PUT") == 0);
    route_table_allow(table, bytes_of_text("/nothing"), allowed, sizeof allowed);
    ck_assert_str_eq(allowed, "");
}
END_TEST

START_TEST(an_allow_field_that_does_not_fit_is_cut_between_words)
{
    char allowed[10];

    use(methods, COUNT(methods));
    memset(allowed, 'x', sizeof allowed);
    route_table_allow(table, bytes_of_text("/things/1"), allowed, 4);
    ck_assert_uint_le(strlen(allowed), 3);
    ck_assert_mem_eq(allowed + 4, "xxxxxx", 6);
}
END_TEST

START_TEST(routes_of_one_endpoint_share_a_limit)
{
    struct route_config routes[] = {
        {.name = "a",
         .endpoint = "x",
         .method = "GET",
         .path = "/a",
         .has_rate = true,
         .rate = {.count = 60, .period_ms = 60000}},
        {.name = "b", .endpoint = "y", .method = "GET", .path = "/b"},
        {.name = "c",
         .endpoint = "x",
         .method = "GET",
         .path = "/c",
         .has_rate = true,
         .rate = {.count = 60, .period_ms = 60000}},
    };

    use(routes, COUNT(routes));
    ck_assert_uint_eq(route_table_limit_count(table), 2);
    ck_assert_str_eq(route_table_limit_names(table)[0], "x");
    ck_assert_str_eq(route_table_limit_names(table)[1], "y");
    ck_assert_int_eq(route_table_limit_rates(table)[0].count, 60);
    ck_assert_int_eq(route_table_limit_rates(table)[1].count, 100);
    ck_assert_uint_eq(match_of("GET", "/a").limit_index, 0);
    ck_assert_uint_eq(match_of("GET", "/b").limit_index, 1);
    ck_assert_uint_eq(match_of("GET", "/c").limit_index, 0);
}
END_TEST

/* Four forms in turn, so that literals and names meet at every depth. */
static void
make_many(struct route_config *routes)
{
    for (int i = 0; i < MANY; i++) {
        struct route_config *route = &routes[i];

        snprintf(route->name, sizeof route->name, "route%d", i);
        snprintf(route->endpoint, sizeof route->endpoint, "route%d", i);
        snprintf(route->method, sizeof route->method, "GET");
        if (i % 4 < 2)
            snprintf(route->path, sizeof route->path, "/a%s/r%d", i % 4 == 1 ? "/{x}" : "", i / 4);
        else
            snprintf(route->path, sizeof route->path, "/b%d/{x}%s", i / 4,
                     i % 4 == 3 ? "/c/{y}" : "");
    }
}

START_TEST(a_thousand_routes_are_each_found)
{
    static const char *const values[] = {"", "v", "v", "v w"};
    struct route_config *routes = calloc(MANY, sizeof *routes);

    ck_assert_ptr_nonnull(routes);
    make_many(routes);
    use(routes, MANY);
    for (int i = 0; i < MANY; i++) {
        char path[256], name[32];
        size_t size = 0;

        for (const char *c = routes[i].path; *c != '\0'; c++) {
            if (*c == '{') {
                path[size++] = c[1] == 'x' ? 'v' : 'w';
                c += 2;
            } else {
                path[size++] = *c;
            }
        }
        path[size] = '\0';
        snprintf(name, sizeof name, "route%d", i);
        check_match(path, name, values[i % 4]);
        ck_assert_uint_eq(match_of("GET", path).limit_index, (size_t)i);
        path[size++] = 'z';
        path[size] = '\0';
        if (i % 4 < 2)
            check_match(path, "", "");
    }
    ck_assert_uint_eq(route_table_limit_count(table), MANY);
    route_table_destroy(&table);
    free(routes);
    use_forms(false);
}
END_TEST

START_TEST(an_alias_is_the_route_itself)
{
    struct route_config routes[] = {
        {.name = "a",
         .endpoint = "a",
         .method = "GET",
         .path = "/v1/{id}/x",
         .aliases = {"/{id}", "/y/{id}/z"},
         .alias_count = 2},
        {.name = "b", .endpoint = "b", .method = "GET", .path = "/y"},
        {.name = "c", .endpoint = "c", .method = "POST", .path = "/y/{any}/z"},
    };
    char allow[64];

    use(routes, COUNT(routes));
    check_match("/v1/5/x", "a", "5");
    check_match("/5", "a", "5");
    check_match("/y/5/z", "a", "5");
    check_match("/y", "b", "");
    check_match("/y/5", "", "");
    ck_assert_str_eq(match_of("POST", "/y/5/z").route->name, "c");
    route_table_allow(table, bytes_of_text("/5"), allow, sizeof allow);
    ck_assert_str_eq(allow, "GET, HEAD");
    /* one route, one limit, however it is called */
    ck_assert_uint_eq(route_table_limit_count(table), 3);
    ck_assert_uint_eq(match_of("GET", "/5").limit_index, match_of("GET", "/v1/5/x").limit_index);
}
END_TEST

START_TEST(a_table_without_routes_knows_no_path)
{
    use(NULL, 0);
    check_match("/", "", "");
    check_match("/v1/properties", "", "");
    ck_assert_uint_eq(route_table_limit_count(table), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("route_table");
    TCase *tcase = tcase_create("route_table");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_literal_wins_over_a_name_and_a_dead_end_goes_back, 0,
                        (int)COUNT(cases));
    tcase_add_test(tcase, the_order_of_the_routes_does_not_matter);
    tcase_add_test(tcase, a_path_ends_where_its_bytes_end);
    tcase_add_test(tcase, a_path_deeper_than_any_route_is_no_route);
    tcase_add_test(tcase, the_method_picks_among_routes_of_one_path);
    tcase_add_test(tcase, an_allow_field_that_does_not_fit_is_cut_between_words);
    tcase_add_test(tcase, routes_of_one_endpoint_share_a_limit);
    tcase_add_test(tcase, a_thousand_routes_are_each_found);
    tcase_add_test(tcase, an_alias_is_the_route_itself);
    tcase_add_test(tcase, a_table_without_routes_knows_no_path);
    suite_add_tcase(suite, tcase);
    return suite;
}
