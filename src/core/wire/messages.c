/* messages.c - the fields of every message in wire order, and their bounds.
 *
 * To add a message: its struct and its row in messages.h, its fields here. New fields go to the end and come with a
 * new MESSAGE_VERSION. Then make docs/messages.md again: rentcache describe messages. */

#include "messages.h"

#include <assert.h>
#include <stddef.h>

#include "actor/wire.h"

/* Each kind takes members of one C type; another one does not compile. */
#define FIELD(body, member, c_type, kind, ...)                                                     \
    {                                                                                              \
        .name = #member, .offset = offsetof(struct body, member),                                  \
        .type = _Generic(((struct body *)0)->member, c_type                                        \
                         : kind),                                                                  \
        __VA_ARGS__                                                                                \
    }
#define NUMBER(body, member)    FIELD(body, member, int64_t, FIELD_INT, .max_bytes = 0)
#define FLAG(body, member)      FIELD(body, member, bool, FIELD_FLAG, .value_count = 2)
#define TEXT(body, member, max) FIELD(body, member, struct bytes, FIELD_BYTES, .max_bytes = max)
#define SECRET(body, member, max)                                                                  \
    FIELD(body, member, struct bytes, FIELD_BYTES, .max_bytes = max, .is_secret = true)
/* Values of `enum tag`, all of those below `count`. */
#define ENUM(body, member, tag, count)                                                             \
    FIELD(body, member, enum tag, FIELD_ENUM, .value_count = count, .enum_tag = #tag)

/* Bounds in bytes. Together the fields of one message fit into WIRE_ENVELOPE_MAX_BYTES. */
enum {
    MAX_WORD = 32, /* fixed words and hexadecimal ids of 16 bytes */
    MAX_HASH = 64,
    MAX_NAME = 100,
    MAX_ROUTE = 64,
    MAX_METHOD = 16,
    MAX_INSTANCE = 63,
    MAX_DETAIL = 256,
    MAX_RIGHTS = 255,
    MAX_LIMITS = 1023,
    MAX_CREDENTIAL = 4096,
    MAX_TARGET = 16384,
    MAX_SIGNATURE = 32768,
    MAX_HEADERS = MESSAGE_HEADERS_MAX_BYTES,
};

static const struct field heartbeat_fields[] = {
    NUMBER(heartbeat, epoch),
};

static const struct field heartbeat_reply_fields[] = {
    NUMBER(heartbeat_reply, epoch),
    FLAG(heartbeat_reply, is_healthy),
    NUMBER(heartbeat_reply, version),
    NUMBER(heartbeat_reply, latency_us),
    TEXT(heartbeat_reply, detail, MAX_DETAIL),
    FLAG(heartbeat_reply, is_ready),
};

static const struct field body_chunk_fields[] = {
    NUMBER(body_chunk, transfer_id),
    NUMBER(body_chunk, number),
};

static const struct field body_credit_fields[] = {
    NUMBER(body_credit, transfer_id),
    NUMBER(body_credit, number),
};

static const struct field cache_get_fields[] = {
    NUMBER(cache_get, gateway_id),
    TEXT(cache_get, route, MAX_ROUTE),
    TEXT(cache_get, cache_key, MAX_WORD),
    TEXT(cache_get, signature, MAX_SIGNATURE),
    TEXT(cache_get, target, MAX_TARGET),
    NUMBER(cache_get, api_key_id),
    FLAG(cache_get, force_refresh),
    NUMBER(cache_get, ttl_override_s),
    FLAG(cache_get, want_body),
    SECRET(cache_get, credential, MAX_CREDENTIAL),
    TEXT(cache_get, fallback_path, MAX_TARGET),
    FLAG(cache_get, only_if_cached),
};

#define META_NUMBER(member)                                                                        \
    {.name = #member, .offset = offsetof(struct cache_reply, meta.member), .type = FIELD_INT},

static const struct field cache_reply_fields[] = {
    ENUM(cache_reply, decision, decision, DECISION_COUNT),
    ENUM(cache_reply, level, level, LEVEL_COUNT),
    FLAG(cache_reply, in_near),
    NUMBER(cache_reply, flight_id),
    NUMBER(cache_reply, cost_micro_usd),
    FLAG(cache_reply, may_keep),
    NUMBER(cache_reply, retry_after_s),
    TEXT(cache_reply, route, MAX_ROUTE),
    TEXT(cache_reply, cache_key, MAX_WORD),
    TEXT(cache_reply, signature, MAX_SIGNATURE),
    TEXT(cache_reply, headers, MAX_HEADERS),
    TEXT(cache_reply, detail, MAX_DETAIL),
    RESPONSE_META(META_NUMBER) ENUM(cache_reply, reason, cache_reason, CACHE_REASON_COUNT),
    NUMBER(cache_reply, upstream_us),
};

static const struct field listener_hello_fields[] = {
    NUMBER(listener_hello, gateway_id),
    NUMBER(listener_hello, purge_number),
};

static const struct field listener_welcome_fields[] = {
    NUMBER(listener_welcome, epoch),
    NUMBER(listener_welcome, purge_number),
    FLAG(listener_welcome, must_empty),
};

static const struct field entry_held_fields[] = {
    NUMBER(entry_held, gateway_id),
    NUMBER(entry_held, flight_id),
    FLAG(entry_held, is_held),
};

static const struct field near_purge_fields[] = {
    NUMBER(near_purge, number),
    FLAG(near_purge, is_all),
    TEXT(near_purge, endpoint, MAX_ROUTE),
    NUMBER(near_purge, fetched_before_wall_ms),
    NUMBER(near_purge, expired_before_wall_ms),
};

static const struct field purge_confirm_fields[] = {
    NUMBER(purge_confirm, gateway_id),
    NUMBER(purge_confirm, number),
};

static const struct field cache_purge_fields[] = {
    FLAG(cache_purge, is_all),
    TEXT(cache_purge, endpoint, MAX_ROUTE),
    NUMBER(cache_purge, fetched_before_wall_ms),
    NUMBER(cache_purge, expired_before_wall_ms),
};

static const struct field purge_reply_fields[] = {
    NUMBER(purge_reply, number),
    NUMBER(purge_reply, cleared_count),
    NUMBER(purge_reply, unconfirmed_count),
};

static const struct field entry_hits_fields[] = {
    NUMBER(entry_hits, count),
};

static const struct field upstream_fetch_fields[] = {
    NUMBER(upstream_fetch, flight_id),
    TEXT(upstream_fetch, route, MAX_ROUTE),
    TEXT(upstream_fetch, method, MAX_METHOD),
    TEXT(upstream_fetch, target, MAX_TARGET),
    NUMBER(upstream_fetch, api_key_id),
    ENUM(upstream_fetch, reason, fetch_reason, FETCH_REASON_COUNT),
    NUMBER(upstream_fetch, price_micro_usd),
    TEXT(upstream_fetch, cache_key, MAX_WORD),
    SECRET(upstream_fetch, credential, MAX_CREDENTIAL),
};

static const struct field upstream_reply_fields[] = {
    NUMBER(upstream_reply, flight_id),
    NUMBER(upstream_reply, http_status),
    ENUM(upstream_reply, charge, charge, CHARGE_COUNT),
    NUMBER(upstream_reply, cost_micro_usd),
    NUMBER(upstream_reply, received_wall_ms),
    NUMBER(upstream_reply, retry_after_s),
    TEXT(upstream_reply, headers, MAX_HEADERS),
    TEXT(upstream_reply, detail, MAX_DETAIL),
    NUMBER(upstream_reply, duration_us),
};

static const struct field ledger_open_fields[] = {
    TEXT(ledger_open, instance, MAX_INSTANCE),
    NUMBER(ledger_open, epoch),
};

static const struct field ledger_opened_fields[] = {
    NUMBER(ledger_opened, unknown_count),
};

static const struct field ledger_reserve_fields[] = {
    TEXT(ledger_reserve, call_id, MAX_WORD),
    TEXT(ledger_reserve, instance, MAX_INSTANCE),
    NUMBER(ledger_reserve, epoch),
    NUMBER(ledger_reserve, api_key_id),
    TEXT(ledger_reserve, route, MAX_ROUTE),
    ENUM(ledger_reserve, reason, fetch_reason, FETCH_REASON_COUNT),
    NUMBER(ledger_reserve, price_micro_usd),
};

static const struct field ledger_reserved_fields[] = {
    TEXT(ledger_reserved, call_id, MAX_WORD),
};

static const struct field ledger_settle_fields[] = {
    TEXT(ledger_settle, call_id, MAX_WORD),
    TEXT(ledger_settle, instance, MAX_INSTANCE),
    NUMBER(ledger_settle, epoch),
    NUMBER(ledger_settle, api_key_id),
    TEXT(ledger_settle, route, MAX_ROUTE),
    ENUM(ledger_settle, reason, fetch_reason, FETCH_REASON_COUNT),
    NUMBER(ledger_settle, price_micro_usd),
    ENUM(ledger_settle, charge, charge, CHARGE_COUNT),
    NUMBER(ledger_settle, http_status),
    NUMBER(ledger_settle, cost_micro_usd),
    NUMBER(ledger_settle, duration_us),
};

static const struct field ledger_settled_fields[] = {
    TEXT(ledger_settled, call_id, MAX_WORD),
};

static const struct field usage_batch_fields[] = {
    TEXT(usage_batch, spool_id, MAX_WORD),
    NUMBER(usage_batch, ring),
    NUMBER(usage_batch, first_sequence),
    NUMBER(usage_batch, count),
};

static const struct field usage_stored_fields[] = {
    TEXT(usage_stored, spool_id, MAX_WORD),
    NUMBER(usage_stored, ring),
    NUMBER(usage_stored, sequence),
};

static const struct field quota_lease_fields[] = {
    NUMBER(quota_lease, api_key_id),
    NUMBER(quota_lease, needed),
    NUMBER(quota_lease, returned),
    NUMBER(quota_lease, window_day),
};

static const struct field quota_grant_fields[] = {
    NUMBER(quota_grant, api_key_id),    NUMBER(quota_grant, granted),
    NUMBER(quota_grant, window_day),    NUMBER(quota_grant, expires_wall_ms),
    NUMBER(quota_grant, retry_after_s), FLAG(quota_grant, is_monthly),
    NUMBER(quota_grant, limit),         NUMBER(quota_grant, used),
};

static const struct field keys_sync_fields[] = {
    NUMBER(keys_sync, gateway_id),
    NUMBER(keys_sync, after_id),
};

static const struct field keys_snapshot_fields[] = {
    NUMBER(keys_snapshot, version),
    NUMBER(keys_snapshot, count),
    NUMBER(keys_snapshot, after_id),
    NUMBER(keys_snapshot, next_id),
};

static const struct field key_record_fields[] = {
    NUMBER(key_record, version),
    NUMBER(key_record, api_key_id),
    TEXT(key_record, key_hash, MAX_HASH),
    TEXT(key_record, key_name, MAX_NAME),
    FLAG(key_record, is_active),
    NUMBER(key_record, expires_wall_ms),
    NUMBER(key_record, daily_limit),
    NUMBER(key_record, monthly_limit),
    TEXT(key_record, limits, MAX_LIMITS),
    TEXT(key_record, rights, MAX_RIGHTS),
    TEXT(key_record, previous_hash, MAX_HASH),
    NUMBER(key_record, previous_until_wall_ms),
};

static const struct field key_confirm_fields[] = {
    NUMBER(key_confirm, gateway_id),
    NUMBER(key_confirm, version),
};

static const struct field key_create_fields[] = {
    TEXT(key_create, key_name, MAX_NAME),  TEXT(key_create, key_hash, MAX_HASH),
    NUMBER(key_create, daily_limit),       NUMBER(key_create, monthly_limit),
    NUMBER(key_create, expires_wall_ms),   TEXT(key_create, limits, MAX_LIMITS),
    TEXT(key_create, rights, MAX_RIGHTS),  TEXT(key_create, idempotency_hash, MAX_HASH),
    TEXT(key_create, body_hash, MAX_HASH),
};

static const struct field report_get_fields[] = {
    TEXT(report_get, report, MAX_WORD),
    TEXT(report_get, endpoint, MAX_ROUTE),
    NUMBER(report_get, days),
    NUMBER(report_get, limit),
    NUMBER(report_get, after_id),
    NUMBER(report_get, api_key_id),
    TEXT(report_get, key_name, MAX_NAME),
    TEXT(report_get, by, MAX_WORD),
    NUMBER(report_get, month_day),
    NUMBER(report_get, status_code),
    NUMBER(report_get, decision),
    NUMBER(report_get, least_ms),
    NUMBER(report_get, from_wall_us),
    NUMBER(report_get, before_wall_us),
    NUMBER(report_get, before_id),
};

static const struct field report_reply_fields[] = {{0}};

static const struct field key_update_fields[] = {
    NUMBER(key_update, api_key_id),       NUMBER(key_update, members),
    NUMBER(key_update, daily_limit),      NUMBER(key_update, monthly_limit),
    FLAG(key_update, is_active),          NUMBER(key_update, expires_wall_ms),
    TEXT(key_update, limits, MAX_LIMITS), TEXT(key_update, rights, MAX_RIGHTS),
};

static const struct field key_rotate_fields[] = {
    NUMBER(key_rotate, api_key_id),
    TEXT(key_rotate, key_hash, MAX_HASH),
    NUMBER(key_rotate, previous_until_wall_ms),
};

static const struct field key_delete_fields[] = {
    NUMBER(key_delete, api_key_id),
};

static const struct field cache_report_get_fields[] = {
    TEXT(cache_report_get, endpoint, MAX_ROUTE),
};

static const struct field cache_leave_fields[] = {{0}};

static const struct field upstream_cancel_fields[] = {
    NUMBER(upstream_cancel, flight_id),
};

static const struct field limits_save_fields[] = {
    NUMBER(limits_save, count),
};

static const struct field limits_saved_fields[] = {{0}};

static const struct field limits_get_fields[] = {
    NUMBER(limits_get, after_id),
};

static const struct field limits_part_fields[] = {
    NUMBER(limits_part, count),
    NUMBER(limits_part, after_id),
    NUMBER(limits_part, next_id),
};

static const struct field upstream_control_fields[] = {
    TEXT(upstream_control, upstream, MAX_ROUTE),
    ENUM(upstream_control, action, upstream_action, UPSTREAM_ACTION_COUNT),
    NUMBER(upstream_control, fault_ppm),
    NUMBER(upstream_control, fault_latency_ms),
};

static const struct field upstream_controlled_fields[] = {{0}};

struct message_row {
    const char *name;
    enum actor_id sender;
    enum actor_id receiver;
    const char *meaning;
    struct schema schema;
};

/* A struct of one byte has no fields: C wants a member of a struct, and an element of an array. */
#define FIELD_COUNT(body) (sizeof(struct body) > 1 ? COUNT(body##_fields) : 0)

static const struct message_row rows[MSG_COUNT] = {
#define MESSAGE_ROW(kind, body, from, to, meaning)                                                 \
    [MSG_##kind] = {                                                                               \
        #kind, from, to, meaning, {body##_fields, FIELD_COUNT(body), sizeof(struct body)}},
    MESSAGES(MESSAGE_ROW)
#undef MESSAGE_ROW
};

static const struct message_row *
row_of(enum message_kind kind)
{
    assert(kind >= 0 && kind < MSG_COUNT);
    return &rows[kind];
}

const char *
message_kind_name(enum message_kind kind)
{
    return row_of(kind)->name;
}

enum actor_id
message_sender(enum message_kind kind)
{
    return row_of(kind)->sender;
}

enum actor_id
message_receiver(enum message_kind kind)
{
    return row_of(kind)->receiver;
}

const char *
message_meaning(enum message_kind kind)
{
    return row_of(kind)->meaning;
}

const struct schema *
message_schema(enum message_kind kind)
{
    return &row_of(kind)->schema;
}

const char *
actor_id_name(enum actor_id id)
{
    static const char *const names[ACTOR_COUNT] = {
        [ACTOR_GATEWAY] = "gateway",
        [ACTOR_CACHE] = "cache",
        [ACTOR_UPSTREAM] = "upstream",
        [ACTOR_ANALYTICS] = "analytics",
    };

    return id >= 0 && id < ACTOR_COUNT ? names[id] : "any";
}

void
message_fini(struct message *message)
{
    blob_release(&message->body);
}
