/* sieve_test.c - SIEVE evicts what nobody read, oldest first, and expired entries at once. */
/* links: gateway/near/sieve.c */

#include "near/sieve.h"

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { ENTRIES = 6, NOW_MS = 1000 };

static struct sieve sieve;
static struct sieve_node entries[ENTRIES];

static void
set_up(void)
{
    sieve_init(&sieve);
    for (int i = 0; i < ENTRIES; i++) {
        entries[i] = (struct sieve_node){.expires_mono_ms = 2000};
        sieve_add(&sieve, &entries[i]);
    }
}

static void
read_entry(int i)
{
    atomic_store(&entries[i].was_read, 1);
}

/* Evicts one and says which. */
static int
evict(void)
{
    struct sieve_node *entry = sieve_pick(&sieve, NOW_MS);

    if (entry == NULL)
        return -1;
    sieve_remove(&sieve, entry);
    return (int)(entry - entries);
}

START_TEST(unread_entries_go_in_order_of_arrival)
{
    for (int i = 0; i < ENTRIES; i++)
        ck_assert_int_eq(evict(), i);
    ck_assert_int_eq(evict(), -1);
    ck_assert(TAILQ_EMPTY(&sieve.nodes));
}
END_TEST

START_TEST(a_read_entry_is_passed_once)
{
    read_entry(0);
    read_entry(1);
    ck_assert_int_eq(evict(), 2);
    ck_assert_int_eq(atomic_load(&entries[0].was_read), 0);
    ck_assert_int_eq(evict(), 3);
    ck_assert_int_eq(evict(), 4);
    ck_assert_int_eq(evict(), 5);
    ck_assert_int_eq(evict(), 0);
    ck_assert_int_eq(evict(), 1);
}
END_TEST

START_TEST(the_hand_goes_on_where_it_was_and_not_to_new_entries)
{
    static struct sieve_node late;

    read_entry(0);
    ck_assert_int_eq(evict(), 1);
    late = (struct sieve_node){.expires_mono_ms = 2000};
    sieve_add(&sieve, &late);
    ck_assert_int_eq(evict(), 2);
    ck_assert_ptr_eq(TAILQ_LAST(&sieve.nodes, sieve_queue), &late);
}
END_TEST

START_TEST(when_all_were_read_the_oldest_goes)
{
    for (int i = 0; i < ENTRIES; i++)
        read_entry(i);
    ck_assert_int_eq(evict(), 0);
    ck_assert_int_eq(evict(), 1);
}
END_TEST

START_TEST(an_expired_entry_goes_also_when_it_was_read)
{
    read_entry(0);
    read_entry(1);
    entries[1].expires_mono_ms = NOW_MS;
    ck_assert_int_eq(evict(), 1);
}
END_TEST

START_TEST(any_entry_can_leave_the_queue_also_the_one_at_the_hand)
{
    read_entry(0);
    ck_assert_ptr_eq(sieve_pick(&sieve, NOW_MS), &entries[1]);
    sieve_remove(&sieve, &entries[1]);
    sieve_remove(&sieve, &entries[5]);
    sieve_remove(&sieve, &entries[3]);
    ck_assert_int_eq(evict(), 2);
    ck_assert_int_eq(evict(), 4);
    ck_assert_int_eq(evict(), 0);
    ck_assert_int_eq(evict(), -1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("sieve");
    TCase *tcase = tcase_create("sieve");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, unread_entries_go_in_order_of_arrival);
    tcase_add_test(tcase, a_read_entry_is_passed_once);
    tcase_add_test(tcase, the_hand_goes_on_where_it_was_and_not_to_new_entries);
    tcase_add_test(tcase, when_all_were_read_the_oldest_goes);
    tcase_add_test(tcase, an_expired_entry_goes_also_when_it_was_read);
    tcase_add_test(tcase, any_entry_can_leave_the_queue_also_the_one_at_the_hand);
    suite_add_tcase(suite, tcase);
    return suite;
}
