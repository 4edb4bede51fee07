/* analytics_actor.c - messages in, accounts moved, answers after the commit.
 *
 * Handlers run inside the one transaction of their run of messages (batch.c). A statement that fails fails the whole run:
 * nothing of it is stored, everybody is told STORAGE and asks again; marks and call ids make asking again harmless. */
#include "analytics_private.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "keys/key_changes.h"
#include "metrics.h"

#define TICK_MS 100
#define LEASE_WANTED                                                                               \
    1000 /* most that one lease may bring; the database grants at most 1 % of what is left */
#define NICE       5 /* storing may wait for answering */
#define US_PER_DAY 86400000000LL

static void
on_usage_batch(void *state, const struct message *message, const struct sender *from)
{
    usage_ingest_take(state, message, from);
}

/* ledger */

static void
on_ledger_open(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct ledger_open *open = &message->u.LEDGER_OPEN;
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_LEDGER_OPENED, open->instance);

    if (!group_commit_open(self) ||
        ledger_abandon(self->accounts, deferred_reply->text, open->epoch, clock_wall_us(),
                       &deferred_reply->reply.u.LEDGER_OPENED.unknown_count) != STATUS_OK)
        group_commit_fail(self);
}

static void
fill_ledger_row(struct ledger_row *row, const struct ledger_reserve *reserve)
{
    bytes_copy_text(reserve->call_id, row->call_id, sizeof row->call_id);
    bytes_copy_text(reserve->instance, row->instance, sizeof row->instance);
    bytes_copy_text(reserve->route, row->route, sizeof row->route);
    row->epoch = reserve->epoch;
    row->api_key_id = reserve->api_key_id;
    row->reason = reserve->reason;
    row->price_micro_usd = reserve->price_micro_usd;
    row->reserved_wall_us = clock_wall_us();
}

static void
on_ledger_reserve(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct ledger_reserve *reserve = &message->u.LEDGER_RESERVE;
    struct ledger_row row = {0};
    enum status status = STATUS_STORAGE;

    group_commit_defer_reply(self, from, MSG_LEDGER_RESERVED, reserve->call_id);
    fill_ledger_row(&row, reserve);
    if (group_commit_open(self))
        status = ledger_reserve(self->accounts, &row);
    self->ledger_rows += status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_CONFLICT)
        group_commit_fail(self);
}

static void
on_ledger_settle(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct ledger_settle *settle = &message->u.LEDGER_SETTLE;
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_LEDGER_SETTLED, settle->call_id);
    enum status status = STATUS_STORAGE;

    if (settle->charge == CHARGE_RESERVED) {
        deferred_reply->reply.status = STATUS_MALFORMED;
        return;
    }
    if (group_commit_open(self))
        status =
            ledger_settle(self->accounts, deferred_reply->text, settle->charge, settle->http_status,
                          settle->cost_micro_usd, settle->duration_us, clock_wall_us());
    deferred_reply->reply.status = status;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        group_commit_fail(self);
}

/* quotas */

static enum status
move_quota(struct analytics *self, const struct quota_lease *lease, struct message *reply)
{
    struct quota_grant *grant = &reply->u.QUOTA_GRANT;
    int64_t now_us = clock_wall_us(), retry_at_us = 0;
    enum status status;

    if (lease->returned > 0)
        return quota_return(self->accounts, lease->api_key_id, lease->window_day, lease->returned);
    status = quota_lease(self->accounts, lease->api_key_id, LEASE_WANTED, now_us, &grant->granted,
                         &grant->window_day, &retry_at_us);
    grant->expires_wall_ms = (grant->window_day + 1) * (US_PER_DAY / 1000);
    if (status == STATUS_OK && grant->granted == 0) {
        reply->status = STATUS_QUOTA_EXCEEDED;
        grant->retry_after_s = (retry_at_us - now_us) / 1000000 + 1;
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

/* keys */

static struct key_change *
free_change(struct analytics *self)
{
    for (size_t i = 0; i < KEY_CHANGES_MAX; i++)
        if (self->key_changes[i].deadline_ms == 0)
            return &self->key_changes[i];
    return NULL;
}

/* Says nothing against the database. */
static bool
is_refusal(enum status status)
{
    return status == STATUS_CONFLICT || status == STATUS_NOT_FOUND ||
           status == STATUS_INVALID_PARAMETER;
}

/* A replay is pushed and confirmed like a change: who asks again finds it known everywhere, too. */
static enum status
analytics_apply(struct analytics *self, const struct message *message, struct key_change *change)
{
    int64_t now_us = clock_wall_us();
    enum status status = key_changes_find_made(self->accounts, message, now_us, &change->row);

    change->is_replay = status == STATUS_OK;
    return status == STATUS_NOT_FOUND
               ? key_changes_apply(self->accounts, message, now_us, &change->row)
               : status;
}

static enum status
change_key(struct analytics *self, const struct message *message, struct key_change *change)
{
    enum status status =
        group_commit_open(self) ? analytics_apply(self, message, change) : STATUS_STORAGE;

    if (status == STATUS_OK)
        status = key_version(self->accounts, &change->version);
    if (status == STATUS_OK) {
        self->key_version = change->version;
        self->counted_at_ms = 0;
        change->deadline_ms = clock_mono_ms() + self->config->cache.confirm_timeout_ms;
    } else if (!is_refusal(status)) {
        group_commit_fail(self);
    }
    return status;
}

static void
on_key_change(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    struct key_change *change = free_change(self);
    enum status status = STATUS_OVERLOADED;

    if (change != NULL) {
        *change = (struct key_change){.to = *from, .is_deletion = message->kind == MSG_KEY_DELETE};
        status = change_key(self, message, change);
    }
    if (status != STATUS_OK)
        group_commit_defer_reply(self, from, MSG_REPORT_REPLY, (struct bytes){0})->reply.status =
            status;
}

static void
on_keys_sync(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct keys_sync *sync = &message->u.KEYS_SYNC;

    group_commit_close(
        self); /* the snapshot must hold what is being committed, and nothing that fails */
    if (sync->after_id == 0)
        gateways_add(&self->gateways, sync->gateway_id, from);
    key_publish_snapshot(self, from, sync->after_id);
}

static void
on_key_confirm(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct key_confirm *confirm = &message->u.KEY_CONFIRM;

    (void)from;
    gateways_confirm(&self->gateways, confirm->gateway_id, confirm->version);
    key_publish_look(self, clock_mono_ms());
}

static void
on_report_get(void *state, const struct message *message, const struct sender *from)
{
    reports_submit(state, &message->u.REPORT_GET, from);
}

/* life */

static void
after_drain(void *state)
{
    group_commit_close(state);
}

static int64_t
analytics_tick(void *state, int64_t now_mono_ms)
{
    struct analytics *self = state;

    key_publish_look(self, now_mono_ms);
    housekeeping_tick(self, now_mono_ms);
    return TICK_MS;
}

static void
on_reports_done(void *state, int fd)
{
    struct analytics *self = state;

    (void)fd;
    worker_pool_reap(self->reports);
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
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    if (accounts_open(config, STORAGE_READ_WRITE, &self->accounts) != STATUS_OK ||
        key_version(self->accounts, &self->key_version) != STATUS_OK ||
        (self->reports = reports_create(self)) == NULL ||
        !actor_watch(actor, worker_pool_fd(self->reports), on_reports_done)) {
        analytics_destroy(self);
        return NULL;
    }
    return self;
}

static const struct actor_route routes[] = {
    {MSG_USAGE_BATCH, on_usage_batch},       {MSG_LEDGER_OPEN, on_ledger_open},
    {MSG_LEDGER_RESERVE, on_ledger_reserve}, {MSG_LEDGER_SETTLE, on_ledger_settle},
    {MSG_QUOTA_LEASE, on_quota_lease},       {MSG_KEYS_SYNC, on_keys_sync},
    {MSG_KEY_CONFIRM, on_key_confirm},       {MSG_KEY_CREATE, on_key_change},
    {MSG_KEY_UPDATE, on_key_change},         {MSG_KEY_DELETE, on_key_change},
    {MSG_REPORT_GET, on_report_get},
};

static const enum actor_id peers[] = {ACTOR_CACHE};

const struct actor_class analytics_actor = {
    .name = "analytics",
    .id = ACTOR_ANALYTICS,
    .has_inbox = true,
    .peers = peers,
    .peer_count = COUNT(peers),
    .create = analytics_create,
    .destroy = analytics_destroy,
    .routes = routes,
    .route_count = COUNT(routes),
    .tick = analytics_tick,
    .after_drain = after_drain,
    .health = analytics_health,
};
