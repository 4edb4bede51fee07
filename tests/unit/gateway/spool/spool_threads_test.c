/* spool_threads_test.c - many writers, one shipper, segments in between: every record comes out
 * once, in order. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c */
/* links: gateway/spool/spool_segment.c gateway/spool/spool_backlog.c */
/* links: @core */

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#include "spool_support.h"

enum { WRITERS = 6, RECORDS = 20000, RING_RECORDS = 128 };

static struct spool *spool;
static atomic_int writing;

struct writer {
    int64_t maker;
    bool changes_rings; /* gives its ring back now and then */
};

static void *
write_records(void *own)
{
    const struct writer *writer = own;
    struct spool_ring *ring = spool_ring_take(spool);

    for (int64_t number = 1; ring != NULL && number <= RECORDS; number++) {
        while (!spool_append(ring, writer->maker, number))
            sched_yield();
        if (writer->changes_rings && number % 1000 == 0) {
            spool_ring_give(&ring);
            ring = spool_ring_take(spool);
        }
    }
    spool_ring_give(&ring);
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

/* What analytics keeps: the mark of each ring, and the records of each maker. */
struct store {
    int64_t marks[WRITERS + 1];
    uint8_t counts[WRITERS][RECORDS + 1];
    int gaps, invalid, repeated;
};

static struct store store;

static void
keep(const struct spool_batch *batch)
{
    int64_t *mark = &store.marks[batch->ring];

    if (batch->first_sequence > *mark + 1)
        store.gaps++;
    for (size_t i = 0; i < batch->count; i++) {
        const struct usage_record *record = &batch->records[i];

        if (!usage_record_is_valid(record) ||
            record->sequence != batch->first_sequence + (int64_t)i) {
            store.invalid++;
            continue;
        }
        if (record->sequence <= *mark)
            continue;
        *mark = record->sequence;
        if (++store.counts[record->api_key_id][record->created_wall_us] > 1)
            store.repeated++;
    }
}

/* As the shipper does it: overflow, batches, sometimes a lost answer, and a rewind for it. */
static void
ship(uint32_t *random)
{
    struct spool_batch batch;

    *random = *random * 1664525 + 1013904223;
    if (*random >> 29 != 0)
        spool_overflow(spool);
    while (spool_next_batch(spool, 50, &batch)) {
        *random = *random * 1664525 + 1013904223;
        keep(&batch);
        if (*random >> 28 == 0) {
            spool_rewind(spool);
            return;
        }
        spool_confirm(spool, batch.ring, store.marks[batch.ring]);
    }
    if (*random >> 30 == 0)
        spool_rewind(spool);
}

START_TEST(every_record_comes_out_once_and_in_order)
{
    struct spool_folder folder = spool_folder_make();
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    uint32_t random = 17;
    int missing = 0;

    /* One ring more than writers: those that change rings always find one. */
    spool = spool_must_open(&folder, RING_RECORDS, WRITERS + 1);
    atomic_store(&writing, WRITERS);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.maker = i, .changes_rings = i % 2 == 1};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_records, &writers[i]), 0);
    }
    while (atomic_load(&writing) > 0 || spool_waiting(spool) > 0)
        ship(&random);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    for (int maker = 0; maker < WRITERS; maker++)
        for (int number = 1; number <= RECORDS; number++)
            missing += store.counts[maker][number] == 0;
    spool_close(&spool);
    spool_folder_remove(&folder);
    ck_assert_int_eq(missing, 0);
    ck_assert_int_eq(store.gaps, 0);
    ck_assert_int_eq(store.invalid, 0);
    ck_assert_int_eq(store.repeated, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("spool threads");
    TCase *tcase = tcase_create("threads");

    tcase_add_test(tcase, every_record_comes_out_once_and_in_order);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return suite;
}
