/* call_test.c - a call owns copies of what it was asked for; its list keeps order and counts. */
/* links: upstream/call/call.c */

#include "call/call.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "decision.h"

static struct upstream_fetch
fetch_of(int64_t flight_id, const char *target, const char *credential)
{
    return (struct upstream_fetch){
        .flight_id = flight_id,
        .route = bytes_of_text("properties"),
        .method = bytes_of_text("GET"),
        .target = bytes_of_text(target),
        .api_key_id = 7,
        .reason = FETCH_REASON_REFRESH,
        .price_micro_usd = 2000000,
        .credential = bytes_of_text(credential),
    };
}

static struct call *
make(int64_t flight_id)
{
    struct upstream_fetch fetch = fetch_of(flight_id, "/v1/properties?limit=1", "");
    struct sender from = {.correlation_id = 99};
    struct call *call = call_create(&fetch, &from, 1234);

    ck_assert_ptr_nonnull(call);
    snprintf(call->call_id, sizeof call->call_id, "%032lld", (long long)flight_id);
    return call;
}

START_TEST(a_call_copies_what_it_needs)
{
    char target[] = "/v1/properties?limit=1", credential[] = "client_token";
    struct upstream_fetch fetch = fetch_of(5, target, credential);
    struct sender from = {.correlation_id = 99, .request_id = "abc"};
    struct call *call = call_create(&fetch, &from, 1234);

    ck_assert_ptr_nonnull(call);
    memset(target, 'x', sizeof target - 1);
    memset(credential, 'x', sizeof credential - 1);
    ck_assert_int_eq(call->state, CALL_QUEUED);
    ck_assert_int_eq(call->flight_id, 5);
    ck_assert_str_eq(call->route, "properties");
    ck_assert_str_eq(call->target, "/v1/properties?limit=1");
    ck_assert_str_eq(call->credential, "client_token");
    ck_assert_int_eq(call->api_key_id, 7);
    ck_assert_int_eq(call->reason, FETCH_REASON_REFRESH);
    ck_assert_int_eq(call->price_micro_usd, 2000000);
    ck_assert_int_eq(call->deadline_ms, 1234);
    ck_assert_int_eq(call->attempt, 1);
    ck_assert_uint_eq(call->from.correlation_id, 99);
    ck_assert_str_eq(call->from.request_id, "abc");
    call_free(&call);
    ck_assert_ptr_null(call);
    call_free(&call);
}
END_TEST

START_TEST(without_a_credential_the_configured_one_counts)
{
    struct call *call = make(1);

    ck_assert_ptr_null(call->credential);
    call_free(&call);
}
END_TEST

START_TEST(a_route_name_that_does_not_fit_is_refused)
{
    char name[ROUTE_NAME_SIZE + 1];
    struct upstream_fetch fetch = fetch_of(1, "/", "");
    struct sender from = {0};

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    fetch.route = bytes_of_text(name);
    ck_assert_ptr_null(call_create(&fetch, &from, 0));
}
END_TEST

static void
expect_order(const struct call_list *list, const char *flights)
{
    char seen[64] = "";
    const struct call *call;

    TAILQ_FOREACH (call, &list->calls, link)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%lld",
                 (long long)call->flight_id);
    ck_assert_str_eq(seen, flights);
    seen[0] = '\0';
    TAILQ_FOREACH_REVERSE(call, &list->calls, call_queue, link)
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%lld", (long long)call->flight_id);
    ck_assert_uint_eq(strlen(seen), strlen(flights));
    for (size_t i = 0; seen[i] != '\0'; i++)
        ck_assert_int_eq(seen[i], flights[strlen(flights) - 1 - i]);
}

START_TEST(a_list_keeps_the_order_of_arrival)
{
    struct call_list list;
    struct call *calls[5];

    call_list_init(&list);
    for (int i = 0; i < 5; i++)
        call_list_add(&list, calls[i] = make(i + 1));
    expect_order(&list, "12345");
    call_list_remove(&list, calls[2]);
    expect_order(&list, "1245");
    call_list_remove(&list, calls[0]);
    expect_order(&list, "245");
    call_list_remove(&list, calls[4]);
    expect_order(&list, "24");
    call_list_add(&list, calls[0]);
    expect_order(&list, "241");
    call_list_remove(&list, calls[1]);
    call_list_remove(&list, calls[3]);
    call_list_remove(&list, calls[0]);
    expect_order(&list, "");
    ck_assert(TAILQ_EMPTY(&list.calls));
    for (int i = 0; i < 5; i++)
        call_free(&calls[i]);
}
END_TEST

START_TEST(states_are_counted)
{
    struct call_list list;
    struct call *one = make(1), *two = make(2);

    call_list_init(&list);
    call_list_add(&list, one);
    call_list_add(&list, two);
    ck_assert_uint_eq(list.count[CALL_QUEUED], 2);
    call_list_move(&list, one, CALL_RESERVING);
    call_list_move(&list, one, CALL_SENDING);
    call_list_move(&list, two, CALL_RESERVING);
    ck_assert_uint_eq(list.count[CALL_QUEUED], 0);
    ck_assert_uint_eq(list.count[CALL_RESERVING], 1);
    ck_assert_uint_eq(list.count[CALL_SENDING], 1);
    call_list_move(&list, one, CALL_QUEUED); /* a retry */
    call_list_remove(&list, two);
    ck_assert_uint_eq(list.count[CALL_RESERVING], 0);
    call_list_remove(&list, one);
    ck_assert_uint_eq(list.count[CALL_QUEUED], 0);
    call_free(&one);
    call_free(&two);
}
END_TEST

START_TEST(calls_are_found_by_their_id)
{
    struct call_list list;
    struct call *one = make(1), *two = make(2);

    call_list_init(&list);
    ck_assert_ptr_null(call_list_find(&list, bytes_of_text(one->call_id)));
    call_list_add(&list, one);
    call_list_add(&list, two);
    ck_assert_ptr_eq(call_list_find(&list, bytes_of_text(two->call_id)), two);
    ck_assert_ptr_eq(call_list_find(&list, bytes_of_text(one->call_id)), one);
    ck_assert_ptr_null(call_list_find(&list, bytes_of_text("0000")));
    call_list_remove(&list, two);
    ck_assert_ptr_null(call_list_find(&list, bytes_of_text(two->call_id)));
    call_list_remove(&list, one);
    call_free(&one);
    call_free(&two);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("call");
    TCase *cases = tcase_create("list");

    tcase_add_test(cases, a_call_copies_what_it_needs);
    tcase_add_test(cases, without_a_credential_the_configured_one_counts);
    tcase_add_test(cases, a_route_name_that_does_not_fit_is_refused);
    tcase_add_test(cases, a_list_keeps_the_order_of_arrival);
    tcase_add_test(cases, states_are_counted);
    tcase_add_test(cases, calls_are_found_by_their_id);
    suite_add_tcase(suite, cases);
    return suite;
}
