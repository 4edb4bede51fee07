/* price_test.c - prices out of responses, to the micro-dollar; responses that tell none. */
/* links: upstream/call/price.c core/base/json_pointer.c core/base/json_scan.c */

#include "call/price.h"

#include <check.h>

static const struct {
    const char *units;
    int64_t pico_usd_per_unit, cost_micro_usd; /* -1: no price */
} products[] = {
    {"1000", 2000000, 2000},                                      /* tokens of 2 micro-dollars */
    {"1", 150000, 0},                                             /* 0.15 of one */
    {"3", 150000, 0},                                             /* 0.45 */
    {"10", 150000, 2},                                            /* 1.5: the half goes up */
    {"1234567", 150000, 185185},                                  /* 185,185.05 */
    {"0.00123456", INT64_C(1000000000000), 1235},                 /* dollars */
    {"\"0.0125\"", INT64_C(1000000000000), 12500},                /* in quotes */
    {"0", 2000000, 0},                                            /* nothing was used */
    {"999999999999999999", 1000000, INT64_C(999999999999999999)}, /* the most digits */
    {"1000000000000000000", 1, -1},                               /* a digit more */
    {"999999999999999999", INT64_C(1000000000000), -1},           /* too much money */
    {"-1", 2000000, -1},
    {"1e3", 2000000, -1},
    {"", 2000000, -1},
    {".5", 2000000, -1},
    {"5.", 2000000, -1},
    {"1.2.3", 2000000, -1},
    {"null", 2000000, -1},
    {"\"\"", 2000000, -1},
    {"{\"a\": 1}", 2000000, -1},
};

START_TEST(units_times_price)
{
    for (size_t i = 0; i < COUNT(products); i++) {
        int64_t cost = -1;

        (void)price_of_units(bytes_of_text(products[i].units), products[i].pico_usd_per_unit,
                             &cost);
        ck_assert_msg(cost == products[i].cost_micro_usd, "%s: %lld", products[i].units,
                      (long long)cost);
    }
}
END_TEST

static int64_t
cost_of(const char *pointer, const char *header, const char *headers, const char *body)
{
    struct price_rule rule = {.pico_usd_per_unit = 1000000};
    int64_t cost = -1;

    ck_assert(bytes_copy_text(bytes_of_text(pointer), rule.pointer, sizeof rule.pointer));
    ck_assert(bytes_copy_text(bytes_of_text(header), rule.header, sizeof rule.header));
    (void)price_of_response(&rule, bytes_of_text(headers), bytes_of_text(body), &cost);
    return cost;
}

START_TEST(a_member_of_a_json_body)
{
    const char *json = "Content-Type: application/json\r\n";

    ck_assert_int_eq(
        cost_of("/usage/total_tokens", "", json, "{\"usage\": {\"total_tokens\": 42}}"), 42);
    ck_assert_int_eq(cost_of("/usage/total_tokens", "", json, "{\"usage\": {}}"), -1);
    ck_assert_int_eq(cost_of("/usage/total_tokens", "", json, "not JSON"), -1);
    ck_assert_int_eq(cost_of("/usage/total_tokens", "", json, ""), -1);
    ck_assert_int_eq(cost_of("/0/cost", "", "", "[{\"cost\": \"7\"}]"), 7);
}
END_TEST

START_TEST(a_header)
{
    const char *headers = "Content-Type: text/csv\r\nx-credits-used: 3\r\n";

    ck_assert_int_eq(cost_of("", "X-Credits-Used", headers, "a;b"), 3);
    ck_assert_int_eq(cost_of("", "X-Credits", headers, "a;b"), -1);
}
END_TEST

START_TEST(the_last_event_that_tells_it)
{
    const char *type = "Content-Type: text/event-stream; charset=utf-8\r\n";
    const char *stream =
        ": comment\r\ndata: {\"usage\": {\"n\": 5}}\r\n\r\nevent: x\ndata: {\"a\": 1}\n\n"
        "data:{\"usage\": {\"n\": 9}}\n\ndata: [DONE]\n\n";

    ck_assert_int_eq(cost_of("/usage/n", "", type, stream), 9);
    ck_assert_int_eq(cost_of("/usage/n", "", type, "data: {\"usage\": {\"n\": 8}}"), 8);
    ck_assert_int_eq(cost_of("/usage/n", "", type, "data: [DONE]\n\n"), -1);
    ck_assert_int_eq(cost_of("/usage/n", "", type, "\n\n\n"), -1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("price");
    TCase *cases = tcase_create("price");

    tcase_add_test(cases, units_times_price);
    tcase_add_test(cases, a_member_of_a_json_body);
    tcase_add_test(cases, a_header);
    tcase_add_test(cases, the_last_event_that_tells_it);
    suite_add_tcase(suite, cases);
    return suite;
}
