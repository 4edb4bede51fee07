/* epoch_test.c - what is retired lives as long as a reader may see it, and no longer. */
/* links: gateway/lockfree/epoch.c */
/* links: @core */

#include "lockfree/epoch.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { READERS = 4, WRITERS = 2, SWAPS = 20000, ALIVE = 0x600d, DEAD = 0xdead };

static int freed_count;

static void
count_freed(void *object)
{
    (void)object;
    freed_count++;
}

START_TEST(what_a_reader_may_see_is_kept_until_it_leaves)
{
    struct epoch_domain *domain = epoch_domain_create(2);
    struct epoch_slot *slot = epoch_slot_take(domain);
    int object = 0;

    freed_count = 0;
    epoch_enter(slot);
    epoch_retire(domain, &object, count_freed);
    epoch_reclaim(domain);
    ck_assert_int_eq(freed_count, 0);
    epoch_leave(slot);
    epoch_reclaim(domain);
    ck_assert_int_eq(freed_count, 1);
    epoch_slot_give(&slot);
    ck_assert_ptr_null(slot);
    epoch_domain_destroy(&domain);
    ck_assert_ptr_null(domain);
}
END_TEST

START_TEST(a_reader_that_came_later_keeps_nothing)
{
    struct epoch_domain *domain = epoch_domain_create(2);
    struct epoch_slot *early = epoch_slot_take(domain);
    struct epoch_slot *late = epoch_slot_take(domain);
    int object = 0;

    freed_count = 0;
    epoch_enter(early);
    epoch_retire(domain, &object, count_freed);
    epoch_enter(late);
    epoch_leave(early);
    epoch_reclaim(domain);
    ck_assert_int_eq(freed_count, 1);
    epoch_leave(late);
    epoch_slot_give(&early);
    epoch_slot_give(&late);
    epoch_domain_destroy(&domain);
}
END_TEST

START_TEST(many_retirements_reclaim_by_themselves)
{
    struct epoch_domain *domain = epoch_domain_create(1);
    int object = 0;

    freed_count = 0;
    for (int i = 0; i < 1000; i++)
        epoch_retire(domain, &object, count_freed);
    ck_assert_int_gt(freed_count, 900);
    epoch_domain_destroy(&domain);
    ck_assert_int_eq(freed_count, 1000);
}
END_TEST

START_TEST(slots_run_out_and_come_back)
{
    struct epoch_domain *domain = epoch_domain_create(2);
    struct epoch_slot *first = epoch_slot_take(domain);
    struct epoch_slot *second = epoch_slot_take(domain);

    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_ne(first, second);
    ck_assert_ptr_null(epoch_slot_take(domain));
    epoch_slot_give(&first);
    first = epoch_slot_take(domain);
    ck_assert_ptr_nonnull(first);
    epoch_slot_give(&first);
    epoch_slot_give(&second);
    epoch_domain_destroy(&domain);
}
END_TEST

/* Its words are plain: a reader that reads them while they are freed is a race that TSan sees. */
struct thing {
    int state;
    int copy;
};

static struct epoch_domain *shared_domain;
static _Atomic(struct thing *) shared[WRITERS];
static atomic_bool is_over;
static atomic_long bad_reads;
static atomic_long made;
static atomic_long buried;

static struct thing *
make_thing(void)
{
    struct thing *thing = malloc(sizeof *thing);

    ck_assert_ptr_nonnull(thing);
    thing->state = thing->copy = ALIVE;
    atomic_fetch_add(&made, 1);
    return thing;
}

static void
bury_thing(void *object)
{
    struct thing *thing = object;

    thing->state = thing->copy = DEAD;
    atomic_fetch_add(&buried, 1);
    free(thing);
}

static void *
read_things(void *unused)
{
    struct epoch_slot *slot = epoch_slot_take(shared_domain);

    while (!atomic_load(&is_over)) {
        epoch_enter(slot);
        for (int i = 0; i < WRITERS; i++) {
            struct thing *thing = atomic_load_explicit(&shared[i], memory_order_acquire);

            if (thing->state != ALIVE || thing->copy != ALIVE)
                atomic_fetch_add(&bad_reads, 1);
        }
        epoch_leave(slot);
    }
    epoch_slot_give(&slot);
    return unused;
}

static void *
swap_things(void *own)
{
    _Atomic(struct thing *) *place = own;

    for (int i = 0; i < SWAPS; i++) {
        struct thing *thing = make_thing();
        struct thing *old = atomic_exchange(place, thing);

        epoch_retire(shared_domain, old, bury_thing);
        if (i % 1000 == 0)
            epoch_reclaim(shared_domain);
    }
    return NULL;
}

START_TEST(readers_never_see_what_is_freed)
{
    pthread_t readers[READERS];
    pthread_t writers[WRITERS];

    shared_domain = epoch_domain_create(READERS);
    for (int i = 0; i < WRITERS; i++)
        atomic_store(&shared[i], make_thing());
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_things, NULL), 0);
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_create(&writers[i], NULL, swap_things, &shared[i]), 0);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    for (int i = 0; i < WRITERS; i++)
        bury_thing(atomic_load(&shared[i]));
    epoch_domain_destroy(&shared_domain);
    ck_assert_int_eq(atomic_load(&bad_reads), 0);
    ck_assert_int_eq(atomic_load(&made), WRITERS * (SWAPS + 1));
    ck_assert_int_eq(atomic_load(&buried), atomic_load(&made));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("epoch");
    TCase *alone = tcase_create("one thread");
    TCase *threads = tcase_create("threads");

    tcase_add_test(alone, what_a_reader_may_see_is_kept_until_it_leaves);
    tcase_add_test(alone, a_reader_that_came_later_keeps_nothing);
    tcase_add_test(alone, many_retirements_reclaim_by_themselves);
    tcase_add_test(alone, slots_run_out_and_come_back);
    tcase_add_test(threads, readers_never_see_what_is_freed);
    tcase_set_timeout(threads, 60);
    suite_add_tcase(suite, alone);
    suite_add_tcase(suite, threads);
    return suite;
}
