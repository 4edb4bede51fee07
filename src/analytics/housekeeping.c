/* housekeeping.c - what the analytics actor says of itself and its database with every heartbeat: nobody needs to ask it while it is busy. */
#include "analytics_private.h"

#include "base/clock.h"
#include "metrics.h"

#define COUNT_MS   2000
#define TRY_MS     1000
#define US_PER_DAY 86400000000LL

struct day_answers {
    int64_t hits, all;
};

static void
add_answers(void *context, const struct usage_total *total)
{
    struct day_answers *answers = context;

    answers->hits += total->hits + total->stale;
    answers->all += total->hits + total->stale + total->collapsed + total->misses;
}

/* Counting also shows that the database can be read. */
static void
count_stored(struct analytics *self, int64_t now_mono_ms)
{
    int64_t now_us = clock_wall_us(), active;
    struct day_answers answers = {0};

    self->counted_at_ms = now_mono_ms;
    if (key_count_active(self->accounts, now_us, &active) != STATUS_OK ||
        usage_totals(self->accounts, "", now_us - US_PER_DAY, add_answers, &answers) != STATUS_OK) {
        self->is_healthy = false;
        return;
    }
    metric_set(METRIC_ACTIVE_KEYS, active);
    metric_set(METRIC_HITS_24H, answers.hits);
    metric_set(METRIC_ANSWERS_24H, answers.all);
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
housekeeping_publish(const struct analytics *self)
{
    struct worker_pool_load load = worker_pool_load(self->reports);

    metric_set(METRIC_ACCOUNTS_IN_USE, (int64_t)load.busy);
    metric_set(METRIC_ACCOUNTS_IDLE, (int64_t)load.idle);
    metric_set(METRIC_ACCOUNTS_WAITING, (int64_t)load.waiting);
}

void
housekeeping_tick(struct analytics *self, int64_t now_mono_ms)
{
    if (self->counted_at_ms == 0 || now_mono_ms - self->counted_at_ms >= COUNT_MS)
        count_stored(self, now_mono_ms);
    if (!self->is_healthy && now_mono_ms - self->tried_at_ms >= TRY_MS)
        try_database(self, now_mono_ms);
    housekeeping_publish(self);
}
