/* admission.c - window and buckets first (in memory), then the quota lease. */
#include "access/admission.h"

#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"

#define LEASE_TIMEOUT_MS 2000

static int64_t
seconds_of(int64_t ms)
{
    return ms > 1000 ? (ms + 999) / 1000 : 1;
}

/* What a claim is made on: the window of all endpoints, or the bucket of one. */
struct limit {
    struct window *window; /* NULL: there is no global limit, or this is no global one */
    struct bucket *bucket; /* NULL: this is the global one */
    const struct rate *rate;
    const char *policy;
};

static struct limit
limit_of(const struct key_entry *entry, size_t limit_index)
{
    if (limit_index == ADMISSION_GLOBAL)
        return (struct limit){
            .window = entry->global_window, .rate = &entry->global_rate, .policy = "global"};
    return (struct limit){.bucket = &entry->state->endpoint_buckets[limit_index],
                          .rate = &entry->endpoint_rates[limit_index],
                          .policy = "endpoint"};
}

/* part: of a window. */
static struct bucket_result
take_of_limit(const struct limit *limit, int64_t tokens, int64_t now_ns, int64_t *part)
{
    if (limit->bucket != NULL)
        return bucket_take(limit->bucket, limit->rate, tokens, now_ns);
    if (limit->window != NULL)
        return window_take(limit->window, limit->rate, tokens, now_ns, part);
    return (struct bucket_result){.is_admitted = true};
}

static void
give_back_to_limit(const struct limit *limit, int64_t tokens, int64_t part)
{
    if (limit->bucket != NULL)
        bucket_give_back(limit->bucket, limit->rate, tokens);
    else if (limit->window != NULL)
        window_give_back(limit->window, tokens, part);
}

static void
refuse_rate(struct admission *admission, const struct limit *limit, int64_t tokens,
            const struct bucket_result *result)
{
    *admission = (struct admission){.status = STATUS_RATE_LIMITED,
                                    .is_window = limit->window != NULL,
                                    .policy = limit->policy,
                                    .rate = *limit->rate,
                                    .remaining = result->remaining,
                                    .exceeds_limit = tokens > limit->rate->count,
                                    .reset_s = seconds_of(result->reset_ms),
                                    .retry_after_s = seconds_of(result->retry_after_ms)};
}

static void
note_pace(struct exchange *exchange, const struct limit *limit, const struct bucket_result *result)
{
    if (limit->rate->count == 0 ||
        (exchange->rate_limit > 0 && exchange->rate_remaining <= result->remaining))
        return;
    exchange->rate_limit = limit->rate->count;
    exchange->rate_remaining = result->remaining;
    exchange->rate_reset_ms = result->reset_ms;
}

/* Seldom more than a look: limit_records_collect looks now and then. Sequentially consistent, so that either it sees what was
 * taken, or this sees that it looked. */
static void
note_change(struct key_state *state)
{
    if (!atomic_load(&state->is_changed))
        atomic_store(&state->is_changed, true);
}

/* All, or none and the refusal of the first that has not enough. The global limit is claimed once at most. */
static bool
take_limits(struct exchange *exchange, const struct key_entry *entry,
            const struct admission_claim *claims, size_t count, int64_t now_ns,
            struct admission *admission)
{
    int64_t part = 0;

    for (size_t i = 0; i < count; i++) {
        struct limit limit = limit_of(entry, claims[i].limit_index);
        struct bucket_result result;

        if (claims[i].tokens == 0)
            continue;
        result = take_of_limit(&limit, claims[i].tokens, now_ns, &part);
        if (result.is_admitted) {
            note_pace(exchange, &limit, &result);
            continue;
        }
        refuse_rate(admission, &limit, claims[i].tokens, &result);
        while (i-- > 0) {
            limit = limit_of(entry, claims[i].limit_index);
            if (claims[i].tokens > 0)
                give_back_to_limit(&limit, claims[i].tokens, part);
        }
        return false;
    }
    note_change(entry->state);
    return true;
}

/* At most wanted of the lease, if it is of now. How many. */
static int64_t
take_lease(struct key_quota *quota, int64_t wanted)
{
    int64_t left = atomic_load_explicit(&quota->left, memory_order_relaxed);

    if (atomic_load_explicit(&quota->expires_wall_ms, memory_order_acquire) <=
        clock_wall_coarse_ms())
        return 0;
    while (left > 0) {
        int64_t taken = left < wanted ? left : wanted;

        if (atomic_compare_exchange_weak_explicit(&quota->left, &left, left - taken,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return taken;
    }
    return 0;
}

/* A grant of another day replaces what is left of the old one, which has lapsed. */
static void
add_lease(struct key_quota *quota, const struct quota_grant *grant, int64_t unused)
{
    int64_t lapsed = atomic_load(&quota->left); /* only that: another worker may add its grant */

    if (atomic_exchange(&quota->day, grant->window_day) != grant->window_day)
        atomic_fetch_sub(&quota->left, lapsed);
    atomic_fetch_add(&quota->left, unused);
    atomic_store_explicit(&quota->expires_wall_ms, grant->expires_wall_ms, memory_order_release);
}

/* What the asker does not use of a grant (NULL: of the lease of now) is there for others; nobody's when the key is gone. */
static void
share_unused(const struct exchange *exchange, const struct quota_grant *grant, int64_t unused)
{
    const struct key_entry *entry;

    epoch_enter(exchange->worker->epoch);
    entry = key_table_find(exchange->worker->gateway->keys, exchange->key_hash);
    if (entry != NULL && grant != NULL)
        add_lease(&entry->state->quota, grant, unused);
    else if (entry != NULL)
        atomic_fetch_add(&entry->state->quota.left, unused);
    epoch_leave(exchange->worker->epoch);
}

/* What others left of the lease of now, at most wanted. */
static int64_t
take_shared(const struct exchange *exchange, int64_t wanted)
{
    const struct key_entry *entry;
    int64_t taken = 0;

    epoch_enter(exchange->worker->epoch);
    entry = key_table_find(exchange->worker->gateway->keys, exchange->key_hash);
    if (entry != NULL)
        taken = take_lease(&entry->state->quota, wanted);
    epoch_leave(exchange->worker->epoch);
    return taken;
}

/* Asks for a new lease of wanted at least. How many of it are the asker's; 0: refused, or analytics is away and nobody
 * counts. */
static int64_t
ask_lease(struct exchange *exchange, int64_t wanted, struct admission *admission)
{
    struct message request = {
        .kind = MSG_QUOTA_LEASE,
        .request_id = bytes_of_text(exchange->request_id),
        .u.QUOTA_LEASE = {.api_key_id = exchange->api_key_id, .needed = wanted},
    };
    struct message reply;
    const struct quota_grant *grant = &reply.u.QUOTA_GRANT;
    int64_t used = 0;

    if (worker_ask(exchange->worker, ACTOR_ANALYTICS, &request, LEASE_TIMEOUT_MS, &reply) !=
        STATUS_OK)
        return 0;
    if (reply.kind == MSG_QUOTA_GRANT && reply.status == STATUS_OK && grant->granted > 0) {
        used = grant->granted < wanted ? grant->granted : wanted;
        share_unused(exchange, grant, grant->granted - used);
    } else if (reply.kind == MSG_QUOTA_GRANT && reply.status == STATUS_QUOTA_EXCEEDED) {
        *admission =
            (struct admission){.status = STATUS_QUOTA_EXCEEDED,
                               .policy = grant->is_monthly ? "monthly-quota" : "daily-quota",
                               .quota_limit = grant->limit,
                               .quota_used = grant->used,
                               .retry_after_s = seconds_of(grant->retry_after_s * 1000)};
    }
    worker_done(exchange->worker, ACTOR_ANALYTICS);
    return used;
}

/* What is missing is leased at once or not at all. Refused: what was taken goes back, since others may be enough with it; and
 * a request for many asks once more, with what those others gave back. While something is left it is worth trying soon. */
static void
take_quota(struct exchange *exchange, int64_t taken, int64_t wanted, struct admission *admission)
{
    for (int tries = wanted > 1 ? 2 : 1; tries > 0 && taken < wanted; tries--) {
        bool was_some_left = taken > 0;

        admission->status = STATUS_OK;
        if (ask_lease(exchange, wanted - taken, admission) > 0 ||
            admission->status != STATUS_QUOTA_EXCEEDED)
            return;
        if (was_some_left) {
            share_unused(exchange, NULL, taken);
            admission->retry_after_s = 1;
        }
        taken = tries > 1 ? take_shared(exchange, wanted) : 0;
    }
    if (taken >= wanted)
        admission->status = STATUS_OK;
}

static void
count_refusal(const struct admission *admission)
{
    if (admission->status == STATUS_RATE_LIMITED)
        metric_add(METRIC_RATE_LIMITED, 1);
    else if (admission->status == STATUS_QUOTA_EXCEEDED)
        metric_add(METRIC_QUOTA_EXCEEDED, 1);
}

struct admission
admission_take(struct exchange *exchange, const struct admission_claim *claims, size_t count,
               int64_t requests)
{
    struct gateway *gateway = exchange->worker->gateway;
    struct admission admission = {.status = STATUS_OK};
    const struct key_entry *entry;
    bool has_quota = false;
    int64_t taken = 0;

    epoch_enter(exchange->worker->epoch);
    entry = key_table_find(gateway->keys, exchange->key_hash);
    if (entry == NULL)
        admission.status = STATUS_UNAUTHORIZED;
    else if (!gateway->config->limits.enabled ||
             take_limits(exchange, entry, claims, count, clock_steady_ns(exchange->started_ns),
                         &admission))
        has_quota = entry->has_quota;
    if (has_quota)
        taken = take_lease(&entry->state->quota, requests);
    epoch_leave(exchange->worker->epoch);
    if (has_quota)
        take_quota(exchange, taken, requests, &admission);
    if (admission.status != STATUS_OK)
        exchange->rate_limit = 0; /* what refused says more */
    count_refusal(&admission);
    return admission;
}

struct returning {
    struct mailbox *mailbox;
    int64_t deadline_ms;
};

static void
return_one(void *context, const struct key_entry *entry)
{
    struct returning *returning = context;
    struct message reply;
    struct message request = {
        .kind = MSG_QUOTA_LEASE,
        .u.QUOTA_LEASE =
            {
                .api_key_id = entry->api_key_id,
                .returned = atomic_exchange(&entry->state->quota.left, 0),
                .window_day = atomic_load(&entry->state->quota.day),
            },
    };
    int64_t left_ms = returning->deadline_ms - clock_mono_ms();

    if (request.u.QUOTA_LEASE.returned <= 0 || left_ms <= 0)
        return;
    if (mailbox_ask(returning->mailbox, &request, left_ms, &reply) == STATUS_OK)
        mailbox_done(returning->mailbox);
}

void
admission_return_leases(struct gateway *gateway, int64_t timeout_ms)
{
    struct returning returning = {
        .mailbox = mailbox_create(gateway->system, ACTOR_GATEWAY, ACTOR_ANALYTICS),
        .deadline_ms = clock_mono_ms() + timeout_ms,
    };

    if (returning.mailbox == NULL)
        return;
    key_table_each(gateway->keys, return_one, &returning);
    mailbox_destroy(&returning.mailbox);
}
