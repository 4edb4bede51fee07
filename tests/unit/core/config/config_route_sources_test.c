/* config_route_sources_test.c - routes that live off the entries of another one: what they take over, what is refused. */
/* links: @core */
#include <stdlib.h>

#include "config_text.h"

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
     "test.yaml:6: routes[2].derived_from: none is the name of no route\n"},
    {"  - {name: p, path: /p, derived_from: one}\n",
     "test.yaml:6: routes[2].member: is not made of letters, digits, -, . and _\n"},
    {"  - {name: p, path: /p, derived_from: one, member: 'a\"b'}\n",
     "test.yaml:6: routes[2].member: is not made of letters, digits, -, . and _\n"},
    {"  - {name: p, path: /p, upstream_path: /v1/p, member: x}\n",
     "test.yaml:6: routes[2].member: stands without derived_from\n"},
    {"  - {name: p, path: /p, derived_from: one, member: x, ttl_s: 5}\n",
     "test.yaml:6: routes[2].ttl_s: stands with derived_from: it is that route's\n"},
    {"  - {name: p, path: /p, derived_from: one, member: x, parameters: [{name: b, type: text}]}\n",
     "test.yaml:6: routes[2].parameters: stands with derived_from: they are that route's\n"},
    {"  - {name: p, path: /p, method: POST, bulk_of: one, upstream_path: /x}\n",
     "test.yaml:6: routes[2].upstream_path: stands with bulk_of: it is that route's\n"},
    {"  - {name: p, path: /p, bulk_of: one}\n",
     "test.yaml:6: routes[2].method: is not POST, with bulk_of\n"},
    {"  - {name: p, path: /p, method: POST, derived_from: one, member: x}\n",
     "test.yaml:6: routes[2].method: is not GET, without bulk_of\n"},
    {"  - {name: p, path: /p, method: POST, bulk_of: deep}\n",
     "test.yaml:6: routes[2].bulk_of: deep has parameters in its path\n"},
    {"  - {name: p, path: /p, derived_from: deep, member: x}\n",
     "test.yaml:6: routes[2].path: has not the {name}s of the path of deep in its order\n"},
    {"  - {name: p, path: /p, derived_from: one, member: x}\n"
     "  - {name: q, path: /q, derived_from: p, member: y}\n",
     "test.yaml:7: routes[3].derived_from: p has no entries of its own\n"},
    {"  - {name: p, path: /one, derived_from: one, member: x}\n",
     "test.yaml:6: routes[2].path: GET /one is answered by route one already\n"},
};

START_TEST(what_is_wrong_is_told_with_its_line)
{
    char yaml[2048];

    snprintf(yaml, sizeof yaml, "%s%s", SOURCE, mistakes[_i].routes);
    parse_bad(yaml, NULL, mistakes[_i].error);
}
END_TEST

START_TEST(what_is_printed_can_be_loaded_again)
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
    Suite *suite = suite_create("config_route_sources");
    TCase *tcase = tcase_create("sources");

    tcase_add_test(tcase, what_belongs_to_entries_is_the_sources);
    tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_line, 0, COUNT(mistakes));
    tcase_add_test(tcase, what_is_printed_can_be_loaded_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
