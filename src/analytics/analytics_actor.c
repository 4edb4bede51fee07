/* analytics_actor.c - messages in, accounts moved, replies after the commit; what is counted for the heartbeats.
 *
 * Handlers run inside the one transaction of their run of messages (group_commit.c). A statement that fails fails the whole run:
 * nothing of it is stored, everybody is told STORAGE and asks again; marks and call ids make asking again harmless. */
#include "analytics_state.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/dates.h"
#include "base/log.h"
#include "metrics.h"

#define TICK_MS  100
#define COUNT_MS 2000
#define TRY_MS   1000
/* Most that one lease may bring beyond what is needed; the database grants at most 1 % of what is left then. */
#define LEASE_WANTED 1000

static enum status
move_quota(struct analytics *self, const struct quota_lease *lease, struct message *reply)
{
    struct quota_grant *grant = &reply->u.QUOTA_GRANT;
    struct quota_refusal refusal;
    int64_t now_us = clock_wall_us();
    int64_t needed = lease->needed > 1 ? lease->needed : 1;
    enum status status;

    if (lease->returned > 0)
        return quota_return(self->accounts, lease->api_key_id, lease->window_day, lease->returned);
    status = quota_lease(self->accounts, lease->api_key_id, needed,
                         needed > LEASE_WANTED ? needed : LEASE_WANTED, now_us, &grant->granted,
                         &grant->window_day, &refusal);
    grant->expires_wall_ms = (grant->window_day + 1) * (DATES_US_OF_DAY / 1000);
    if (status == STATUS_OK && grant->granted == 0) {
        reply->status = STATUS_QUOTA_EXCEEDED;
        grant->retry_after_s = refusal.retry_at_wall_us > now_us
                                   ? (refusal.retry_at_wall_us - now_us) / 1000000 + 1
                                   : 1;
        grant->is_monthly = refusal.is_monthly;
        grant->limit = refusal.limit;
        grant->used = refusal.used;
    }
    self->leases += grant->granted > 0;
    return status;
}

static void
on_quota_lease(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct quota_lease *lease = &message->u.QUOTA_LEASE;
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_QUOTA_GRANT, (struct bytes){0});
    struct message *reply = &deferred_reply->reply;
    enum status status;

    reply->u.QUOTA_GRANT.api_key_id = lease->api_key_id;
    status = group_commit_open(self) ? move_quota(self, lease, reply) : STATUS_STORAGE;
    if (status == STATUS_NOT_FOUND)
        reply->status = STATUS_NOT_FOUND;
    else if (status != STATUS_OK)
        group_commit_fail(self);
}

static void
after_drain(void *state)
{
    group_commit_close(state);
}

struct day_responses {
    int64_t hits, all;
};

static void
add_responses(void *context, const struct usage_total *total)
{
    struct day_responses *responses = context;

    responses->hits += total->hits + total->stale;
    responses->all += total->hits + total->stale + total->collapsed + total->misses;
}

/* Counts keys and responses for the heartbeats: nobody needs to ask it while it is busy. Counting also shows that the database can be read. */
static void
count_stored(struct analytics *self, int64_t now_mono_ms)
{
    int64_t now_us = clock_wall_us(), active;
    struct day_responses responses = {0};

    self->counted_at_ms = now_mono_ms;
    if (key_count_active(self->accounts, now_us, &active) != STATUS_OK ||
        usage_totals(self->accounts, "", now_us - DATES_US_OF_DAY, add_responses, &responses) !=
            STATUS_OK) {
        self->is_healthy = false;
        return;
    }
    metric_set(METRIC_ACTIVE_KEYS, active);
    metric_set(METRIC_HITS_24H, responses.hits);
    metric_set(METRIC_ANSWERS_24H, responses.all);
}

/* Nobody may come any more to find out that it is well again. An empty transaction would come through on a full disk. */
static void
try_database(struct analytics *self, int64_t now_mono_ms)
{
    self->tried_at_ms = now_mono_ms;
    if (group_commit_open(self) && accounts_probe(self->accounts) != STATUS_OK)
        group_commit_fail(self);
    group_commit_close(self);
}

static void
publish_load(const struct analytics *self)
{
    struct worker_pool_load load = worker_pool_load(self->reports);

    metric_set(METRIC_ACCOUNTS_IN_USE, (int64_t)load.busy);
    metric_set(METRIC_ACCOUNTS_IDLE, (int64_t)load.idle);
    metric_set(METRIC_ACCOUNTS_WAITING, (int64_t)load.waiting);
}

/* One slice, unless rows rest. Returns when to come again. While rows wait to be stored, old ones are deleted at each tick's
 * time only. */
static int64_t
work_on_rows(struct analytics *self, int64_t now_mono_ms)
{
    int64_t rest_ms = slice_pace_rest_ms(&self->pace, now_mono_ms);
    bool has_runs, has_old;

    if (rest_ms > 0)
        return rest_ms < TICK_MS ? rest_ms : TICK_MS;
    has_runs = usage_ingest_work(self);
    has_old = retention_work(self, now_mono_ms);
    if (has_old && has_runs)
        self->forget_at_ms += TICK_MS;
    return has_runs || has_old ? 0 : TICK_MS;
}

static int64_t
analytics_tick(void *state, int64_t now_mono_ms)
{
    struct analytics *self = state;

    key_publish_finish_due(self, now_mono_ms);
    if (self->counted_at_ms == 0 || now_mono_ms - self->counted_at_ms >= COUNT_MS)
        count_stored(self, now_mono_ms);
    if (!self->is_healthy && now_mono_ms - self->tried_at_ms >= TRY_MS)
        try_database(self, now_mono_ms);
    publish_load(self);
    return work_on_rows(self, now_mono_ms);
}

static void
on_reports_done(void *state, int fd)
{
    struct analytics *self = state;

    (void)fd;
    worker_pool_reap(self->reports);
}

static bool
analytics_is_busy(void *state)
{
    const struct analytics *self = state;

    return !TAILQ_EMPTY(&self->runs);
}

static struct actor_health
analytics_health(void *state)
{
    const struct analytics *self = state;

    return (struct actor_health){
        .is_healthy = self->is_healthy,
        .version = self->key_version,
        .latency_us = self->latency_us,
        .detail = self->is_healthy ? "" : "the last transaction failed",
    };
}

static void
analytics_destroy(void *state)
{
    struct analytics *self = state;

    if (self->accounts != NULL)
        group_commit_close(self);
    usage_ingest_drop(self);
    if (self->reports != NULL)
        worker_pool_destroy(&self->reports);
    accounts_close(&self->accounts);
    free(self);
}

static void *
analytics_create(struct actor *actor, const struct config *config, void *argument)
{
    struct analytics *self = calloc(1, sizeof *self);

    (void)argument;
    if (self == NULL)
        return NULL;
    self->actor = actor;
    self->config = config;
    self->is_healthy = true;
    self->latency_us = -1;
    TAILQ_INIT(&self->runs);
    if (accounts_open(config, STORAGE_READ_WRITE, &self->accounts) != STATUS_OK ||
        key_version(self->accounts, &self->key_version) != STATUS_OK ||
        (self->reports = report_jobs_create(self)) == NULL ||
        !actor_watch(actor, worker_pool_fd(self->reports), on_reports_done)) {
        analytics_destroy(self);
        return NULL;
    }
    return self;
}

static const struct actor_route routes[] = {
    {MSG_USAGE_BATCH, usage_ingest_take},       {MSG_LEDGER_OPEN, ledger_calls_open},
    {MSG_LEDGER_RESERVE, ledger_calls_reserve}, {MSG_LEDGER_SETTLE, ledger_calls_settle},
    {MSG_QUOTA_LEASE, on_quota_lease},          {MSG_KEYS_SYNC, key_publish_sync},
    {MSG_KEY_CONFIRM, key_publish_confirm},     {MSG_KEY_CREATE, key_publish_change},
    {MSG_KEY_UPDATE, key_publish_change},       {MSG_KEY_DELETE, key_publish_change},
    {MSG_KEY_ROTATE, key_publish_change},       {MSG_REPORT_GET, report_jobs_submit},
    {MSG_LIMITS_SAVE, limit_rows_save},         {MSG_LIMITS_GET, limit_rows_tell},
};

static const enum actor_id peers[] = {ACTOR_CACHE};

const struct actor_class analytics_actor = {
    .name = "analytics",
    .id = ACTOR_ANALYTICS,
    .has_inbox = true,
    ACTOR_PEERS(peers),
    .create = analytics_create,
    .destroy = analytics_destroy,
    ACTOR_ROUTES(routes),
    .tick = analytics_tick,
    .after_drain = after_drain,
    .is_busy = analytics_is_busy,
    .health = analytics_health,
};
