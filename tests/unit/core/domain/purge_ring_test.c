/* purge_ring_test.c - which entries a remembered purge keeps out, in rings of two sizes. */
/* links: core/domain/purge.c */

#include "purge.h"

#include <check.h>

#include "support/scope.h"

static const int sizes[] = {256, 4096}; /* the cache actor's and a near cache's */

static struct purge remembered[4096];
static struct purge_ring purges;

static void
begin(int size, int64_t newest)
{
    purge_ring_init(&purges, remembered, (size_t)size, newest);
}

static bool
match(int64_t purge_number, const char *route)
{
    return purge_ring_matches(&purges, purge_number, bytes_of_text(route), 1000, 2000);
}

static void
add_scope(int64_t number, struct purge_scope scope)
{
    purge_ring_add(&purges, number, &scope);
    ck_assert_int_eq(purges.newest, number);
}

static void
add(int64_t number, const char *endpoint)
{
    struct purge_scope scope = {0};

    bytes_copy_text(bytes_of_text(endpoint), scope.endpoint, sizeof scope.endpoint);
    add_scope(number, scope);
}

START_TEST(a_purge_matches_what_was_fetched_before_it)
{
    begin(sizes[_i], 0);
    ck_assert(!match(0, "a"));
    add(1, "");
    ck_assert(match(0, "a"));
    ck_assert(!match(1, "a"));
    ck_assert(!match(2, "a"));
}
END_TEST

START_TEST(an_endpoint_matches_its_own_route_alone)
{
    begin(sizes[_i], 0);
    add(1, "a");
    add(2, "b");
    ck_assert(match(0, "a"));
    ck_assert(match(0, "b"));
    ck_assert(!match(0, "c"));
    ck_assert(!match(0, "ab"));
    ck_assert(!match(1, "a"));
    ck_assert(match(1, "b"));
    ck_assert(!match(2, "b"));
}
END_TEST

/* The entry was fetched at 1000 and is fresh until 2000. */
START_TEST(a_purge_of_a_time_matches_what_is_older_alone)
{
    begin(sizes[_i], 0);
    add_scope(1, (struct purge_scope){.fetched_before_wall_ms = 1000});
    ck_assert(!match(0, "a"));
    add_scope(2, (struct purge_scope){.expired_before_wall_ms = 2000});
    ck_assert(!match(0, "a"));
    add_scope(3, (struct purge_scope){.endpoint = "b", .fetched_before_wall_ms = 1001});
    ck_assert(!match(0, "a"));
    ck_assert(match(0, "b"));
    add_scope(4, (struct purge_scope){.fetched_before_wall_ms = 1001});
    ck_assert(match(0, "a"));
    ck_assert(!match(4, "a"));
}
END_TEST

START_TEST(an_entry_is_asked_of_the_purges_since)
{
    begin(sizes[_i], 6);
    purge_ring_add(&purges, 7,
                   &(struct purge_scope){.endpoint = "a", .fetched_before_wall_ms = 1001});
    purge_ring_add(&purges, 8, SCOPE("b"));
    ck_assert(purge_ring_matches(&purges, 6, bytes_of_text("a"), 1000, 2000));
    ck_assert(!purge_ring_matches(&purges, 6, bytes_of_text("a"), 1001, 2000));
    ck_assert(!match(7, "a"));
    ck_assert(match(7, "b"));
    ck_assert(!match(8, "b"));
    ck_assert(match(5, "c")); /* 6 is not remembered */
}
END_TEST

START_TEST(what_is_older_than_all_that_is_remembered_is_refused)
{
    int size = sizes[_i];

    begin(size, 0);
    for (int64_t number = 1; number <= size; number++)
        add(number, "a");
    ck_assert(!match(0, "b"));
    add(size + 1, "a");
    ck_assert(match(0, "b"));
    ck_assert(match(-1, "b"));
    ck_assert(match(INT64_MIN, "b"));
    ck_assert(!match(1, "b"));
    ck_assert(match(1, "a"));
}
END_TEST

START_TEST(what_lies_before_a_gap_is_refused)
{
    begin(sizes[_i], 0);
    add(1, "a");
    add(3, "a");
    ck_assert(match(1, "b"));
    ck_assert(!match(2, "b"));
    ck_assert(!purge_ring_reaches_back_to(&purges, 1));
    ck_assert(purge_ring_reaches_back_to(&purges, 2));
}
END_TEST

START_TEST(a_new_beginning_forgets_purges_and_takes_younger_entries_only)
{
    begin(sizes[_i], 0);
    add(1, "");
    begin(sizes[_i], 500);
    ck_assert(match(499, "a"));
    ck_assert(!match(500, "a"));
    add(501, "a");
    ck_assert(match(500, "a"));
    ck_assert(!match(500, "b"));
    begin(sizes[_i], 3);
    ck_assert(!match(3, "a"));
    ck_assert(match(2, "a"));
    ck_assert(match(0, "a"));
}
END_TEST

START_TEST(the_newest_are_remembered)
{
    int64_t last = sizes[_i] + 44;

    begin(sizes[_i], 0);
    for (int64_t number = 1; number <= last; number++)
        purge_ring_add(&purges, number, number == last ? SCOPE("properties") : SCOPE(""));
    ck_assert_int_eq(purges.newest, last);
    ck_assert_str_eq(purge_ring_find(&purges, last)->scope.endpoint, "properties");
    ck_assert_str_eq(purge_ring_find(&purges, last - 1)->scope.endpoint, "");
    ck_assert_ptr_nonnull(purge_ring_find(&purges, last - sizes[_i] + 1));
    ck_assert_ptr_null(purge_ring_find(&purges, last - sizes[_i]));
    ck_assert_ptr_null(purge_ring_find(&purges, last + 1));
    ck_assert_ptr_null(purge_ring_find(&purges, 0));
}
END_TEST

START_TEST(a_listener_is_brought_up_from_as_far_back_as_remembered)
{
    int64_t last = sizes[_i] + 44;

    begin(sizes[_i], 0);
    for (int64_t number = 1; number <= last; number++)
        purge_ring_add(&purges, number, SCOPE(""));
    ck_assert(purge_ring_reaches_back_to(&purges, last));
    ck_assert(purge_ring_reaches_back_to(&purges, last - 1));
    ck_assert(purge_ring_reaches_back_to(&purges, last - sizes[_i]));
    ck_assert(!purge_ring_reaches_back_to(&purges, last - sizes[_i] - 1));
    ck_assert(!purge_ring_reaches_back_to(&purges, -1));       /* nothing kept */
    ck_assert(!purge_ring_reaches_back_to(&purges, last + 1)); /* of a log that was lost */
}
END_TEST

/* The database forgets purges after a week: the number is known, the purges are not. */
START_TEST(forgotten_purges_cannot_be_made_up)
{
    begin(sizes[_i], 7);
    ck_assert(purge_ring_reaches_back_to(&purges, 7));
    ck_assert(!purge_ring_reaches_back_to(&purges, 6));
    purge_ring_add(&purges, 8, SCOPE(""));
    ck_assert(purge_ring_reaches_back_to(&purges, 7));
    ck_assert(!purge_ring_reaches_back_to(&purges, 6));
}
END_TEST

/* The log is read from the database after its last number is known. */
START_TEST(older_purges_may_come_later)
{
    begin(sizes[_i], 7);
    purge_ring_add(&purges, 6, SCOPE("a"));
    purge_ring_add(&purges, 7, SCOPE("b"));
    ck_assert_int_eq(purges.newest, 7);
    ck_assert(purge_ring_reaches_back_to(&purges, 5));
    ck_assert(match(5, "a"));
    ck_assert(!match(5, "c"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("purge_ring");
    TCase *tcase = tcase_create("purge_ring");
    int count = (int)COUNT(sizes);

    tcase_add_loop_test(tcase, a_purge_matches_what_was_fetched_before_it, 0, count);
    tcase_add_loop_test(tcase, an_endpoint_matches_its_own_route_alone, 0, count);
    tcase_add_loop_test(tcase, a_purge_of_a_time_matches_what_is_older_alone, 0, count);
    tcase_add_loop_test(tcase, an_entry_is_asked_of_the_purges_since, 0, count);
    tcase_add_loop_test(tcase, what_is_older_than_all_that_is_remembered_is_refused, 0, count);
    tcase_add_loop_test(tcase, what_lies_before_a_gap_is_refused, 0, count);
    tcase_add_loop_test(tcase, a_new_beginning_forgets_purges_and_takes_younger_entries_only, 0,
                        count);
    tcase_add_loop_test(tcase, the_newest_are_remembered, 0, count);
    tcase_add_loop_test(tcase, a_listener_is_brought_up_from_as_far_back_as_remembered, 0, count);
    tcase_add_loop_test(tcase, forgotten_purges_cannot_be_made_up, 0, count);
    tcase_add_loop_test(tcase, older_purges_may_come_later, 0, count);
    suite_add_tcase(suite, tcase);
    return suite;
}
