/* storage_entries_fixture.h - an open database of entries, and a row of it. */
#pragma once

#include "contract/storage_support.h"

#define KEY_A "ceba473f42f79d99adb48ccd2b0ae28c"
#define KEY_B "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"

static struct place place;
static struct entries *entries;
static int64_t base; /* the last purge number of the new file */

static void
open_backend(int backend)
{
    place_init(&place, backend);
    entries = place_entries(&place);
    ck_assert_int_eq(purge_last_number(entries, &base), STATUS_OK);
}

static void
teardown(void)
{
    entries_close(&entries);
    place_fini(&place);
}

static inline struct entry_row
make_row(const char *cache_key, const char *endpoint, int64_t purge_number)
{
    struct entry_row entry = {
        .signature = bytes_of_text("{\"endpoint\": \"properties\"}"),
        .endpoint = bytes_of_text(endpoint),
        .method = bytes_of_text("GET"),
        .headers = bytes_of_text("Content-Type: application/json\r\n"),
        .body = bytes_of_text("[{\"id\":1}]"),
        .meta = {.http_status = 200,
                 .created_wall_ms = NOON_US / 1000,
                 .expires_wall_ms = (NOON_US + HOUR_US) / 1000,
                 .stale_until_wall_ms = (NOON_US + 2 * HOUR_US) / 1000,
                 .price_micro_usd = 2500000,
                 .purge_number = purge_number,
                 .fetched_by_key_id = 7},
    };

    snprintf(entry.cache_key, sizeof entry.cache_key, "%s", cache_key);
    snprintf(entry.params_hash, sizeof entry.params_hash, "d49df22e83a595be015c6ac7d33581a3");
    return entry;
}
