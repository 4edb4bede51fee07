/* spool_recover_fuzz.c - a spool whose files are damaged between two openings: no crash, and
 * nothing that was not committed comes out.
 *
 * The input is a list of steps of two bytes: what to do, and with what. Damage is done while the
 * spool is closed. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c gateway/spool/spool_segment.c */
/* links: gateway/spool/spool_backlog.c core/domain/usage_record.c */

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "spool/spool.h"
#include "spool/spool_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 96, PATH_SIZE = 600, RINGS = 2, RING_RECORDS = 8 };

struct run {
    struct spool *spool;
    struct spool_ring *ring;
    size_t ring_count;
    const uint8_t *data; /* steps that are left */
    size_t size;
};

static char folder[64];

/* Every damage is logged: not here. */
void
log_write(enum log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

static int
is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
remove_files(void)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_file, alphasort);

    assert(count >= 0);
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        unlink(path);
        free(entries[i]);
    }
    free(entries);
}

static void
remove_folder(void)
{
    remove_files();
    rmdir(folder);
}

static void
make_folder(void)
{
    static const char pattern[] = "/rentcache-fuzz-XXXXXX";
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".";

    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "%s%s", base, pattern);
        if (mkdtemp(folder) == NULL)
            abort();
        atexit(remove_folder);
    }
    remove_files();
}

static void
open_spool(struct run *run)
{
    struct config config = {0};

    config.spool.ring_records = RING_RECORDS;
    config.spool.segment_bytes = 4096;
    config.spool.segments_max_bytes = 65536;
    if (spool_open(folder, &config, run->ring_count, &run->spool) == STATUS_OK)
        run->ring = spool_ring_take(run->spool);
}

static void
close_spool(struct run *run)
{
    if (run->spool == NULL)
        return;
    spool_ring_give(&run->ring);
    spool_close(&run->spool);
}

static void
check_batch(const struct spool_batch *batch)
{
    assert(batch->count > 0 && batch->first_sequence >= 1);
    for (size_t i = 0; i < batch->count; i++) {
        assert(batch->records[i].sequence == batch->first_sequence + (int64_t)i);
        assert(batch->records[i].checksum == usage_record_checksum(&batch->records[i]));
    }
}

static void
append(struct run *run, uint8_t count)
{
    struct usage_record record = {.status_code = 200, .api_key_id = count};

    for (int i = 0; i < count % 16; i++)
        if (!spool_ring_append(run->ring, &record))
            return;
}

static void
ship(struct run *run, uint8_t how)
{
    struct spool_batch batch;

    for (int i = 0; i < how % 16 && spool_next_batch(run->spool, 1 + how % 5, &batch); i++) {
        check_batch(&batch);
        if (how & 0x80)
            spool_confirm(run->spool, batch.ring,
                          batch.first_sequence + (int64_t)batch.count - 1 - how % 2);
    }
}

/* One of the files in the folder. */
static int
open_file(uint8_t how)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_file, alphasort);
    char path[PATH_SIZE] = "";

    assert(count >= 0);
    for (int i = 0; i < count; i++) {
        if (i == how % count)
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return open(path, O_RDWR | O_CLOEXEC);
}

/* Overwrites a place of a file with the steps that follow, or cuts the file there. */
static void
damage(struct run *run, uint8_t how)
{
    int file = open_file(how);
    struct stat about;

    if (file < 0)
        return;
    if (fstat(file, &about) == 0 && run->size >= 4) {
        off_t at = ((off_t)run->data[0] << 8 | run->data[1]) * (how & 0x40 ? 8 : 1);
        size_t size = run->data[2] % 32;

        run->data += 3;
        run->size -= 3;
        size = size < run->size ? size : run->size;
        if (at >= about.st_size)
            at = about.st_size / 2;
        if (how & 0x80 ? ftruncate(file, at) != 0
                       : pwrite(file, run->data, size, at) != (ssize_t)size)
            abort();
    }
    close(file);
}

static void
take_step(struct run *run, uint8_t what, uint8_t how)
{
    if (run->spool == NULL || what % 8 == 7) {
        close_spool(run);
        damage(run, how);
        if (how % 8 == 7)
            run->ring_count = 1 + how / 64;
        open_spool(run);
        return;
    }
    switch (what % 8) {
    case 0:
    case 1:
    case 2:
        if (run->ring != NULL)
            append(run, how);
        break;
    case 3:
        spool_overflow(run->spool);
        break;
    case 4:
        spool_rewind(run->spool);
        break;
    case 5:
        spool_confirm(run->spool, how % 8, how);
        break;
    default:
        ship(run, how);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = {.ring_count = RINGS, .data = data, .size = size};

    make_folder();
    open_spool(&run);
    for (int i = 0; i < STEPS_MAX && run.size >= 2; i++) {
        uint8_t what = run.data[0];
        uint8_t how = run.data[1];

        run.data += 2;
        run.size -= 2;
        take_step(&run, what, how);
    }
    close_spool(&run);
    return 0;
}
