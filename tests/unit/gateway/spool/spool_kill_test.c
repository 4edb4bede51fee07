/* spool_kill_test.c - kill -9 of a process that writes and ships: what it said it had committed is
 * stored once. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c */
/* links: gateway/spool/spool_segment.c gateway/spool/spool_backlog.c */
/* links: @core */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "spool/spool_ring.h"
#include "spool_support.h"

enum {
    ROUNDS = 50,
    WRITERS = 3,
    ROUND_RECORDS = 2000, /* of each writer, at most */
    RING_RECORDS = 64,
    RINGS_EVER = 512,
    SEQUENCES_EVER = ROUNDS * WRITERS * (ROUND_RECORDS + 1),
    STAMP_ROUND = 1000000,
    WAIT_MS = 10000,
};

/* What analytics would have, in memory that outlives the killed process. A batch is stored when the
 * mark says so, as a transaction would do it: stamps above the mark do not count. */
struct store {
    _Atomic int line_count;
    struct {
        char spool_id[SPOOL_ID_SIZE];
        size_t ring;
    } lines[RINGS_EVER];
    _Atomic int64_t marks[RINGS_EVER]; /* by line, as the rows */
    _Atomic int gaps, invalid;
    struct {
        int64_t writer, stamp;
    } rows[RINGS_EVER][SEQUENCES_EVER];
};

/* Told by a writer after the commit, in one write to the pipe. */
struct commitment {
    int64_t writer, number;
};

static struct store *store;
static struct spool *spool;
static int round_number;
static int told_to;
static uint32_t random_state = 4711;

/* 0..below-1 */
static uint32_t
draw(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)random_state * below) >> 32);
}

/* The line of a ring of this spool. */
static int
line_of(size_t ring)
{
    int count = atomic_load(&store->line_count);

    for (int i = 0; i < count; i++)
        if (store->lines[i].ring == ring && strcmp(store->lines[i].spool_id, spool_id(spool)) == 0)
            return i;
    if (count == RINGS_EVER)
        _exit(4);
    memcpy(store->lines[count].spool_id, spool_id(spool), SPOOL_ID_SIZE);
    store->lines[count].ring = ring;
    atomic_store(&store->line_count, count + 1);
    return count;
}

/* The mark after it. */
static int64_t
keep(const struct spool_batch *batch)
{
    int line = line_of(batch->ring);
    int64_t mark = atomic_load(&store->marks[line]);
    int64_t last = batch->first_sequence + (int64_t)batch->count - 1;

    if (batch->first_sequence > mark + 1)
        atomic_fetch_add(&store->gaps, 1);
    for (size_t i = 0; i < batch->count; i++) {
        const struct usage_record *record = &batch->records[i];

        if (!usage_record_is_valid(record) ||
            record->sequence != batch->first_sequence + (int64_t)i)
            atomic_fetch_add(&store->invalid, 1);
        if (record->sequence <= mark)
            continue;
        store->rows[line][record->sequence].writer = record->api_key_id;
        store->rows[line][record->sequence].stamp = record->created_wall_us;
    }
    if (last > mark)
        atomic_store(&store->marks[line], mark = last);
    return mark;
}

static void
ship(uint32_t batches)
{
    struct spool_batch batch;

    while (batches-- > 0 && spool_next_batch(spool, 1 + draw(50), &batch)) {
        int64_t mark = keep(&batch);

        if (draw(8) == 0)
            spool_rewind(spool);
        else
            spool_confirm(spool, batch.ring, mark);
    }
}

static void *
write_records(void *own)
{
    struct commitment commitment = {.writer = *(const int64_t *)own};
    struct spool_ring *ring = spool_ring_take(spool);

    for (int64_t number = 1; ring != NULL && number <= ROUND_RECORDS; number++) {
        while (!spool_append(ring, commitment.writer, (int64_t)round_number * STAMP_ROUND + number))
            sched_yield();
        commitment.number = number;
        if (write(told_to, &commitment, sizeof commitment) != (ssize_t)sizeof commitment)
            _exit(1);
    }
    return NULL;
}

/* The child: writers, and a shipper that finds analytics away half of the time. Ends by being
 * killed. */
static void
run_child(const char *path, size_t ring_count)
{
    static int64_t writers[WRITERS];
    struct config config = spool_config(RING_RECORDS);
    pthread_t thread;

    config.spool.segments_max_bytes = 16 << 20;
    if (spool_open(path, &config, ring_count, &spool) != STATUS_OK)
        _exit(2);
    for (int64_t i = 0; i < WRITERS; i++) {
        writers[i] = i;
        if (pthread_create(&thread, NULL, write_records, &writers[i]) != 0)
            _exit(3);
    }
    for (int turn = 0;; turn++) {
        spool_overflow(spool);
        if (round_number % 2 == 1)
            ship(5);
        if (turn % 64 == 0)
            (void)spool_sync(spool);
        sched_yield();
    }
}

/* Reads what writers told until `most` commitments came, they fall silent, or the child is gone. */
static void
listen_to(int from, uint32_t most, int64_t told[WRITERS])
{
    struct pollfd waiting = {.fd = from, .events = POLLIN};
    struct commitment commitment;

    for (uint32_t i = 0; i < most && poll(&waiting, 1, WAIT_MS) == 1; i++) {
        if (read(from, &commitment, sizeof commitment) != (ssize_t)sizeof commitment)
            return;
        ck_assert_int_eq(commitment.number, told[commitment.writer] + 1);
        told[commitment.writer] = commitment.number;
    }
}

static void
run_round(const struct spool_folder *folder, size_t ring_count, int64_t told[WRITERS])
{
    uint32_t most = 1 + draw(WRITERS * ROUND_RECORDS * 3 / 4);
    int ends[2];
    int status;
    pid_t child;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[0]);
        told_to = ends[1];
        run_child(folder->path, ring_count);
    }
    close(ends[1]);
    /* Some die while they open the spool or move what waits, the others while they write. */
    if (draw(4) == 0)
        poll(&(struct pollfd){.fd = ends[0], .events = POLLHUP}, 1, (int)draw(8));
    else
        listen_to(ends[0], most, told);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    listen_to(ends[0], UINT32_MAX, told);
    close(ends[0]);
}

/* The next opening finds a file that was open when the machine stopped. */
static void
pretend_power_cut(const struct spool_folder *folder)
{
    char path[SPOOL_PATH_SIZE];
    int file;

    snprintf(path, sizeof path, "%s/" SPOOL_FILE_NAME, folder->path);
    file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return; /* the first child did not come so far */
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(pwrite(file, "another", 8, offsetof(struct spool_header, boot_id)), 8);
    close(file);
}

static void
ship_here(const struct spool_folder *folder, size_t ring_count, uint32_t batches)
{
    spool = spool_must_open(folder, RING_RECORDS, ring_count);
    ship(batches);
    spool_close(&spool);
}

static uint8_t counts[ROUNDS][WRITERS][ROUND_RECORDS + 2];

static void
count_rows(void)
{
    for (int line = 0; line < atomic_load(&store->line_count); line++) {
        for (int64_t sequence = 1; sequence <= atomic_load(&store->marks[line]); sequence++) {
            int64_t stamp = store->rows[line][sequence].stamp;
            int64_t writer = store->rows[line][sequence].writer;

            ck_assert_msg(stamp >= 0 && stamp / STAMP_ROUND < ROUNDS && writer < WRITERS &&
                              stamp % STAMP_ROUND <= ROUND_RECORDS,
                          "a row that nobody wrote");
            counts[stamp / STAMP_ROUND][writer][stamp % STAMP_ROUND]++;
        }
    }
}

/* All that were told once, and at most the one after them. */
static void
check_writer(const uint8_t *stored, int64_t told)
{
    for (int64_t number = 1; number <= ROUND_RECORDS + 1; number++) {
        if (number <= told)
            ck_assert_msg(stored[number] == 1, "told record stored %d times", stored[number]);
        else if (number == told + 1)
            ck_assert_msg(stored[number] <= 1, "untold record stored %d times", stored[number]);
        else
            ck_assert_msg(stored[number] == 0, "a record from nowhere");
    }
}

START_TEST(what_was_committed_before_a_kill_is_stored_exactly_once)
{
    static int64_t told[ROUNDS][WRITERS];
    struct spool_folder folder = spool_folder_make();
    size_t ring_count = WRITERS;
    int64_t told_count = 0;

    store = mmap(NULL, sizeof *store, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(store, MAP_FAILED);
    for (round_number = 0; round_number < ROUNDS; round_number++) {
        if (draw(10) == 0)
            ring_count = WRITERS + draw(3);
        run_round(&folder, ring_count, told[round_number]);
        if (draw(6) == 0)
            pretend_power_cut(&folder);
        if (draw(2) == 0)
            ship_here(&folder, ring_count, draw(60));
    }
    ship_here(&folder, ring_count, UINT32_MAX);
    spool = spool_must_open(&folder, RING_RECORDS, ring_count);
    ck_assert_int_eq(spool_waiting(spool), 0);
    spool_close(&spool);
    count_rows();
    for (int round = 0; round < ROUNDS; round++) {
        for (int writer = 0; writer < WRITERS; writer++) {
            check_writer(counts[round][writer], told[round][writer]);
            told_count += told[round][writer];
        }
    }
    ck_assert_int_gt(told_count, 10000);
    ck_assert_int_eq(atomic_load(&store->gaps), 0);
    ck_assert_int_eq(atomic_load(&store->invalid), 0);
    munmap(store, sizeof *store);
    spool_folder_remove(&folder);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("spool and kill -9");
    TCase *tcase = tcase_create("kill");

    tcase_add_test(tcase, what_was_committed_before_a_kill_is_stored_exactly_once);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(suite, tcase);
    return suite;
}
