/* near_fill.c - lives turned from wall time into time left, keys from hex into bytes. */
#include "near_fill.h"

#include "clock.h"

static int
hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_key(struct bytes hex, uint8_t key[16])
{
    if (hex.size != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        int high = hex_value(hex.data[2 * i]), low = hex_value(hex.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

void
near_fill_head(struct text *head, struct bytes headers, size_t body_size)
{
    text_add_bytes(head, headers);
    text_add(head, "Content-Length: ");
    text_add_int(head, (int64_t)body_size);
    text_add(head, "\r\n");
}

enum status
near_fill_put(struct gateway *gateway, const struct cache_reply *reply, struct bytes endpoint,
              struct bytes head, struct bytes body)
{
    int64_t now_wall_ms = clock_wall_us() / 1000;
    struct near_entry_source source = {
        .signature = reply->signature,
        .route = endpoint,
        .head = head,
        .body = body,
        .http_status = (int)reply->http_status,
        .saved_micro_usd = reply->saved_micro_usd,
        .purge_number = reply->purge_number,
        .fresh_for_ms = reply->expires_wall_ms - now_wall_ms,
        .created_wall_ms = reply->created_wall_ms,
        .expires_wall_ms = reply->expires_wall_ms,
    };

    source.age_ms = now_wall_ms > reply->created_wall_ms ? now_wall_ms - reply->created_wall_ms : 0;
    if (!reply->may_keep || source.fresh_for_ms <= 0 ||
        !read_key(reply->cache_key, source.cache_key))
        return STATUS_MALFORMED;
    return near_cache_put(gateway->near, &source, clock_mono_coarse_ms());
}
