/* spool_support.h - folders, configurations and records for the tests of the spool. */
#pragma once

#include <check.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decision.h"
#include "spool/spool.h"
#include "spool/spool_place.h"
#include "spool/spool_ring.h"

/* A folder of its own below the current one, for one test. */
struct spool_folder {
    char path[64];
};

static inline struct spool_folder
spool_folder_make(void)
{
    struct spool_folder folder = {"spool-test-XXXXXX"};

    ck_assert_ptr_nonnull(mkdtemp(folder.path));
    return folder;
}

static inline int
spool_is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static inline bool
spool_has_ending(const char *name, const char *ending)
{
    size_t size = strlen(name);

    return size >= strlen(ending) && strcmp(name + size - strlen(ending), ending) == 0;
}

/* How many files have that ending; removes them too. */
static inline int
spool_folder_files(const struct spool_folder *folder, const char *ending, bool is_removing)
{
    struct dirent **entries;
    int entry_count = scandir(folder->path, &entries, spool_is_file, alphasort);
    int count = 0;

    ck_assert_int_ge(entry_count, 0);
    for (int i = 0; i < entry_count; i++) {
        char path[SPOOL_PATH_SIZE];

        snprintf(path, sizeof path, "%s/%s", folder->path, entries[i]->d_name);
        if (spool_has_ending(entries[i]->d_name, ending)) {
            count++;
            if (is_removing)
                unlink(path);
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}

static inline int
spool_folder_segments(const struct spool_folder *folder)
{
    return spool_folder_files(folder, ".segment", false);
}

static inline void
spool_folder_remove(const struct spool_folder *folder)
{
    spool_folder_files(folder, "", true);
    rmdir(folder->path);
}

/* Small segments, so that tests see several. */
static inline struct config
spool_config(int64_t ring_records)
{
    struct config config = {0};

    config.spool.ring_records = ring_records;
    config.spool.segment_bytes = 65536;
    config.spool.segments_max_bytes = 1 << 20;
    return config;
}

static inline struct spool *
spool_must_open(const struct spool_folder *folder, int64_t ring_records, size_t ring_count)
{
    struct config config = spool_config(ring_records);
    struct spool *spool = NULL;

    ck_assert_int_eq(spool_open(folder->path, &config, ring_count, &spool), STATUS_OK);
    return spool;
}

/* A record that says which one it is: its maker and the maker's own count. */
static inline struct usage_record
spool_record(int64_t maker, int64_t number)
{
    struct usage_record record = {
        .created_wall_us = number,
        .api_key_id = maker,
        .status_code = 200,
        .decision = DECISION_HIT,
        .level = LEVEL_NEAR,
        .endpoint = "properties",
        .method = "GET",
    };

    memset(record.user_agent, (int)('a' + number % 26), sizeof record.user_agent);
    record.user_agent_size = sizeof record.user_agent;
    return record;
}

static inline bool
spool_append(struct spool_ring *ring, int64_t maker, int64_t number)
{
    struct usage_record record = spool_record(maker, number);

    return spool_ring_append(ring, &record);
}

/* Appends first..last of one maker; all must fit. */
static inline void
spool_append_many(struct spool_ring *ring, int64_t maker, int64_t first, int64_t last)
{
    for (int64_t number = first; number <= last; number++)
        ck_assert(spool_append(ring, maker, number));
}

/* The batch holds exactly the numbers first..last of one maker. */
static inline void
spool_check_batch(const struct spool_batch *batch, int64_t maker, int64_t first, int64_t last)
{
    ck_assert_int_eq((int64_t)batch->count, last - first + 1);
    for (size_t i = 0; i < batch->count; i++) {
        const struct usage_record *record = &batch->records[i];

        ck_assert(usage_record_is_valid(record));
        ck_assert_int_eq(record->sequence, batch->first_sequence + (int64_t)i);
        ck_assert_int_eq(record->api_key_id, maker);
        ck_assert_int_eq(record->created_wall_us, first + (int64_t)i);
    }
}

static inline void
spool_confirm_batch(struct spool *spool, const struct spool_batch *batch)
{
    spool_confirm(spool, batch->ring, batch->first_sequence + (int64_t)batch->count - 1);
}
