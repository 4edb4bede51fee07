/* admission.c - buckets first (in memory), then the quota lease. */
#include "admission.h"

#include "clock.h"
#include "log.h"
#include "metrics.h"

#define LEASE_TIMEOUT_MS 2000

static void
refuse(struct admission *admission, enum status status, const char *policy, const struct rate *rate,
       int64_t retry_after_ms)
{
    admission->status = status;
    admission->policy = policy;
    if (rate != NULL)
        admission->rate = *rate;
    admission->retry_after_s = (retry_after_ms + 999) / 1000;
    if (admission->retry_after_s < 1)
        admission->retry_after_s = 1;
}

static bool
take_buckets(const struct exchange *exchange, const struct key_entry *entry, int64_t now_ns,
             struct admission *admission)
{
    const struct rate *rate = &entry->routes[exchange->match.limit_index];
    struct bucket *bucket = &entry->state->routes[exchange->match.limit_index];
    struct bucket_result taken = bucket_take(&entry->state->global, &entry->global, 1, now_ns);

    if (!taken.is_admitted) {
        refuse(admission, STATUS_RATE_LIMITED, "global", &entry->global, taken.retry_after_ms);
        return false;
    }
    taken = bucket_take(bucket, rate, 1, now_ns);
    if (!taken.is_admitted) {
        bucket_give_back(&entry->state->global, &entry->global, 1);
        refuse(admission, STATUS_RATE_LIMITED, "endpoint", rate, taken.retry_after_ms);
        return false;
    }
    return true;
}

/* One of the lease, if it is of now and not used up. Pinned. */
static bool
take_quota(struct key_quota *quota)
{
    int64_t left = atomic_load_explicit(&quota->left, memory_order_relaxed);

    if (atomic_load_explicit(&quota->expires_wall_ms, memory_order_acquire) <=
        clock_wall_coarse_ms())
        return false;
    while (left > 0)
        if (atomic_compare_exchange_weak_explicit(&quota->left, &left, left - 1,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return true;
    return false;
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

static void
ask_lease(struct exchange *exchange, struct admission *admission)
{
    struct message request = {
        .kind = MSG_QUOTA_LEASE,
        .request_id = bytes_of_text(exchange->request_id),
        .u.QUOTA_LEASE = {.api_key_id = exchange->api_key_id},
    };
    struct message reply;
    const struct quota_grant *grant = &reply.u.QUOTA_GRANT;

    if (worker_ask(exchange->worker, ACTOR_ANALYTICS, &request, LEASE_TIMEOUT_MS, &reply) !=
        STATUS_OK)
        return;
    if (reply.kind == MSG_QUOTA_GRANT && grant->status == STATUS_OK && grant->granted > 0)
        add_grant(exchange, grant);
    else if (reply.kind == MSG_QUOTA_GRANT && grant->status == STATUS_QUOTA_EXCEEDED)
        refuse(admission, STATUS_QUOTA_EXCEEDED, "quota", NULL, grant->retry_after_s * 1000);
    worker_done(exchange->worker, ACTOR_ANALYTICS);
}

void
admission_take(struct exchange *exchange, const struct key_entry *entry, int64_t now_ns,
               struct admission *admission)
{
    bool is_enabled = exchange->worker->gateway->config->limits.enabled;
    bool is_admitted = !is_enabled || take_buckets(exchange, entry, now_ns, admission);
    bool needs_lease = is_admitted && entry->has_quota && !take_quota(&entry->state->quota);

    epoch_leave(exchange->worker->epoch);
    if (is_admitted)
        admission->status = STATUS_OK;
    if (needs_lease)
        ask_lease(exchange, admission);
    if (admission->status == STATUS_RATE_LIMITED)
        metric_add(METRIC_RATE_LIMITED, 1);
    else if (admission->status == STATUS_QUOTA_EXCEEDED)
        metric_add(METRIC_QUOTA_EXCEEDED, 1);
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
