/* spool_segment.c - the bytes of overflow files. */

#include "spool/spool_segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { NAME_SIZE = 48 };

struct segment_head {
    char magic[8];
    uint32_t version;
    uint32_t record_size;
    int64_t number;
    char id[40];
    uint64_t checksum; /* of all above */
};

struct run_head {
    uint64_t magic;
    int64_t ring;
    int64_t first_sequence;
    int64_t count;
    uint64_t records_checksum; /* of the records' checksums */
    uint64_t checksum;         /* of all above */
};

static const char segment_magic[8] = {'R', 'C', 'S', 'E', 'G', 'M', 'T', '\0'};
static const uint64_t run_magic = 0x4e55524c4f4f5053;
static const uint64_t checksum_seed = 0x5345474d454e5431;

int64_t
spool_segment_head_size(void)
{
    return (int64_t)sizeof(struct segment_head);
}

int64_t
spool_segment_run_size(int64_t count)
{
    return (int64_t)sizeof(struct run_head) + count * (int64_t)sizeof(struct usage_record);
}

static void
make_name(char name[NAME_SIZE], int64_t number)
{
    snprintf(name, NAME_SIZE, "usage-%012" PRId64 ".segment", number);
}

static bool
write_whole(int file, const void *data, int64_t size, int64_t offset)
{
    ssize_t written = pwrite(file, data, (size_t)size, offset);

    if (written >= 0 && written < size)
        errno = ENOSPC; /* the call that would have said so is not made */
    return written == size;
}

int
spool_segment_make(int folder, int64_t number, const char *id)
{
    struct segment_head head = {
        .version = SPOOL_VERSION, .record_size = sizeof(struct usage_record), .number = number};
    char name[NAME_SIZE];
    int file;
    int error;

    memcpy(head.magic, segment_magic, sizeof head.magic);
    memcpy(head.id, id, strnlen(id, SPOOL_ID_SIZE - 1));
    head.checksum = spool_checksum(&head, offsetof(struct segment_head, checksum), checksum_seed);
    make_name(name, number);
    file = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return -1;
    if (write_whole(file, &head, sizeof head, 0) && fsync(folder) == 0)
        return file;
    error = errno;
    close(file);
    unlinkat(folder, name, 0);
    errno = error;
    return -1;
}

int
spool_segment_open(int folder, int64_t number)
{
    char name[NAME_SIZE];
    int file;

    make_name(name, number);
    file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        log_error("spool: cannot open %s: %s", name, strerror(errno));
    return file;
}

void
spool_segment_remove(int folder, int64_t number)
{
    char name[NAME_SIZE];

    make_name(name, number);
    if (unlinkat(folder, name, 0) != 0)
        log_error("spool: cannot remove %s: %s", name, strerror(errno));
}

bool
spool_segment_read_head(int file, int64_t *number, char id[SPOOL_ID_SIZE])
{
    struct segment_head head;

    if (pread(file, &head, sizeof head, 0) != (ssize_t)sizeof head ||
        memcmp(head.magic, segment_magic, sizeof head.magic) != 0 ||
        head.version != SPOOL_VERSION || head.record_size != sizeof(struct usage_record) ||
        head.checksum !=
            spool_checksum(&head, offsetof(struct segment_head, checksum), checksum_seed) ||
        strnlen(head.id, SPOOL_ID_SIZE) != SPOOL_ID_SIZE - 1)
        return false;
    *number = head.number;
    memcpy(id, head.id, SPOOL_ID_SIZE);
    return true;
}

static uint64_t
checksum_of(const struct run_head *head)
{
    return spool_checksum(head, offsetof(struct run_head, checksum), checksum_seed);
}

static bool
read_run_head(int file, int64_t offset, struct run_head *head)
{
    return pread(file, head, sizeof *head, offset) == (ssize_t)sizeof *head &&
           head->magic == run_magic && head->checksum == checksum_of(head) && head->count >= 1 &&
           head->count <= SPOOL_RUN_RECORDS_MAX && head->ring >= 0 &&
           head->ring <= SPOOL_SEQUENCE_MAX && head->first_sequence >= 1 &&
           head->first_sequence <= SPOOL_SEQUENCE_MAX;
}

bool
spool_segment_read_run(int file, struct spool_run *run)
{
    struct run_head head;
    struct stat about;

    if (!read_run_head(file, run->offset, &head) || fstat(file, &about) != 0 ||
        about.st_size < run->offset + spool_segment_run_size(head.count))
        return false;
    run->ring = head.ring;
    run->first_sequence = head.first_sequence;
    run->count = head.count;
    return true;
}

static uint64_t
checksum_records(const struct usage_record *records, int64_t count)
{
    uint64_t sum = checksum_seed;

    for (int64_t i = 0; i < count; i++)
        sum = spool_checksum(&records[i].checksum, sizeof records[i].checksum, sum);
    return sum;
}

bool
spool_segment_read_records(int file, const struct spool_run *run, struct usage_record *records)
{
    size_t size = (size_t)run->count * sizeof *records;
    struct run_head head;

    if (!read_run_head(file, run->offset, &head) || head.count != run->count ||
        pread(file, records, size, run->offset + (int64_t)sizeof head) != (ssize_t)size ||
        head.records_checksum != checksum_records(records, run->count))
        return false;
    for (int64_t i = 0; i < run->count; i++)
        if (records[i].sequence != run->first_sequence + i ||
            records[i].checksum != usage_record_checksum(&records[i]))
            return false;
    return true;
}

bool
spool_segment_write(int file, const struct spool_run *run, const struct usage_record *records)
{
    struct run_head head = {.magic = run_magic,
                            .ring = run->ring,
                            .first_sequence = run->first_sequence,
                            .count = run->count};
    int64_t size = run->count * (int64_t)sizeof *records;
    int error;

    head.records_checksum = checksum_records(records, run->count);
    head.checksum = checksum_of(&head);
    if (write_whole(file, &head, sizeof head, run->offset) &&
        write_whole(file, records, size, run->offset + (int64_t)sizeof head))
        return true;
    error = errno;
    if (ftruncate(file, run->offset) != 0)
        log_warning("spool: cannot cut a segment: %s", strerror(errno));
    errno = error;
    return false;
}

/* 0: the file is none of ours. */
static int64_t
read_name(const char *file_name)
{
    static const char prefix[] = "usage-";
    char name[NAME_SIZE];
    int64_t number;

    if (strncmp(file_name, prefix, sizeof prefix - 1) != 0)
        return 0;
    number = strtoll(file_name + sizeof prefix - 1, NULL, 10);
    make_name(name, number);
    return number >= 1 && strcmp(name, file_name) == 0 ? number : 0;
}

static int
is_segment(const struct dirent *entry)
{
    return read_name(entry->d_name) > 0;
}

static int
compare_entries(const struct dirent **left, const struct dirent **right)
{
    int64_t a = read_name((*left)->d_name);
    int64_t b = read_name((*right)->d_name);

    return (a > b) - (a < b);
}

bool
spool_segment_list(const char *folder, int64_t **numbers, size_t *count)
{
    struct dirent **entries;
    int found = scandir(folder, &entries, is_segment, compare_entries);

    if (found < 0)
        return false;
    *numbers = calloc((size_t)found + 1, sizeof **numbers);
    *count = *numbers != NULL ? (size_t)found : 0;
    for (int i = 0; i < found; i++) {
        if (*numbers != NULL)
            (*numbers)[i] = read_name(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return *numbers != NULL;
}
