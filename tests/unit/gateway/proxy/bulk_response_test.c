/* bulk_response_test.c - what became of the items, rendered and in sum. */
/* links: gateway/proxy/bulk_response.c gateway/response/problem.c core/base/text.c @core */

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

#include "proxy/bulk_items.h"

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
        .http_status = 200, .decision = DECISION_HIT, .body = bytes_of_text("{\"a\": 1.50}")};
    items[1] = (struct bulk_item){.http_status = 200,
                                  .decision = DECISION_MISS,
                                  .cost_micro_usd = 2000000,
                                  .body = bytes_of_text("[]")};
    items[2] = (struct bulk_item){.http_status = 200, .decision = DECISION_STALE};
    items[3] = (struct bulk_item){.decision = DECISION_ERROR};
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
    ck_assert(bulk_response_render(&bulk));
    ck_assert_msg(
        bytes_equal_text(
            bulk.response,
            "{\"results\": [\n"
            "{\"index\": 0, \"status\": 200, \"cache\": \"hit\", \"data\": {\"a\": 1.50}},\n"
            "{\"index\": 1, \"status\": 200, \"cache\": \"miss\", \"cost_usd\": 2.0, \"data\": "
            "[]},\n"
            "{\"index\": 2, \"status\": 200, \"cache\": \"stale\", \"data\": null},\n"
            "{\"index\": 3, \"status\": 404, \"cache\": \"error\", \"error\": {\"title\": \"The "
            "upstream answered with an error\", \"status\": 404, \"detail\": \"none "
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
    ck_assert(bulk_response_render(&bulk));
    json = json_loadb((const char *)bulk.response.data, bulk.response.size, 0, NULL);
    ck_assert_ptr_nonnull(json);
    json_decref(json);
    free(detail);
}
END_TEST

START_TEST(the_request_counts_as_the_most_that_happened)
{
    ck_assert_int_eq(bulk_response_decision(&bulk), DECISION_MISS);
    items[1].decision = DECISION_COLLAPSED;
    ck_assert_int_eq(bulk_response_decision(&bulk), DECISION_COLLAPSED);
    items[1].decision = DECISION_HIT;
    ck_assert_int_eq(bulk_response_decision(&bulk), DECISION_STALE);
    items[2].decision = DECISION_REFUSED;
    ck_assert_int_eq(bulk_response_decision(&bulk), DECISION_HIT);
    items[0].decision = items[1].decision = DECISION_ERROR;
    ck_assert_int_eq(bulk_response_decision(&bulk), DECISION_ERROR);
    for (size_t i = 0; i < COUNT(items); i++)
        items[i].decision = DECISION_REFUSED;
    ck_assert_int_eq(bulk_response_decision(&bulk), DECISION_REFUSED);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("bulk_answer");
    TCase *tcase = tcase_create("answer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, items_stand_in_their_order);
    tcase_add_test(tcase, an_error_that_does_not_fit_leaves_json);
    tcase_add_test(tcase, the_request_counts_as_the_most_that_happened);
    suite_add_tcase(suite, tcase);
    return suite;
}
