/* bulk_request_test.c - lists of items, and items as queries. */
/* links: gateway/proxy/bulk_request.c gateway/routing/query_decode.c core/base/text.c @core */

#include "proxy/bulk_request.h"

#include <check.h>
#include <string.h>

static struct parameter_config parameters[] = {{.name = "address"}, {.name = "bedrooms"}};
static const struct route_config route = {.parameters = parameters, .parameter_count = 2};

static json_t *
parse(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

    ck_assert_ptr_nonnull(json);
    return json;
}

static const struct {
    const char *body;
    const char *why; /* NULL: a list of two */
} bodies[] = {
    {"{\"requests\": [{}, 1], \"more\": 1}", NULL},
    {"[1, 2]", NULL},
    {"{\"requests\": {}}", "the body must be a list, or an object with the list \"requests\""},
    {"{}", "the body must be a list, or an object with the list \"requests\""},
    {"\"x\"", "the body must be a list, or an object with the list \"requests\""},
    {"[]", "the list of requests is empty"},
    {"{\"requests\": []}", "the list of requests is empty"},
    {"[1, 2, 3]", "the list of requests is too long"},
};

START_TEST(a_list_stands_alone_or_as_requests)
{
    json_t *body = parse(bodies[_i].body);
    const char *why = NULL;
    const json_t *list = bulk_request_list(body, 2, &why);

    if (bodies[_i].why == NULL) {
        ck_assert_uint_eq(json_array_size(list), 2);
    } else {
        ck_assert_ptr_null(list);
        ck_assert_str_eq(why, bodies[_i].why);
    }
    json_decref(body);
}
END_TEST

static const struct {
    const char *item, *query, *refused; /* query NULL: refused because of this member, "" for all */
} items[] = {
    {"{}", "", NULL},
    {"{\"address\": \"1 A St, B&C=D%\"}", "address=1%20A%20St%2C%20B%26C%3DD%25", NULL},
    {"{\"address\": \"\\u00e9\"}", "address=%C3%A9", NULL},
    {"{\"bedrooms\": 3}", "bedrooms=3", NULL},
    {"{\"bedrooms\": -0.1}", "bedrooms=-0.1", NULL},
    {"{\"bedrooms\": 2.0}", "bedrooms=2", NULL},
    {"{\"bedrooms\": 30.26715}", "bedrooms=30.26715", NULL},
    {"{\"bedrooms\": true, \"address\": false}", "bedrooms=true&address=false", NULL},
    {"{\"bedrooms\": null}", "", NULL},
    {"{\"color\": [1], \"Bedrooms\": 2}", "", NULL},
    {"{\"force_refresh\": true, \"ttl_override\": 60}", "force_refresh=true&ttl_override=60", NULL},
    {"{\"address\": [\"a\"]}", NULL, "address"},
    {"{\"ttl_override\": {}}", NULL, "ttl_override"},
    {"[]", NULL, ""},
    {"null", NULL, ""},
};

START_TEST(an_item_is_a_query)
{
    char buffer[256];
    struct text query = text_of(buffer, sizeof buffer);
    json_t *item = parse(items[_i].item);
    const char *name, *why;
    bool is_taken = bulk_request_query(&route, item, &query, &name, &why);

    ck_assert_int_eq(is_taken, items[_i].query != NULL);
    if (is_taken)
        ck_assert_msg(bytes_equal_text(text_bytes(&query), items[_i].query), "%.*s",
                      BYTES_ARG(text_bytes(&query)));
    else
        ck_assert_str_eq(name != NULL ? name : "", items[_i].refused);
    json_decref(item);
}
END_TEST

START_TEST(too_much_is_seen)
{
    char buffer[12];
    struct text query = text_of(buffer, sizeof buffer);
    json_t *item = parse("{\"address\": \"longer than that\"}");
    const char *name, *why;

    ck_assert(bulk_request_query(&route, item, &query, &name, &why));
    ck_assert(query.is_cut);
    json_decref(item);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("bulk_request");
    TCase *tcase = tcase_create("request");

    tcase_add_loop_test(tcase, a_list_stands_alone_or_as_requests, 0, COUNT(bodies));
    tcase_add_loop_test(tcase, an_item_is_a_query, 0, COUNT(items));
    tcase_add_test(tcase, too_much_is_seen);
    suite_add_tcase(suite, tcase);
    return suite;
}
