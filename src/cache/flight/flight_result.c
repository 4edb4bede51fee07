/* flight_result.c - what the waiters of a flight get: entry or error, decision, cost, what may be
 * kept. */

#include "flight/flight_result.h"

static struct flight_result
flight_result_of_entry(struct entry *entry, enum decision decision, enum level level,
                       struct response_meta meta)
{
    return (struct flight_result){.status = STATUS_OK,
                                  .meta = meta,
                                  .payer_decision = decision,
                                  .others_decision = decision,
                                  .level = level,
                                  .entry = entry_hold(entry),
                                  .body = blob_hold(entry->body)};
}

struct flight_result
flight_result_of_hit(struct entry *entry, enum level level, int64_t now_wall_ms)
{
    struct flight_result result = flight_result_of_entry(entry, DECISION_HIT, level,
                                                         freshness_clamp(entry->meta, now_wall_ms));

    result.reason = CACHE_REASON_FRESH;
    result.may_keep = true;
    result.may_push = true;
    return result;
}

struct flight_result
flight_result_of_stale(struct entry *entry, enum level level, int64_t now_wall_ms,
                       const char *cause)
{
    struct flight_result result = flight_result_of_entry(entry, DECISION_STALE, level,
                                                         freshness_clamp(entry->meta, now_wall_ms));

    result.reason = cause == NULL ? CACHE_REASON_STALE_REVALIDATING : CACHE_REASON_STALE_IF_ERROR;
    bytes_copy_text(bytes_of_text(cause), result.detail, sizeof result.detail);
    return result;
}

static const char *
detail_of_store(enum status stored)
{
    switch (stored) {
    case STATUS_OK:
        return "";
    case STATUS_PURGED:
        return "purged";
    case STATUS_NOT_IMPLEMENTED:
        return "not-cached";
    default:
        return "store-failed";
    }
}

struct flight_result
flight_result_of_fetch(struct entry *entry, int64_t cost_micro_usd, enum status stored)
{
    struct flight_result result =
        flight_result_of_entry(entry, DECISION_MISS, LEVEL_NONE, entry->meta);

    result.others_decision = DECISION_COLLAPSED;
    result.cost_micro_usd = cost_micro_usd;
    result.may_keep = stored != STATUS_PURGED && stored != STATUS_NOT_IMPLEMENTED;
    result.may_push = stored == STATUS_OK;
    bytes_copy_text(bytes_of_text(detail_of_store(stored)), result.detail, sizeof result.detail);
    return result;
}

struct flight_result
flight_result_of_error(enum status status, int64_t http_status, int64_t retry_after_s,
                       struct bytes detail, struct blob *body)
{
    struct flight_result result = {.status = status,
                                   .meta.http_status = http_status,
                                   .payer_decision = DECISION_ERROR,
                                   .others_decision = DECISION_ERROR,
                                   .level = LEVEL_NONE,
                                   .retry_after_s = retry_after_s,
                                   .body = blob_hold(body)};

    bytes_copy_text(detail, result.detail, sizeof result.detail);
    return result;
}

void
flight_result_fini(struct flight_result *result)
{
    entry_release(&result->entry);
    blob_release(&result->body);
}

struct cache_reply
flight_result_as_reply(const struct flight_result *result,
                       const struct flight_result_address *address)
{
    const struct entry *entry = result->entry;
    enum decision decision = address->is_payer ? result->payer_decision : result->others_decision;
    bool has_waited =
        result->reason != CACHE_REASON_FRESH && result->reason != CACHE_REASON_STALE_REVALIDATING;

    return (struct cache_reply){
        .meta = result->meta,
        .decision = decision,
        .level = result->level,
        .cost_micro_usd = decision == DECISION_MISS ? result->cost_micro_usd : 0,
        .may_keep = result->may_keep,
        .retry_after_s = result->retry_after_s,
        .route = bytes_of_text(address->route),
        .cache_key = bytes_of_text(address->cache_key),
        .signature = address->signature,
        .headers = entry != NULL ? entry->headers : bytes_of(NULL, 0),
        .detail = bytes_of_text(result->detail),
        .reason = result->reason != CACHE_REASON_NONE ? result->reason : address->reason,
        .upstream_us = has_waited ? address->upstream_us : 0,
    };
}
