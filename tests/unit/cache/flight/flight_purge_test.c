/* flight_purge_test.c - what a purge closes, and what it lets through. */
/* links: cache/flight/flight.c cache/flight/flight_result.c cache/object/entry.c cache/object/freshness.c core/base/blob.c core/domain/purge.c */
/* links: core/domain/status.c */
#include "unit/cache/flight/flight_fixture.h"

#include "support/row.h"
#include "support/scope.h"

static struct entry *
some_entry(void)
{
    struct entry source = {.route = &properties,
                           .meta = {.http_status = 200, .purge_number = 5},
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
    fetching->cached = some_entry();
    flight_table_purge(flights, 5, SCOPE(""));
    ck_assert(!fetching->is_open);
    ck_assert_ptr_null(fetching->cached);

    struct flight *after = start(KEY, &properties, true);

    flight_advance(flights, after, FLIGHT_FETCHING);
    after->purge_number = 5;
    flight_table_purge(flights, 5, SCOPE(""));
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
    flight_table_purge(flights, 1, SCOPE("properties"));
    ck_assert(!search->is_open);
    ck_assert(!one->is_open);
    ck_assert(other->is_open);
}
END_TEST

/* Whoever asked after the purge may still share the look-up: what it brings is asked of the purges since. */
START_TEST(a_purge_leaves_a_lookup_open)
{
    struct flight *looking = start(KEY, &properties, true);

    flight_table_purge(flights, 6, SCOPE("properties"));
    ck_assert(looking->is_open);
}
END_TEST

START_TEST(a_row_that_a_purge_matches_is_not_taken)
{
    struct flight *looking = start(KEY, &properties, true);
    struct entry *entry = some_entry();

    ck_assert(flight_set_cached(looking, entry, _i == 1));
    ck_assert_int_eq(looking->cached != NULL, _i == 0);
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
    fetching->cached = some_entry();
    fetching->cached->meta.created_wall_ms = 1000;
    fetching->cached->meta.expires_wall_ms = 2000;
    flight_table_purge(flights, 6, &timed_purges[_i].scope);
    ck_assert_int_eq(fetching->cached != NULL, timed_purges[_i].is_known);
    ck_assert_int_eq(fetching->is_open, timed_purges[_i].is_open);
}
END_TEST

START_TEST(a_row_of_another_request_is_not_taken_nor_replaced)
{
    struct entry source = {.route = &properties, .signature = bytes_of_text("another")};
    struct entry *other = entry_of_fetch(&source);
    struct flight *looking = start(KEY, &properties, true);

    ck_assert(flight_set_cached(looking, NULL, false));
    ck_assert(looking->may_store);
    ck_assert(!flight_set_cached(looking, other, false));
    ck_assert_ptr_null(looking->cached);
    ck_assert(!looking->may_store);
    entry_release(&other);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/flight_purge");
    TCase *purging = tcase_create("purging");

    tcase_add_checked_fixture(purging, begin, end);
    tcase_add_test(purging, a_purge_closes_what_was_fetched_before_it);
    tcase_add_test(purging, a_purge_of_an_endpoint_closes_its_routes_alone);
    tcase_add_test(purging, a_purge_leaves_a_lookup_open);
    tcase_add_loop_test(purging, a_row_that_a_purge_matches_is_not_taken, 0, 2);
    tcase_add_loop_test(purging, a_purge_of_a_time_takes_what_is_known_and_leaves_the_fetch, 0,
                        sizeof timed_purges / sizeof *timed_purges);
    tcase_add_test(purging, a_row_of_another_request_is_not_taken_nor_replaced);
    suite_add_tcase(suite, purging);
    return suite;
}
