/* retention.c - old rows are deleted, a few at a time, so that nobody waits for it. What was added up of them stays. */
#include "analytics_state.h"

#include "base/clock.h"
#include "base/dates.h"
#include "metrics.h"

#define FORGET_ROWS    250
#define FORGET_LOOK_MS 10000 /* where nothing was old the last time */

/* days: 0 for ever. */
static enum status
forget(struct analytics *self, forget_rows *of_table, int64_t days, int64_t *deleted)
{
    *deleted = 0;
    if (days == 0)
        return STATUS_OK;
    return of_table(self->accounts, clock_wall_us() - days * DATES_US_OF_DAY, FORGET_ROWS, deleted);
}

bool
retention_work(struct analytics *self, int64_t now_mono_ms)
{
    int64_t usage_rows = 0, ledger_rows = 0, limit_rows = 0;

    if (now_mono_ms < self->forget_at_ms)
        return false;
    if (!group_commit_open(self) ||
        forget(self, usage_forget, self->config->analytics.usage_rows_days, &usage_rows) !=
            STATUS_OK ||
        forget(self, ledger_forget, self->config->analytics.ledger_rows_days, &ledger_rows) !=
            STATUS_OK ||
        limit_forget(self->accounts, clock_wall_us(), FORGET_ROWS, &limit_rows) != STATUS_OK)
        group_commit_fail(self);
    self->deleted_rows += usage_rows + ledger_rows;
    group_commit_close(self);
    self->forget_at_ms = now_mono_ms;
    if (usage_rows < FORGET_ROWS && ledger_rows < FORGET_ROWS && limit_rows < FORGET_ROWS)
        self->forget_at_ms += FORGET_LOOK_MS;
    return self->forget_at_ms == now_mono_ms;
}
