/* flight_test.c - who joins a flight, who pays, what a purge closes, and that nothing is left behind. */
/* links: cache/flight.c cache/answer.c cache/entry.c cache/freshness.c core/blob.c core/purge.c core/status.c */
#include "flight.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/row.h"
#include "support/scope.h"

#define KEY   "ceba473f42f79d99adb48ccd2b0ae28c"
#define OTHER "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"

struct sender {
    int number;
};

static const struct route_config properties = {.name = "properties", .endpoint = "properties"};
static const struct route_config by_id = {.name = "property_by_id", .endpoint = "properties"};
static const struct route_config value = {.name = "value_estimate", .endpoint = "value_estimate"};

static struct flights *flights;

static void
begin(void)
{
    flights = flights_create(100);
    ck_assert_ptr_nonnull(flights);
}

static void
end(void)
{
    flights_destroy(&flights);
    ck_assert_ptr_null(flights);
}

static struct flight *
start(const char *key, const struct route_config *route, bool may_share)
{
    struct flight_source source = {.route = route,
                                   .cache_key = key,
                                   .signature = bytes_of_text("signature"),
                                   .target = bytes_of_text("/target"),
                                   .request_id = "request",
                                   .may_share = may_share,
                                   .may_store = may_share};
    struct flight *flight = flight_start(flights, &source);

    ck_assert_ptr_nonnull(flight);
    return flight;
}

static struct waiter *
add(struct flight *flight, int64_t api_key_id, int64_t deadline)
{
    struct waiter waiter = {.from = malloc(sizeof(struct sender)),
                            .api_key_id = api_key_id,
                            .deadline_mono_ms = deadline};
    struct waiter *added = flight_add_waiter(flights, flight, &waiter, bytes_of_text("secret"));

    ck_assert_ptr_nonnull(added);
    return added;
}

START_TEST(a_flight_is_found_by_id_and_by_key)
{
    struct flight *flight = start(KEY, &properties, true);

    ck_assert_int_eq(flight->id, 100);
    ck_assert_int_eq(flight->state, FLIGHT_LOOKUP);
    ck_assert_ptr_eq(flights_find(flights, 100), flight);
    ck_assert_ptr_eq(flights_find_open(flights, KEY), flight);
    ck_assert_ptr_null(flights_find(flights, 101));
    ck_assert_ptr_null(flights_find_open(flights, OTHER));
    ck_assert(bytes_equal_text(flight->signature, "signature"));
    ck_assert(bytes_equal_text(flight->target, "/target"));
    flight_end(flights, &flight);
    ck_assert_ptr_null(flights_find(flights, 100));
    ck_assert_ptr_null(flights_find_open(flights, KEY));
    ck_assert_uint_eq(flights_count(flights), 0);
}
END_TEST

START_TEST(an_unshared_flight_is_nobodys_to_join)
{
    struct flight *alone = start(KEY, &properties, false);

    ck_assert_ptr_null(flights_find_open(flights, KEY));
    ck_assert_ptr_eq(flights_find(flights, alone->id), alone);
}
END_TEST

START_TEST(an_unshared_flight_leaves_the_open_one_open)
{
    struct flight *open = start(KEY, &properties, true);

    start(KEY, &properties, false);
    ck_assert_ptr_eq(flights_find_open(flights, KEY), open);
}
END_TEST

static const struct {
    enum flight_state state;
    const char *signature;
    bool wants_fetch;
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
        flight_may_join(flight, bytes_of_text(joins[_i].signature), joins[_i].wants_fetch),
        joins[_i].expected);
}
END_TEST

START_TEST(a_newer_flight_takes_the_key)
{
    struct flight *older = start(KEY, &properties, true);
    struct flight *newer = start(KEY, &properties, true);

    ck_assert(!older->is_open);
    ck_assert_ptr_eq(flights_find_open(flights, KEY), newer);
    flight_end(flights, &older);
    ck_assert_ptr_eq(flights_find_open(flights, KEY), newer);
}
END_TEST

START_TEST(states_are_counted_and_answered_flights_closed)
{
    struct flight *flight = start(KEY, &properties, true);

    ck_assert_uint_eq(flights_in(flights, FLIGHT_LOOKUP), 1);
    flight_advance(flights, flight, FLIGHT_FETCHING);
    flight_advance(flights, flight, FLIGHT_FETCHING); /* another payer */
    ck_assert_uint_eq(flights_in(flights, FLIGHT_LOOKUP), 0);
    ck_assert_uint_eq(flights_in(flights, FLIGHT_FETCHING), 1);
    flight_advance(flights, flight, FLIGHT_STORING);
    ck_assert(flight->is_open);
    flight_advance(flights, flight, FLIGHT_ANSWERED);
    ck_assert(!flight->is_open);
    ck_assert_uint_eq(flights_count(flights), 1);
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
    ck_assert_uint_eq(flights_waiters(flights), 4);
    ck_assert_uint_eq(flight_drop_late(flights, flight, 1000), 2);
    ck_assert_uint_eq(flight->waiter_count, 2);
    ck_assert_uint_eq(flights_waiters(flights), 2);
    ck_assert_int_eq(flight->waiters->api_key_id, 2);
    ck_assert_int_eq(flight->last_waiter->api_key_id, 3);
    ck_assert_ptr_eq(flight->last_waiter->previous, flight->waiters);
    ck_assert_uint_eq(flight_drop_late(flights, flight, 5000), 1);
    add(flight, 5, 0);
    ck_assert_int_eq(flight->waiters->next->api_key_id, 5);
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
start_with_or_else(const char *or_else)
{
    struct flight_source source = {.route = &properties,
                                   .cache_key = KEY,
                                   .signature = bytes_of_text("signature"),
                                   .target = bytes_of_text("/target"),
                                   .or_else = bytes_of_text(or_else),
                                   .request_id = "request"};
    struct flight *flight = flight_start(flights, &source);

    ck_assert_ptr_nonnull(flight);
    return flight;
}

START_TEST(a_404_turns_to_the_second_target_once_in_a_try)
{
    struct flight *flight = start_with_or_else("/second");

    for (int try = 0; try < 2; try++) {
        ck_assert(flight_begin_try(flight, (struct bytes){0}));
        ck_assert(bytes_equal_text(flight_target(flight), "/target"));
        ck_assert(!flight_turn_to_or_else(flight, 200));
        ck_assert(!flight_turn_to_or_else(flight, 500));
        ck_assert(bytes_equal_text(flight_target(flight), "/target"));
        ck_assert(flight_turn_to_or_else(flight, 404));
        ck_assert(bytes_equal_text(flight_target(flight), "/second"));
        ck_assert(!flight_turn_to_or_else(flight, 404));
    }
    ck_assert(bytes_equal_text(flight->signature, "signature"));
}
END_TEST

START_TEST(without_a_second_target_a_404_is_the_last_word)
{
    struct flight *flight = start_with_or_else("");

    ck_assert(flight_begin_try(flight, bytes_of_text("token")));
    ck_assert(!flight_turn_to_or_else(flight, 404));
    /* and nobody needs the credential any more */
    ck_assert_ptr_null(flight->credential);
}
END_TEST

START_TEST(the_credential_stays_for_the_second_target)
{
    struct flight *flight = start_with_or_else("/second");
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
    ck_assert_uint_eq(flights_waiters(flights), 0);
}
END_TEST

static struct entry *
some_entry(void)
{
    struct entry source = {.route = &properties,
                           .http_status = 200,
                           .purge_number = 5,
                           .signature = bytes_of_text("signature")};
    struct entry *entry = entry_of_fetch(&source);

    ck_assert_ptr_nonnull(entry);
    return entry;
}

START_TEST(a_purge_closes_what_was_fetched_before_it)
{
    struct flight *fetching = start(KEY, &properties, true);

    flight_advance(flights, fetching, FLIGHT_FETCHING);
    fetching->purge_number = 4;
    fetching->known = some_entry();
    flights_purge(flights, 5, SCOPE(""));
    ck_assert(!fetching->is_open);
    ck_assert_ptr_null(fetching->known);

    struct flight *after = start(KEY, &properties, true);

    flight_advance(flights, after, FLIGHT_FETCHING);
    after->purge_number = 5;
    flights_purge(flights, 5, SCOPE(""));
    ck_assert(after->is_open);
}
END_TEST

START_TEST(a_purge_of_an_endpoint_closes_its_routes_alone)
{
    struct flight *search = start("00000000000000000000000000000001", &properties, true);
    struct flight *one = start("00000000000000000000000000000002", &by_id, true);
    struct flight *other = start("00000000000000000000000000000003", &value, true);

    flight_advance(flights, search, FLIGHT_FETCHING);
    flight_advance(flights, one, FLIGHT_STORING);
    flight_advance(flights, other, FLIGHT_FETCHING);
    flights_purge(flights, 1, SCOPE("properties"));
    ck_assert(!search->is_open);
    ck_assert(!one->is_open);
    ck_assert(other->is_open);
}
END_TEST

/* Whoever asked after the purge may still share the look-up: what it brings is asked of the purges since. */
START_TEST(a_purge_leaves_a_lookup_open)
{
    struct flight *looking = start(KEY, &properties, true);

    flights_purge(flights, 6, SCOPE("properties"));
    ck_assert(looking->is_open);
}
END_TEST

START_TEST(a_row_that_a_purge_matches_is_not_taken)
{
    struct flight *looking = start(KEY, &properties, true);
    struct entry *entry = some_entry();

    ck_assert(flight_take_known(looking, entry, _i == 1));
    ck_assert_int_eq(looking->known != NULL, _i == 0);
    ck_assert(looking->may_store);
    entry_release(&entry);
}
END_TEST

static const struct {
    struct purge_scope scope; /* on a fetch under way that knows a row from 1000, expired at 2000 */
    bool is_known;
    bool is_open;
} timed_purges[] = {
    {{.fetched_before_wall_ms = 1001}, false, true},
    {{.fetched_before_wall_ms = 1000}, true, true},
    {{.expired_before_wall_ms = 2001}, false, true},
    {{.expired_before_wall_ms = 2000}, true, true},
    {{.fetched_before_wall_ms = 1001, .expired_before_wall_ms = 2000}, true, true},
    {{.endpoint = "value", .fetched_before_wall_ms = 1001}, true, true},
    {{.endpoint = "properties"}, false, false},
};

/* What is being fetched is younger than every time that a purge can name. */
START_TEST(a_purge_of_a_time_takes_what_is_known_and_leaves_the_fetch)
{
    struct flight *fetching = start(KEY, &properties, true);

    flight_advance(flights, fetching, FLIGHT_FETCHING);
    fetching->known = some_entry();
    fetching->known->times = (struct freshness_times){1000, 2000, 3000};
    flights_purge(flights, 6, &timed_purges[_i].scope);
    ck_assert_int_eq(fetching->known != NULL, timed_purges[_i].is_known);
    ck_assert_int_eq(fetching->is_open, timed_purges[_i].is_open);
}
END_TEST

START_TEST(a_row_of_another_request_is_not_taken_nor_replaced)
{
    struct entry source = {.route = &properties, .signature = bytes_of_text("another")};
    struct entry *other = entry_of_fetch(&source);
    struct flight *looking = start(KEY, &properties, true);

    ck_assert(flight_take_known(looking, NULL, false));
    ck_assert(looking->may_store);
    ck_assert(!flight_take_known(looking, other, false));
    ck_assert_ptr_null(looking->known);
    ck_assert(!looking->may_store);
    entry_release(&other);
}
END_TEST

START_TEST(ten_thousand_flights_find_their_way)
{
    char key[ENTRY_KEY_SIZE];

    for (unsigned i = 0; i < 10000; i++) {
        snprintf(key, sizeof key, "%032x", i * 2654435761u);
        start(key, &properties, true);
    }
    ck_assert_uint_eq(flights_count(flights), 10000);
    for (unsigned i = 0; i < 10000; i += 2) {
        snprintf(key, sizeof key, "%032x", i * 2654435761u);
        struct flight *flight = flights_find_open(flights, key);

        ck_assert_ptr_nonnull(flight);
        ck_assert_int_eq(flight->id, 100 + (int64_t)i);
        flight_end(flights, &flight);
    }
    ck_assert_uint_eq(flights_count(flights), 5000);
    for (unsigned i = 0; i < 10000; i++)
        ck_assert_int_eq(flights_find(flights, 100 + (int64_t)i) != NULL, i % 2);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/flight");
    TCase *table = tcase_create("table");
    TCase *waiting = tcase_create("waiting");
    TCase *purging = tcase_create("purging");

    tcase_add_checked_fixture(table, begin, end);
    tcase_add_test(table, a_flight_is_found_by_id_and_by_key);
    tcase_add_test(table, an_unshared_flight_is_nobodys_to_join);
    tcase_add_test(table, an_unshared_flight_leaves_the_open_one_open);
    tcase_add_loop_test(table, joining_depends_on_signature_and_state, 0, (int)COUNT(joins));
    tcase_add_test(table, a_newer_flight_takes_the_key);
    tcase_add_test(table, states_are_counted_and_answered_flights_closed);
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
    tcase_add_checked_fixture(purging, begin, end);
    tcase_add_test(purging, a_purge_closes_what_was_fetched_before_it);
    tcase_add_test(purging, a_purge_of_an_endpoint_closes_its_routes_alone);
    tcase_add_test(purging, a_purge_leaves_a_lookup_open);
    tcase_add_loop_test(purging, a_row_that_a_purge_matches_is_not_taken, 0, 2);
    tcase_add_loop_test(purging, a_purge_of_a_time_takes_what_is_known_and_leaves_the_fetch, 0,
                        sizeof timed_purges / sizeof *timed_purges);
    tcase_add_test(purging, a_row_of_another_request_is_not_taken_nor_replaced);
    suite_add_tcase(suite, purging);
    if (getenv("CK_FORK") == NULL) { /* an assertion ends the process */
        TCase *bugs = tcase_create("bugs");

        tcase_add_checked_fixture(bugs, begin, NULL);
        tcase_add_test_raise_signal(bugs, a_state_never_goes_back, 6);
        suite_add_tcase(suite, bugs);
    }
    return suite;
}
