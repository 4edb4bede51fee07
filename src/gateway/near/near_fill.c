/* near_fill.c - lives turned from wall time into time left, keys from hex into bytes, bodies into gzip. */
#include "near/near_fill.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hex.h"
#include "http/gzip.h"
#include "response/representation.h"

#define HEADS_SIZE 65536 /* of both variants; the upstream's fields are bounded by half of it */

/* Both heads, one behind the other. */
static bool
write_heads(struct near_fill *fill, const struct representation *representation, struct bytes body)
{
    struct content *content = &fill->content;
    struct text text = text_of(fill->heads, HEADS_SIZE);

    representation_write(representation, CODING_PLAIN, content->may_gzip, body, &text,
                         &content->plain);
    if (fill->packed.size > 0)
        representation_write(representation, CODING_GZIP, true, fill->packed, &text,
                             &content->gzip);
    return !text.is_cut;
}

/* An answer of a route that stores nothing has no life: it was fetched just now. */
static int64_t
created_s(const struct cache_reply *reply)
{
    int64_t created_wall_ms = reply->meta.created_wall_ms;

    return (created_wall_ms > 0 ? created_wall_ms : clock_wall_ms()) / 1000;
}

static bool
make(struct near_fill *fill, const struct config *config,
     const struct representation *representation, struct bytes body, bool with_gzip)
{
    *fill = (struct near_fill){.heads = malloc(HEADS_SIZE)};
    if (fill->heads == NULL)
        return false;
    fill->content.last_modified_s = representation->last_modified_s;
    fill->content.may_gzip = config->cache.compression &&
                             representation_may_gzip(representation, body.size,
                                                     (size_t)config->cache.compression_min_bytes);
    if (with_gzip && fill->content.may_gzip)
        (void)gzip_pack(body, &fill->packed);
    return write_heads(fill, representation, body);
}

bool
near_fill_make(struct near_fill *fill, const struct config *config, const struct cache_reply *reply,
               struct bytes body, bool with_gzip)
{
    struct representation representation;

    representation_read(&representation, reply->headers, body, (int)reply->meta.http_status,
                        created_s(reply));
    return make(fill, config, &representation, body, with_gzip);
}

bool
near_fill_make_part(struct near_fill *fill, const struct config *config,
                    const struct cache_reply *reply, struct bytes part, bool with_gzip)
{
    struct representation representation;

    representation_read(&representation, reply->headers, part, (int)reply->meta.http_status,
                        created_s(reply));
    representation_take_part(&representation, part);
    return make(fill, config, &representation, part, with_gzip);
}

void
near_fill_fini(struct near_fill *fill)
{
    free((void *)(uintptr_t)fill->packed.data);
    free(fill->heads);
    *fill = (struct near_fill){0};
}

enum status
near_fill_put(struct gateway *gateway, const struct cache_reply *reply, struct bytes endpoint,
              const struct near_fill *fill)
{
    int64_t now_wall_ms = clock_wall_ms();
    struct near_entry_source source = {
        .signature = reply->signature,
        .route = endpoint,
        .content = fill->content,
        .meta = reply->meta,
        .fresh_for_ms = reply->meta.expires_wall_ms - now_wall_ms,
    };

    if (now_wall_ms > reply->meta.created_wall_ms)
        source.age_ms = now_wall_ms - reply->meta.created_wall_ms;
    if (!reply->may_keep || source.fresh_for_ms <= 0 ||
        !hex_read(reply->cache_key, source.cache_key, sizeof source.cache_key))
        return STATUS_MALFORMED;
    return near_cache_put(gateway->near, &source, clock_mono_coarse_ms());
}

/* What near_cache_put would copy to make the same entry. */
static void
read_entry(const struct near_entry *entry, int64_t now_mono_ms, struct near_entry_source *source)
{
    *source = (struct near_entry_source){
        .signature = entry->signature,
        .route = entry->route,
        .content = entry->content,
        .meta = entry->meta,
        .age_ms = entry->age_ms + now_mono_ms - entry->stored_mono_ms,
        .fresh_for_ms = entry->expires_mono_ms - now_mono_ms,
    };
    memcpy(source->cache_key, entry->cache_key, sizeof source->cache_key);
}

/* The same entry with both variants. Its head is read as if it were the upstream's: what the gateway adds is replaced by
 * the same again. */
static void
add_gzip(struct gateway *gateway, const struct near_entry *entry, int64_t now_mono_ms)
{
    const struct variant *plain = &entry->content.plain;
    struct near_fill fill = {.content = entry->content, .heads = malloc(HEADS_SIZE)};
    struct text text = text_of(fill.heads, fill.heads != NULL ? HEADS_SIZE : 0);
    struct representation representation;
    struct near_entry_source source;

    if (gzip_pack(plain->body, &fill.packed)) {
        representation_read(&representation, plain->head, plain->body, (int)entry->meta.http_status,
                            entry->content.last_modified_s);
        representation_write(&representation, CODING_GZIP, false, fill.packed, &text,
                             &fill.content.gzip);
        read_entry(entry, now_mono_ms, &source);
        source.content = fill.content;
        if (!text.is_cut)
            (void)near_cache_put(gateway->near, &source, now_mono_ms);
    }
    near_fill_fini(&fill);
}

/* The head that clients got of the whole is read as in add_gzip. */
void
near_fill_put_part(struct gateway *gateway, const struct near_entry *entry, struct bytes signature,
                   struct bytes part, int64_t now_mono_ms)
{
    struct representation representation;
    struct near_entry_source source;
    struct near_fill fill;

    representation_read(&representation, entry->content.plain.head, part,
                        (int)entry->meta.http_status, entry->content.last_modified_s);
    representation_take_part(&representation, part);
    if (make(&fill, gateway->config, &representation, part, false)) {
        read_entry(entry, now_mono_ms, &source);
        source.signature = signature;
        source.content = fill.content;
        (void)near_cache_put(gateway->near, &source, now_mono_ms);
    }
    near_fill_fini(&fill);
}

static struct near_entry *
near_fill_find_variant(struct gateway *gateway, struct epoch_slot *epoch, struct bytes signature,
                       int64_t now_mono_ms)
{
    struct near_entry *entry;

    epoch_enter(epoch);
    entry = near_cache_find(gateway->near, signature, now_mono_ms);
    epoch_leave(epoch);
    return entry;
}

struct near_entry *
near_fill_find(struct gateway *gateway, struct epoch_slot *epoch, struct bytes signature,
               bool wants_gzip, int64_t now_mono_ms)
{
    struct near_entry *entry = near_fill_find_variant(gateway, epoch, signature, now_mono_ms);
    struct near_entry *packed;

    if (!wants_gzip || entry == NULL || !entry->content.may_gzip ||
        variant_is_made(&entry->content.gzip) || !near_entry_claim(entry))
        return entry;
    add_gzip(gateway, entry, now_mono_ms);
    packed = near_fill_find_variant(gateway, epoch, signature, now_mono_ms);
    if (packed == NULL) /* purged meanwhile: what was found before that may still be answered */
        return entry;
    near_entry_release(&entry);
    return packed;
}
