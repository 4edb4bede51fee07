/* entry.c - one response in memory: made of a fetch or of a row, counted by the cache thread. */

#include "object/entry.h"

#include <assert.h>
#include <stdlib.h>

struct entry *
entry_of_fetch(const struct entry *source)
{
    size_t text_size = source->signature.size + source->headers.size;
    struct entry *entry = malloc(sizeof *entry + text_size);

    if (entry == NULL)
        return NULL;
    uint8_t *end = entry->text;

    *entry = *source;
    entry->references = 1;
    entry->signature = bytes_place(&end, source->signature);
    entry->headers = bytes_place(&end, source->headers);
    entry->body = blob_hold(source->body);
    return entry;
}

static void
release_owner(void *owner)
{
    struct blob *blob = owner;

    blob_release(&blob);
}

struct entry *
entry_of_row(const struct entry_row *row, struct blob *owner)
{
    struct entry *entry = malloc(sizeof *entry);
    /* Wrapped even when empty: the wrap is what keeps signature and headers alive. */
    struct blob *body = entry != NULL ? blob_wrap(row->body, release_owner, owner) : NULL;

    if (body == NULL) {
        free(entry);
        blob_release(&owner);
        return NULL;
    }
    *entry = (struct entry){.references = 1,
                            .meta = row->meta,
                            .signature = row->signature,
                            .headers = row->headers,
                            .body = body};
    bytes_copy_text(bytes_of_text(row->cache_key), entry->cache_key, sizeof entry->cache_key);
    return entry;
}

struct entry_row
entry_as_row(const struct entry *entry)
{
    assert(entry->route != NULL);
    struct entry_row row = {.signature = entry->signature,
                            .endpoint = bytes_of_text(entry->route->endpoint),
                            .method = bytes_of_text(entry->route->method),
                            .headers = entry->headers,
                            .body = blob_bytes(entry->body),
                            .meta = entry->meta};

    bytes_copy_text(bytes_of_text(entry->cache_key), row.cache_key, sizeof row.cache_key);
    return row;
}

struct entry *
entry_hold(struct entry *entry)
{
    if (entry != NULL)
        entry->references++;
    return entry;
}

void
entry_release(struct entry **entry)
{
    struct entry *held = *entry;

    *entry = NULL;
    if (held == NULL)
        return;
    assert(held->references > 0);
    if (--held->references == 0) {
        blob_release(&held->body);
        free(held);
    }
}
