/* key_load.c - takes all keys into the key table, part by part, while changes go on. */
#include "access/key_load.h"

#include "actor/wire.h"
#include "base/log.h"

/* One length-prefixed envelope of a part; false: the body is broken. */
static bool
load_one(struct key_table *table, struct bytes *rest)
{
    uint32_t size;
    size_t body_size;
    struct message record;

    if (rest->size < sizeof size)
        return false;
    memcpy(&size, rest->data, sizeof size);
    *rest = bytes_skip(*rest, sizeof size);
    if (size > rest->size ||
        wire_decode(bytes_of(rest->data, size), &record, &body_size) != STATUS_OK ||
        record.kind != MSG_KEY_CHANGED)
        return false;
    if (key_table_change(table, &record.u.KEY_CHANGED) != STATUS_OK)
        log_error("key %lld of the snapshot cannot be used",
                  (long long)record.u.KEY_CHANGED.api_key_id);
    *rest = bytes_skip(*rest, size);
    return true;
}

static bool
load_body(struct key_table *table, int64_t count, struct bytes body)
{
    for (int64_t i = 0; i < count; i++)
        if (!load_one(table, &body))
            return false;
    return true;
}

/* False: nobody waits for this part. */
static bool
is_expected(struct key_load *load, const struct keys_snapshot *part)
{
    if (part->after_id == 0) {
        key_table_load_begin(load->table);
        load->is_under_way = true;
        load->is_whole = false;
        load->version = part->version;
        return true;
    }
    return load->is_under_way && part->after_id == load->next_id;
}

enum key_load_step
key_load_part(struct key_load *load, const struct keys_snapshot *part, struct bytes body)
{
    if (!is_expected(load, part))
        return KEY_LOAD_IGNORED;
    if (part->version != load->version || !load_body(load->table, part->count, body)) {
        load->is_under_way = load->is_whole = false;
        return KEY_LOAD_BROKEN;
    }
    load->next_id = part->next_id;
    if (part->next_id != 0)
        return KEY_LOAD_NEXT;
    load->is_whole = true;
    return KEY_LOAD_WHOLE;
}

void
key_load_end(struct key_load *load)
{
    load->is_under_way = load->is_whole = false;
    key_table_load_end(load->table, load->version);
}

bool
key_load_change(struct key_load *load, const struct key_record *record)
{
    if (record->version > load->version + 1) {
        load->is_under_way = load->is_whole = false;
        return false;
    }
    if (record->version <= load->version)
        return true;
    if (key_table_change(load->table, record) != STATUS_OK)
        log_error("key %lld cannot be used", (long long)record->api_key_id);
    load->version = record->version;
    return true;
}
