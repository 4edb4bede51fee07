/* admission.c - buckets first (in memory), then the quota lease. */
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

/* So many tokens of one bucket. */
struct claim {
    struct bucket *bucket;
    const struct rate *rate;
    const char *policy;
    int64_t tokens; /* 0: nothing is claimed */
};

static struct claim
claim_global(const struct key_entry *entry, int64_t tokens)
{
    return (struct claim){&entry->state->global, &entry->global, "global", tokens};
}

static struct claim
claim_endpoint(const struct key_entry *entry, size_t limit_index, int64_t tokens)
{
    return (struct claim){&entry->state->routes[limit_index], &entry->routes[limit_index],
                          "endpoint", tokens};
}

static void
refuse_rate(struct admission *admission, const struct claim *claim,
            const struct bucket_result *taken)
{
    *admission = (struct admission){.status = STATUS_RATE_LIMITED,
                                    .policy = claim->policy,
                                    .rate = *claim->rate,
                                    .remaining = taken->remaining,
                                    .exceeds_limit = claim->tokens > claim->rate->count,
                                    .reset_s = seconds_of(taken->reset_ms),
                                    .retry_after_s = seconds_of(taken->retry_after_ms)};
}

/* All, or none and the refusal of the first that has not enough. */
static bool
take_claims(const struct claim *claims, size_t count, int64_t now_ns, struct admission *admission)
{
    for (size_t i = 0; i < count; i++) {
        struct bucket_result taken;

        if (claims[i].tokens == 0)
            continue;
        taken = bucket_take(claims[i].bucket, claims[i].rate, claims[i].tokens, now_ns);
        if (taken.is_admitted)
            continue;
        refuse_rate(admission, &claims[i], &taken);
        while (i-- > 0)
            if (claims[i].tokens > 0)
                bucket_give_back(claims[i].bucket, claims[i].rate, claims[i].tokens);
        return false;
    }
    return true;
}

static bool
take_buckets(const struct exchange *exchange, const struct key_entry *entry, int64_t now_ns,
             struct admission *admission)
{
    const struct claim claims[] = {claim_global(entry, 1),
                                   claim_endpoint(entry, exchange->match.limit_index, 1)};

    return take_claims(claims, COUNT(claims), now_ns, admission);
}

/* At most wanted of the lease, if it is of now. Pinned. How many. */
static int64_t
take_quota(struct key_quota *quota, int64_t wanted)
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

/* A grant of another day replaces what is left of the old one, which has lapsed; the asker's own
 * one is taken off. */
static void
add_grant(struct exchange *exchange, const struct quota_grant *grant)
{
    const struct key_entry *entry;

    epoch_enter(exchange->worker->epoch);
    entry = key_table_find(exchange->worker->gateway->keys, exchange->key_hash);
    if (entry != NULL) {
        struct key_quota *quota = &entry->state->quota;
        int64_t lapsed =
            atomic_load(&quota->left); /* only that: another worker may add its grant */

        if (atomic_exchange(&quota->day, grant->window_day) != grant->window_day)
            atomic_fetch_sub(&quota->left, lapsed);
        atomic_fetch_add(&quota->left, grant->granted - 1);
        atomic_store_explicit(&quota->expires_wall_ms, grant->expires_wall_ms,
                              memory_order_release);
    }
    epoch_leave(exchange->worker->epoch);
}

/* True: one of a new lease is the asker's. False: refused, or analytics is away and nobody counts. */
static bool
ask_lease(struct exchange *exchange, struct admission *admission)
{
    struct message request = {
        .kind = MSG_QUOTA_LEASE,
        .request_id = bytes_of_text(exchange->request_id),
        .u.QUOTA_LEASE = {.api_key_id = exchange->api_key_id},
    };
    struct message reply;
    const struct quota_grant *grant = &reply.u.QUOTA_GRANT;
    bool is_granted;

    if (worker_ask(exchange->worker, ACTOR_ANALYTICS, &request, LEASE_TIMEOUT_MS, &reply) !=
        STATUS_OK)
        return false;
    is_granted = reply.kind == MSG_QUOTA_GRANT && grant->status == STATUS_OK && grant->granted > 0;
    if (is_granted)
        add_grant(exchange, grant);
    else if (reply.kind == MSG_QUOTA_GRANT && grant->status == STATUS_QUOTA_EXCEEDED)
        *admission = (struct admission){.status = STATUS_QUOTA_EXCEEDED,
                                        .policy = "quota",
                                        .retry_after_s = seconds_of(grant->retry_after_s * 1000)};
    worker_done(exchange->worker, ACTOR_ANALYTICS);
    return is_granted;
}

static void
count_refusal(const struct admission *admission)
{
    if (admission->status == STATUS_RATE_LIMITED)
        metric_add(METRIC_RATE_LIMITED, 1);
    else if (admission->status == STATUS_QUOTA_EXCEEDED)
        metric_add(METRIC_QUOTA_EXCEEDED, 1);
}

void
admission_take(struct exchange *exchange, const struct key_entry *entry, int64_t now_ns,
               struct admission *admission)
{
    bool is_enabled = exchange->worker->gateway->config->limits.enabled;
    bool is_admitted = !is_enabled || take_buckets(exchange, entry, now_ns, admission);
    bool needs_lease = is_admitted && entry->has_quota && take_quota(&entry->state->quota, 1) == 0;

    epoch_leave(exchange->worker->epoch);
    if (is_admitted)
        admission->status = STATUS_OK;
    if (needs_lease)
        (void)ask_lease(exchange, admission);
    count_refusal(admission);
}

/* Wanted more of the lease (negative: given back). Unpinned. How many were taken; 0 also when the key has no quota. */
static int64_t
move_quota(struct exchange *exchange, int64_t wanted)
{
    const struct key_entry *entry;
    int64_t taken = 0;

    epoch_enter(exchange->worker->epoch);
    entry = key_table_find(exchange->worker->gateway->keys, exchange->key_hash);
    if (entry != NULL && wanted < 0)
        atomic_fetch_sub(&entry->state->quota.left, wanted);
    else if (entry != NULL)
        taken = take_quota(&entry->state->quota, wanted);
    epoch_leave(exchange->worker->epoch);
    return taken;
}

/* Leases are small: a request for many takes several. Refused: what was taken goes back. */
static void
take_quotas(struct exchange *exchange, int64_t count, struct admission *admission)
{
    int64_t taken = 0;

    while (taken < count) {
        int64_t more = move_quota(exchange, count - taken);

        if (more == 0 && !ask_lease(exchange, admission))
            break;
        taken += more > 0 ? more : 1;
    }
    if (admission->status == STATUS_QUOTA_EXCEEDED && taken > 0)
        (void)move_quota(exchange, -taken);
}

void
admission_take_many(struct exchange *exchange, size_t limit_index, int64_t count, int64_t now_ns,
                    struct admission *admission)
{
    const struct key_entry *entry;
    int64_t requests = count > 0 ? count : 1;
    bool has_quota = false;

    epoch_enter(exchange->worker->epoch);
    entry = key_table_find(exchange->worker->gateway->keys, exchange->key_hash);
    admission->status = entry != NULL ? STATUS_OK : STATUS_UNAUTHORIZED;
    if (entry != NULL) {
        const struct claim claims[] = {claim_global(entry, requests),
                                       claim_endpoint(entry, exchange->match.limit_index, 1),
                                       claim_endpoint(entry, limit_index, count)};

        has_quota = (!exchange->worker->gateway->config->limits.enabled ||
                     take_claims(claims, COUNT(claims), now_ns, admission)) &&
                    entry->has_quota;
    }
    epoch_leave(exchange->worker->epoch);
    if (has_quota)
        take_quotas(exchange, requests, admission);
    count_refusal(admission);
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
