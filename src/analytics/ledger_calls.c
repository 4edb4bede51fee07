/* ledger_calls.c - paid calls in the ledger: it is opened by a start of the upstream actor, a call is reserved before it is made,
 * and settled as it ended; each is answered when it is committed. */
#include "analytics_state.h"

#include "base/clock.h"

void
ledger_calls_open(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct ledger_open *open = &message->u.LEDGER_OPEN;
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_LEDGER_OPENED, open->instance);

    if (!ledger_epochs_open(&self->epochs, open->epoch)) {
        deferred_reply->reply.status = STATUS_NOT_READY;
        return;
    }
    if (!group_commit_open(self) ||
        ledger_abandon(self->accounts, deferred_reply->text, open->epoch, clock_wall_us(),
                       &deferred_reply->reply.u.LEDGER_OPENED.unknown_count) != STATUS_OK)
        group_commit_fail(self);
}

static struct ledger_row
ledger_row_of(const struct ledger_reserve *call)
{
    struct ledger_row row = {
        .epoch = call->epoch,
        .api_key_id = call->api_key_id,
        .reason = call->reason,
        .price_micro_usd = call->price_micro_usd,
        .reserved_wall_us = clock_wall_us(),
    };

    bytes_copy_text(call->call_id, row.call_id, sizeof row.call_id);
    bytes_copy_text(call->instance, row.instance, sizeof row.instance);
    bytes_copy_text(call->route, row.route, sizeof row.route);
    return row;
}

/* As its reservation would have said it, which may not have come. */
static struct ledger_row
settled_row_of(const struct ledger_settle *settle)
{
    const struct ledger_reserve call = {
        .call_id = settle->call_id,
        .instance = settle->instance,
        .epoch = settle->epoch,
        .api_key_id = settle->api_key_id,
        .route = settle->route,
        .reason = settle->reason,
        .price_micro_usd = settle->price_micro_usd,
    };

    return ledger_row_of(&call);
}

void
ledger_calls_reserve(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct ledger_reserve *reserve = &message->u.LEDGER_RESERVE;
    const struct ledger_row row = ledger_row_of(reserve);
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_LEDGER_RESERVED, reserve->call_id);
    enum status status = STATUS_STORAGE;

    self->reserved_at_ms = clock_mono_ms();
    if (!ledger_epochs_may_reserve(&self->epochs, reserve->epoch)) {
        deferred_reply->reply.status = STATUS_NOT_READY;
        return;
    }
    if (group_commit_open(self))
        status = ledger_reserve(self->accounts, &row);
    self->ledger_rows += status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_CONFLICT)
        group_commit_fail(self);
}

void
ledger_calls_settle(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct ledger_settle *settle = &message->u.LEDGER_SETTLE;
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_LEDGER_SETTLED, settle->call_id);
    const struct ledger_row row = settled_row_of(settle);
    const struct ledger_end end = {
        .charge = settle->charge,
        .http_status = settle->http_status,
        .cost_micro_usd = settle->cost_micro_usd,
        .duration_us = settle->duration_us,
        .settled_wall_us = clock_wall_us(),
    };
    enum status status = STATUS_STORAGE;

    if (settle->charge == CHARGE_RESERVED) {
        deferred_reply->reply.status = STATUS_MALFORMED;
        return;
    }
    if (group_commit_open(self))
        status = ledger_settle(self->accounts, &row, &end);
    deferred_reply->reply.status = status;
    if (status != STATUS_OK)
        group_commit_fail(self);
}
