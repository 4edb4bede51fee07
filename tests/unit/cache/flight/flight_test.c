/* flight_test.c - who joins a flight, who pays, and that nothing is left behind. */
/* links: cache/flight/flight.c cache/flight/flight_result.c cache/object/entry.c cache/object/freshness.c core/base/blob.c core/domain/purge.c */
/* links: core/domain/status.c */
#include "unit/cache/flight/flight_fixture.h"

#include "support/row.h"

START_TEST(a_flight_is_found_by_id_and_by_key)
{
    struct flight *flight = start(KEY, &properties, true);

    ck_assert_int_eq(flight->id, 100);
    ck_assert_int_eq(flight->state, FLIGHT_LOOKUP);
    ck_assert_ptr_eq(flight_table_find(flights, 100), flight);
    ck_assert_ptr_eq(flight_table_find_open(flights, KEY), flight);
    ck_assert_ptr_null(flight_table_find(flights, 101));
    ck_assert_ptr_null(flight_table_find_open(flights, OTHER));
    ck_assert(bytes_equal_text(flight->signature, "signature"));
    ck_assert(bytes_equal_text(flight->target, "/target"));
    flight_end(flights, &flight);
    ck_assert_ptr_null(flight_table_find(flights, 100));
    ck_assert_ptr_null(flight_table_find_open(flights, KEY));
    ck_assert_uint_eq(flight_table_count(flights), 0);
}
END_TEST

START_TEST(an_unshared_flight_is_nobodys_to_join)
{
    struct flight *alone = start(KEY, &properties, false);

    ck_assert_ptr_null(flight_table_find_open(flights, KEY));
    ck_assert_ptr_eq(flight_table_find(flights, alone->id), alone);
}
END_TEST

START_TEST(an_unshared_flight_leaves_the_open_one_open)
{
    struct flight *open = start(KEY, &properties, true);

    start(KEY, &properties, false);
    ck_assert_ptr_eq(flight_table_find_open(flights, KEY), open);
}
END_TEST

static const struct {
    enum flight_state state;
    const char *signature;
    bool forces_refresh;
    enum flight_join expected;
} joins[] = {
    {FLIGHT_LOOKUP, "signature", false, FLIGHT_JOIN},
    {FLIGHT_LOOKUP, "signature", true, FLIGHT_JOIN},
    {FLIGHT_FETCHING, "signature", false, FLIGHT_JOIN},
    {FLIGHT_FETCHING, "signature", true, FLIGHT_JOIN},
    {FLIGHT_STORING, "signature", false, FLIGHT_JOIN},
    {FLIGHT_STORING, "signature", true, FLIGHT_SUPERSEDE}, /* its fetch is over */
    {FLIGHT_FETCHING, "another", false, FLIGHT_APART},     /* a collision of keys */
    {FLIGHT_STORING, "another", true, FLIGHT_APART},
    {FLIGHT_LOOKUP, "signatur", false, FLIGHT_APART},
};

START_TEST(joining_depends_on_signature_and_state)
{
    row("R-032");
    struct flight *flight = start(KEY, &properties, true);

    if (joins[_i].state > FLIGHT_LOOKUP)
        flight_advance(flights, flight, joins[_i].state);
    ck_assert_int_eq(
        flight_may_join(flight, bytes_of_text(joins[_i].signature), joins[_i].forces_refresh),
        joins[_i].expected);
}
END_TEST

START_TEST(a_newer_flight_takes_the_key)
{
    struct flight *older = start(KEY, &properties, true);
    struct flight *newer = start(KEY, &properties, true);

    ck_assert(!older->is_open);
    ck_assert_ptr_eq(flight_table_find_open(flights, KEY), newer);
    flight_end(flights, &older);
    ck_assert_ptr_eq(flight_table_find_open(flights, KEY), newer);
}
END_TEST

START_TEST(states_are_counted_and_answered_flights_closed)
{
    struct flight *flight = start(KEY, &properties, true);

    ck_assert_uint_eq(flight_table_count_in(flights, FLIGHT_LOOKUP), 1);
    flight_advance(flights, flight, FLIGHT_FETCHING);
    flight_advance(flights, flight, FLIGHT_FETCHING); /* another payer */
    ck_assert_uint_eq(flight_table_count_in(flights, FLIGHT_LOOKUP), 0);
    ck_assert_uint_eq(flight_table_count_in(flights, FLIGHT_FETCHING), 1);
    flight_advance(flights, flight, FLIGHT_STORING);
    ck_assert(flight->is_open);
    flight_advance(flights, flight, FLIGHT_ANSWERED);
    ck_assert(!flight->is_open);
    ck_assert_uint_eq(flight_table_count(flights), 1);
}
END_TEST

START_TEST(a_state_never_goes_back)
{
    struct flight *flight = start(KEY, &properties, true);

    flight_advance(flights, flight, FLIGHT_STORING);
    flight_advance(flights, flight, FLIGHT_FETCHING);
}
END_TEST

START_TEST(the_first_waiter_pays_and_then_the_next)
{
    struct flight *flight = start(KEY, &properties, true);

    add(flight, 7, 0);
    add(flight, 8, 0);
    ck_assert_ptr_null(flight_payer(flight));
    ck_assert_int_eq(flight_choose_payer(flight)->api_key_id, 7);
    ck_assert_int_eq(flight_payer(flight)->api_key_id, 7);
    flight_drop_waiter(flights, flight, flight_payer(flight));
    ck_assert_ptr_null(flight_payer(flight));
    ck_assert_int_eq(flight_choose_payer(flight)->api_key_id, 8);
}
END_TEST

START_TEST(waiters_past_their_deadline_are_dropped)
{
    struct flight *flight = start(KEY, &properties, true);

    add(flight, 1, 1000);
    add(flight, 2, 0); /* none */
    add(flight, 3, 1001);
    add(flight, 4, 999);
    ck_assert_uint_eq(flight_table_waiters(flights), 4);
    ck_assert_uint_eq(flight_drop_late(flights, flight, 1000), 2);
    ck_assert_uint_eq(flight->waiter_count, 2);
    ck_assert_uint_eq(flight_table_waiters(flights), 2);
    ck_assert_int_eq(TAILQ_FIRST(&flight->waiters)->api_key_id, 2);
    ck_assert_int_eq(TAILQ_LAST(&flight->waiters, waiter_list)->api_key_id, 3);
    ck_assert_ptr_eq(TAILQ_PREV(TAILQ_LAST(&flight->waiters, waiter_list), waiter_list, link),
                     TAILQ_FIRST(&flight->waiters));
    ck_assert_uint_eq(flight_drop_late(flights, flight, 5000), 1);
    add(flight, 5, 0);
    ck_assert_int_eq(TAILQ_NEXT(TAILQ_FIRST(&flight->waiters), link)->api_key_id, 5);
}
END_TEST

START_TEST(a_credential_is_copied)
{
    struct flight *flight = start(KEY, &properties, true);
    char secret[] = "token";
    struct waiter waiter = {.from = malloc(sizeof(struct sender))};
    struct waiter *added = flight_add_waiter(flights, flight, &waiter, bytes_of_text(secret));

    ck_assert_ptr_nonnull(added);
    secret[0] = 'x';
    ck_assert(bytes_equal_text(bytes_of(added->credential, added->credential_size), "token"));
}
END_TEST

static struct flight *
start_with_fallback_path(const char *fallback_path)
{
    struct flight_source source = {.route = &properties,
                                   .cache_key = KEY,
                                   .signature = bytes_of_text("signature"),
                                   .target = bytes_of_text("/target"),
                                   .fallback_path = bytes_of_text(fallback_path),
                                   .request_id = "request"};
    struct flight *flight = flight_start(flights, &source);

    ck_assert_ptr_nonnull(flight);
    return flight;
}

START_TEST(a_404_turns_to_the_second_target_once_in_a_try)
{
    struct flight *flight = start_with_fallback_path("/second");

    for (int try = 0; try < 2; try++) {
        ck_assert(flight_begin_try(flight, (struct bytes){0}));
        ck_assert(bytes_equal_text(flight_target(flight), "/target"));
        ck_assert(!flight_turn_to_fallback_path(flight, 200));
        ck_assert(!flight_turn_to_fallback_path(flight, 500));
        ck_assert(bytes_equal_text(flight_target(flight), "/target"));
        ck_assert(flight_turn_to_fallback_path(flight, 404));
        ck_assert(bytes_equal_text(flight_target(flight), "/second"));
        ck_assert(!flight_turn_to_fallback_path(flight, 404));
    }
    ck_assert(bytes_equal_text(flight->signature, "signature"));
}
END_TEST

START_TEST(without_a_second_target_a_404_is_the_last_word)
{
    struct flight *flight = start_with_fallback_path("");

    ck_assert(flight_begin_try(flight, bytes_of_text("token")));
    ck_assert(!flight_turn_to_fallback_path(flight, 404));
    /* and nobody needs the credential any more */
    ck_assert_ptr_null(flight->credential);
}
END_TEST

START_TEST(the_credential_stays_for_the_second_target)
{
    struct flight *flight = start_with_fallback_path("/second");
    char secret[] = "token";

    ck_assert(flight_begin_try(flight, bytes_of_text(secret)));
    secret[0] = 'x';
    ck_assert(bytes_equal_text(bytes_of(flight->credential, flight->credential_size), "token"));
    ck_assert(flight_begin_try(flight, (struct bytes){0}));
    ck_assert_ptr_null(flight->credential);
}
END_TEST

START_TEST(ending_takes_its_waiters_along)
{
    struct flight *flight = start(KEY, &properties, true);

    add(flight, 1, 0);
    add(flight, 2, 0);
    flight_end(flights, &flight);
    ck_assert_ptr_null(flight);
    ck_assert_uint_eq(flight_table_waiters(flights), 0);
}
END_TEST
START_TEST(fetches_are_counted_by_upstream)
{
    static const struct upstream_config first = {.index = 0}, second = {.index = 1};
    static const struct route_config of_first = {.name = "f", .upstream = &first};
    static const struct route_config of_second = {.name = "s", .upstream = &second};
    struct flight *one = start(KEY, &of_first, true);
    struct flight *two = start(OTHER, &of_second, true);

    ck_assert_uint_eq(flight_table_fetching_of(flights, &first), 0);
    flight_advance(flights, one, FLIGHT_FETCHING);
    flight_advance(flights, two, FLIGHT_FETCHING);
    flight_advance(flights, two, FLIGHT_FETCHING); /* the next payer's try */
    ck_assert_uint_eq(flight_table_fetching_of(flights, &first), 1);
    ck_assert_uint_eq(flight_table_fetching_of(flights, &second), 1);
    flight_advance(flights, one, FLIGHT_STORING);
    flight_end(flights, &two);
    ck_assert_uint_eq(flight_table_fetching_of(flights, &first), 0);
    ck_assert_uint_eq(flight_table_fetching_of(flights, &second), 0);
}
END_TEST

START_TEST(ten_thousand_flights_find_their_way)
{
    char key[ENTRY_KEY_SIZE];

    for (unsigned i = 0; i < 10000; i++) {
        snprintf(key, sizeof key, "%032x", i * 2654435761u);
        start(key, &properties, true);
    }
    ck_assert_uint_eq(flight_table_count(flights), 10000);
    for (unsigned i = 0; i < 10000; i += 2) {
        snprintf(key, sizeof key, "%032x", i * 2654435761u);
        struct flight *flight = flight_table_find_open(flights, key);

        ck_assert_ptr_nonnull(flight);
        ck_assert_int_eq(flight->id, 100 + (int64_t)i);
        flight_end(flights, &flight);
    }
    ck_assert_uint_eq(flight_table_count(flights), 5000);
    for (unsigned i = 0; i < 10000; i++)
        ck_assert_int_eq(flight_table_find(flights, 100 + (int64_t)i) != NULL, i % 2);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/flight");
    TCase *table = tcase_create("table");
    TCase *waiting = tcase_create("waiting");

    tcase_add_checked_fixture(table, begin, end);
    tcase_add_test(table, a_flight_is_found_by_id_and_by_key);
    tcase_add_test(table, an_unshared_flight_is_nobodys_to_join);
    tcase_add_test(table, an_unshared_flight_leaves_the_open_one_open);
    tcase_add_loop_test(table, joining_depends_on_signature_and_state, 0, (int)COUNT(joins));
    tcase_add_test(table, a_newer_flight_takes_the_key);
    tcase_add_test(table, states_are_counted_and_answered_flights_closed);
    tcase_add_test(table, fetches_are_counted_by_upstream);
    tcase_add_test(table, ten_thousand_flights_find_their_way);
    suite_add_tcase(suite, table);
    tcase_add_checked_fixture(waiting, begin, end);
    tcase_add_test(waiting, the_first_waiter_pays_and_then_the_next);
    tcase_add_test(waiting, waiters_past_their_deadline_are_dropped);
    tcase_add_test(waiting, a_credential_is_copied);
    tcase_add_test(waiting, a_404_turns_to_the_second_target_once_in_a_try);
    tcase_add_test(waiting, without_a_second_target_a_404_is_the_last_word);
    tcase_add_test(waiting, the_credential_stays_for_the_second_target);
    tcase_add_test(waiting, ending_takes_its_waiters_along);
    suite_add_tcase(suite, waiting);
    if (getenv("CK_FORK") == NULL) { /* an assertion ends the process */
        TCase *bugs = tcase_create("bugs");

        tcase_add_checked_fixture(bugs, begin, NULL);
        tcase_add_test_raise_signal(bugs, a_state_never_goes_back, 6);
        suite_add_tcase(suite, bugs);
    }
    return suite;
}
