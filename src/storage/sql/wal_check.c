/* wal_check.c - the log's frames against its index; both formats: https://sqlite.org/walformat.html */
#include "sql/wal_check.h"

#include <assert.h>
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE       1100
#define WAL_HEAD_SIZE   32
#define FRAME_HEAD_SIZE 24
#define PAGE_MOST       65536
#define WAL_MAGIC       0x377f0682 /* the lowest bit: the words of checksums are big-endian */

/* The head of the -shm file, in the machine's byte order. It stands there twice; the copies are equal while nobody writes. */
struct index_head {
    uint32_t version, unused, change;
    uint8_t is_init, is_big_endian;
    uint16_t page_size; /* 1: 65536 */
    uint32_t frames;    /* that are committed */
    uint32_t pages;
    uint32_t frame_checksum[2]; /* of the last of them */
    uint8_t salt[8];            /* as in the log's head */
    uint32_t checksum[2];       /* of all above */
};

struct index_file {
    struct index_head head, copy;
    uint32_t backfilled; /* frames that are in the database already */
};

static_assert(sizeof(struct index_head) == 48, "as SQLite writes it");

struct wal_reader {
    FILE *file;
    bool is_big_endian;
    uint32_t page_size;
    uint32_t checksum[2]; /* of all that was read */
};

static void
add_checksum(uint32_t sum[2], const uint8_t *data, size_t size, bool is_big_endian)
{
    for (size_t at = 0; at + 8 <= size; at += 8) {
        uint32_t words[2];

        memcpy(words, data + at, sizeof words);
        sum[0] += (is_big_endian ? be32toh(words[0]) : le32toh(words[0])) + sum[1];
        sum[1] += (is_big_endian ? be32toh(words[1]) : le32toh(words[1])) + sum[0];
    }
}

static bool
has_checksum(const uint32_t sum[2], const uint8_t *stored)
{
    uint32_t words[2];

    memcpy(words, stored, sizeof words);
    return be32toh(words[0]) == sum[0] && be32toh(words[1]) == sum[1];
}

static FILE *
open_beside(const char *path, const char *suffix)
{
    char name[PATH_SIZE];
    int size = snprintf(name, sizeof name, "%s%s", path, suffix);

    return size > 0 && (size_t)size < sizeof name ? fopen(name, "rbe") : NULL;
}

/* False: there is no index that can be believed. */
static bool
read_index(const char *path, struct index_file *index)
{
    uint32_t sum[2] = {0, 0};
    FILE *file = open_beside(path, "-shm");
    bool is_read = file != NULL && fread(index, sizeof *index, 1, file) == 1;

    if (file != NULL)
        fclose(file);
    if (!is_read || memcmp(&index->head, &index->copy, sizeof index->head) != 0 ||
        index->head.is_init == 0)
        return false;
    add_checksum(sum, (const uint8_t *)&index->head, offsetof(struct index_head, checksum),
                 BYTE_ORDER == BIG_ENDIAN);
    return memcmp(sum, index->head.checksum, sizeof sum) == 0;
}

static bool
read_wal_head(struct wal_reader *wal, const struct index_head *head)
{
    uint8_t bytes[WAL_HEAD_SIZE];
    uint32_t words[3];

    if (wal->file == NULL || fread(bytes, sizeof bytes, 1, wal->file) != 1)
        return false;
    memcpy(words, bytes, sizeof words);
    wal->is_big_endian = (be32toh(words[0]) & 1) != 0;
    wal->page_size = be32toh(words[2]);
    add_checksum(wal->checksum, bytes, WAL_HEAD_SIZE - 8, wal->is_big_endian);
    return (be32toh(words[0]) & ~1u) == WAL_MAGIC &&
           has_checksum(wal->checksum, bytes + WAL_HEAD_SIZE - 8) &&
           memcmp(bytes + 16, head->salt, sizeof head->salt) == 0 &&
           wal->page_size == (head->page_size == 1 ? PAGE_MOST : head->page_size);
}

static bool
read_frame(struct wal_reader *wal, const struct index_head *head, uint8_t *frame)
{
    if (fread(frame, FRAME_HEAD_SIZE + wal->page_size, 1, wal->file) != 1)
        return false;
    add_checksum(wal->checksum, frame, 8, wal->is_big_endian);
    add_checksum(wal->checksum, frame + FRAME_HEAD_SIZE, wal->page_size, wal->is_big_endian);
    return memcmp(frame + 8, head->salt, sizeof head->salt) == 0 &&
           has_checksum(wal->checksum, frame + 16);
}

static bool
has_frames(const char *path, const struct index_file *index)
{
    struct wal_reader wal = {0};
    uint8_t *frame;
    bool is_whole;

    wal.file = open_beside(path, "-wal");
    frame = malloc(FRAME_HEAD_SIZE + PAGE_MOST);
    is_whole = frame != NULL && read_wal_head(&wal, &index->head);
    for (uint32_t i = 0; is_whole && i < index->head.frames; i++)
        is_whole = read_frame(&wal, &index->head, frame);
    free(frame);
    if (wal.file != NULL)
        fclose(wal.file);
    return is_whole;
}

bool
wal_is_whole(const char *path)
{
    struct index_file index, again;

    if (!read_index(path, &index) || index.head.frames <= index.backfilled ||
        has_frames(path, &index))
        return true;
    /* somebody writes: what was read is of two times */
    return !read_index(path, &again) || memcmp(&index, &again, sizeof index) != 0;
}
