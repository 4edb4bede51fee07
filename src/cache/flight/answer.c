/* answer.c - what the waiters of a flight are told: entry or error, decision, cost, what may be
 * kept. */

#include "flight/answer.h"

static struct answer
answer_of_entry(struct entry *entry, enum decision decision, enum level level,
                struct freshness_times times)
{
    return (struct answer){.status = STATUS_OK,
                           .http_status = entry->http_status,
                           .payer_decision = decision,
                           .others_decision = decision,
                           .level = level,
                           .times = times,
                           .entry = entry_hold(entry),
                           .body = blob_hold(entry->body)};
}

struct answer
answer_of_hit(struct entry *entry, enum level level, int64_t now_wall_ms)
{
    struct answer answer =
        answer_of_entry(entry, DECISION_HIT, level, freshness_settle(entry->times, now_wall_ms));

    answer.may_keep = true;
    answer.may_push = true;
    return answer;
}

struct answer
answer_of_stale(struct entry *entry, enum level level, int64_t now_wall_ms, const char *detail)
{
    struct answer answer =
        answer_of_entry(entry, DECISION_STALE, level, freshness_settle(entry->times, now_wall_ms));

    bytes_copy_text(bytes_of_text(detail), answer.detail, sizeof answer.detail);
    return answer;
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

struct answer
answer_of_fetch(struct entry *entry, int64_t cost_micro_usd, enum status stored)
{
    struct answer answer = answer_of_entry(entry, DECISION_MISS, LEVEL_NONE, entry->times);

    answer.others_decision = DECISION_COLLAPSED;
    answer.cost_micro_usd = cost_micro_usd;
    answer.may_keep = stored != STATUS_PURGED && stored != STATUS_NOT_IMPLEMENTED;
    answer.may_push = stored == STATUS_OK;
    bytes_copy_text(bytes_of_text(detail_of_store(stored)), answer.detail, sizeof answer.detail);
    return answer;
}

struct answer
answer_of_error(enum status status, int64_t http_status, int64_t retry_after_s, struct bytes detail,
                struct blob *body)
{
    struct answer answer = {.status = status,
                            .http_status = http_status,
                            .payer_decision = DECISION_ERROR,
                            .others_decision = DECISION_ERROR,
                            .level = LEVEL_NONE,
                            .retry_after_s = retry_after_s,
                            .body = blob_hold(body)};

    bytes_copy_text(detail, answer.detail, sizeof answer.detail);
    return answer;
}

void
answer_fini(struct answer *answer)
{
    entry_release(&answer->entry);
    blob_release(&answer->body);
}

struct cache_reply
answer_as_reply(const struct answer *answer, const struct answer_address *address)
{
    const struct entry *entry = answer->entry;
    enum decision decision = address->is_payer ? answer->payer_decision : answer->others_decision;

    return (struct cache_reply){
        .status = answer->status,
        .http_status = answer->http_status,
        .decision = decision,
        .level = answer->level,
        .created_wall_ms = answer->times.created_wall_ms,
        .expires_wall_ms = answer->times.expires_wall_ms,
        .stale_until_wall_ms = answer->times.stale_until_wall_ms,
        .cost_micro_usd = decision == DECISION_MISS ? answer->cost_micro_usd : 0,
        .saved_micro_usd = entry != NULL ? entry->price_micro_usd : 0,
        .purge_number = entry != NULL ? entry->purge_number : 0,
        .may_keep = answer->may_keep,
        .retry_after_s = answer->retry_after_s,
        .route = bytes_of_text(address->route),
        .cache_key = bytes_of_text(address->cache_key),
        .signature = address->signature,
        .headers = entry != NULL ? entry->headers : bytes_of(NULL, 0),
        .detail = bytes_of_text(answer->detail),
    };
}
