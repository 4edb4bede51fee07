/* bulk_json_test.c - lists of items, items as queries, and what became of them, rendered and in sum. */
/* links: gateway/proxy/bulk_json.c gateway/routing/query_decode.c gateway/response/problem.c core/base/text.c core/base/number_text.c @core */

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/bulk_json.h"

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
    {"{\"requests\": {}}",
     "the body must be a JSON array, or an object with the array \"requests\""},
    {"{}", "the body must be a JSON array, or an object with the array \"requests\""},
    {"\"x\"", "the body must be a JSON array, or an object with the array \"requests\""},
    {"[]", "the array of requests is empty"},
    {"{\"requests\": []}", "the array of requests is empty"},
    {"[1, 2, 3]", "the array of requests has too many items"},
};

START_TEST(a_list_stands_alone_or_as_requests)
{
    json_t *body = parse(bodies[_i].body);
    const char *why = NULL;
    const json_t *list = bulk_list(body, 2, &why);

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
} queries[] = {
    {"{}", "", NULL},
    {"{\"address\": \"1 A St, B&C=D%\"}", "address=1%20A%20St%2C%20B%26C%3DD%25", NULL},
    {"{\"address\": \"\\u00e9\"}", "address=%C3%A9", NULL},
    {"{\"bedrooms\": 3}", "bedrooms=3", NULL},
    {"{\"bedrooms\": -0.1}", "bedrooms=-0.1", NULL},
    {"{\"bedrooms\": 2.0}", "bedrooms=2", NULL},
    {"{\"bedrooms\": 1500.0}", "bedrooms=1500", NULL},
    {"{\"bedrooms\": -20000.0}", "bedrooms=-20000", NULL},
    {"{\"bedrooms\": 1e15}", "bedrooms=1000000000000000", NULL},
    {"{\"bedrooms\": 0.000001}", "bedrooms=0.000001", NULL},
    {"{\"bedrooms\": -0.0}", "bedrooms=0", NULL},
    {"{\"bedrooms\": 1e300}", "bedrooms=1e%2B300", NULL},
    {"{\"bedrooms\": 30.26715}", "bedrooms=30.26715", NULL},
    {"{\"bedrooms\": true, \"address\": false}", "bedrooms=true&address=false", NULL},
    {"{\"bedrooms\": null}", "", NULL},
    {"{\"Bedrooms\": 2}", "Bedrooms=2", NULL}, /* what is unknown, the reader of queries judges */
    {"{\"color\": [1], \"Bedrooms\": 2}", NULL, "color"},
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
    json_t *item = parse(queries[_i].item);
    const char *name, *why;
    bool is_taken = bulk_item_query(&route, item, &query, &name, &why);

    ck_assert_int_eq(is_taken, queries[_i].query != NULL);
    if (is_taken)
        ck_assert_msg(bytes_equal_text(text_bytes(&query), queries[_i].query), "%.*s",
                      BYTES_ARG(text_bytes(&query)));
    else
        ck_assert_str_eq(name != NULL ? name : "", queries[_i].refused);
    json_decref(item);
}
END_TEST

START_TEST(too_much_is_seen)
{
    char buffer[12];
    struct text query = text_of(buffer, sizeof buffer);
    json_t *item = parse("{\"address\": \"longer than that\"}");
    const char *name, *why;

    ck_assert(bulk_item_query(&route, item, &query, &name, &why));
    ck_assert(query.is_cut);
    json_decref(item);
}
END_TEST

static struct exchange exchange;
static struct bulk_item items[4];
static struct bulk bulk;

/* problem.c answers, too; not here. */
void
response_send(struct exchange *to, const struct response *response)
{
    (void)to;
    (void)response;
    ck_abort_msg("nothing is sent");
}

static void
setup(void)
{
    memset(&exchange, 0, sizeof exchange);
    memset(items, 0, sizeof items);
    bulk = (struct bulk){.exchange = &exchange, .items = items, .count = COUNT(items)};
    items[0] = (struct bulk_item){
        .http_status = 200, .fetch.decision = DECISION_HIT, .body = bytes_of_text("{\"a\": 1.50}")};
    items[1] = (struct bulk_item){.http_status = 200,
                                  .fetch.decision = DECISION_MISS,
                                  .fetch.cost_micro_usd = 2000000,
                                  .body = bytes_of_text("[]")};
    items[2] = (struct bulk_item){.http_status = 200, .fetch.decision = DECISION_STALE};
    items[3] = (struct bulk_item){.fetch.decision = DECISION_ERROR};
}

static void
teardown(void)
{
    free((void *)(uintptr_t)bulk.response.data);
    for (size_t i = 0; i < COUNT(items); i++)
        free(items[i].error);
}

START_TEST(items_stand_in_their_order)
{
    const struct problem problem = {.status = STATUS_UPSTREAM_REFUSED,
                                    .http_status = 404,
                                    .detail = "none \"there\"",
                                    .retry_after_s = -1};

    exchange.cost_micro_usd = 2000000;
    exchange.saved_micro_usd = 2500000;
    bulk_item_fail(&items[3], &problem);
    ck_assert_int_eq(items[3].state, BULK_DONE);
    ck_assert(bulk_render(&bulk));
    ck_assert_msg(
        bytes_equal_text(
            bulk.response,
            "{\"results\": [\n"
            "{\"index\": 0, \"status\": 200, \"cache\": \"hit\", \"data\": {\"a\": 1.50}},\n"
            "{\"index\": 1, \"status\": 200, \"cache\": \"miss\", \"cost_usd\": 2.0, \"data\": "
            "[]},\n"
            "{\"index\": 2, \"status\": 200, \"cache\": \"stale\", \"data\": null},\n"
            "{\"index\": 3, \"status\": 404, \"cache\": \"error\", \"error\": {\"title\": \"The "
            "upstream responded with an error\", \"status\": 404, \"detail\": \"none "
            "\\\"there\\\"\"}}], \"total\": 4, \"succeeded\": 3, \"failed\": 1, \"cost_usd\": 2.0, "
            "\"saved_usd\": 2.5}\n"),
        "%.*s", BYTES_ARG(bulk.response));
}
END_TEST

START_TEST(an_error_that_does_not_fit_leaves_json)
{
    char *detail = malloc(100001);
    struct problem problem = {.status = STATUS_INTERNAL, .retry_after_s = -1};
    json_t *json;

    ck_assert_ptr_nonnull(detail);
    memset(detail, '\x01', 100000); /* six bytes each */
    detail[100000] = '\0';
    problem.detail = detail;
    bulk_item_fail(&items[3], &problem);
    ck_assert(bulk_render(&bulk));
    json = json_loadb((const char *)bulk.response.data, bulk.response.size, 0, NULL);
    ck_assert_ptr_nonnull(json);
    json_decref(json);
    free(detail);
}
END_TEST

START_TEST(the_request_counts_as_the_most_that_happened)
{
    ck_assert_int_eq(bulk_decision(&bulk), DECISION_MISS);
    items[1].fetch.decision = DECISION_COLLAPSED;
    ck_assert_int_eq(bulk_decision(&bulk), DECISION_COLLAPSED);
    items[1].fetch.decision = DECISION_HIT;
    ck_assert_int_eq(bulk_decision(&bulk), DECISION_STALE);
    items[2].fetch.decision = DECISION_REFUSED;
    ck_assert_int_eq(bulk_decision(&bulk), DECISION_HIT);
    items[0].fetch.decision = items[1].fetch.decision = DECISION_ERROR;
    ck_assert_int_eq(bulk_decision(&bulk), DECISION_ERROR);
    for (size_t i = 0; i < COUNT(items); i++)
        items[i].fetch.decision = DECISION_REFUSED;
    ck_assert_int_eq(bulk_decision(&bulk), DECISION_REFUSED);
}
END_TEST

START_TEST(of_what_the_route_ignores_the_name_is_left)
{
    struct route_config lax = route;
    char buffer[256];
    struct text query = text_of(buffer, sizeof buffer);
    json_t *item = parse("{\"color\": [1], \"Bedrooms\": 2, \"bedrooms\": 3}");
    const char *name, *why;

    lax.unknown_parameters = ROUTE_UNKNOWN_IGNORE;
    ck_assert(bulk_item_query(&lax, item, &query, &name, &why));
    ck_assert(bytes_equal_text(text_bytes(&query), "color=&Bedrooms=&bedrooms=3"));
    json_decref(item);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("bulk_json");
    TCase *tcase = tcase_create("response");
    TCase *request = tcase_create("request");

    tcase_add_loop_test(request, a_list_stands_alone_or_as_requests, 0, COUNT(bodies));
    tcase_add_test(request, of_what_the_route_ignores_the_name_is_left);
    tcase_add_loop_test(request, an_item_is_a_query, 0, COUNT(queries));
    tcase_add_test(request, too_much_is_seen);
    suite_add_tcase(suite, request);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, items_stand_in_their_order);
    tcase_add_test(tcase, an_error_that_does_not_fit_leaves_json);
    tcase_add_test(tcase, the_request_counts_as_the_most_that_happened);
    suite_add_tcase(suite, tcase);
    return suite;
}
