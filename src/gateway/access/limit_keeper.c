/* limit_keeper.c - batches of what is used of limits, one on its way at a time. */
#include "access/limit_keeper.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#define BATCH_RECORDS   256
#define SAVE_TIMEOUT_MS 10000

bool
limit_keeper_init(struct limit_keeper *keeper, struct actor *actor, struct gateway *gateway)
{
    *keeper = (struct limit_keeper){
        .actor = actor,
        .gateway = gateway,
        .names = {.names = route_table_limit_names(gateway->routes),
                  .count = route_table_limit_count(gateway->routes)},
    };
    keeper->most = LIMIT_RECORDS_OF_KEY(&keeper->names);
    if (keeper->most < BATCH_RECORDS)
        keeper->most = BATCH_RECORDS;
    keeper->records = malloc(keeper->most * sizeof *keeper->records);
    return keeper->records != NULL;
}

void
limit_keeper_fini(struct limit_keeper *keeper)
{
    free(keeper->records);
    keeper->records = NULL;
}

/* Before the keys are known nothing was taken, and after that what is stored has been put back. */
static bool
has_work(const struct limit_keeper *keeper)
{
    return keeper->gateway->config->limits.enabled && key_table_is_loaded(keeper->gateway->keys);
}

/* The next batch of the save under way. False: there is none, it is done. */
static bool
fill_batch(struct limit_keeper *keeper, struct message *message)
{
    struct limit_collection collection = {
        .names = &keeper->names,
        .records = keeper->records,
        .most = keeper->most,
        .now_ns = clock_steady_ns(clock_mono_ns()),
        .takes_all = keeper->takes_all,
    };

    keeper->is_last = limit_records_collect(keeper->gateway->keys, &keeper->cursor, &collection);
    *message = (struct message){.kind = MSG_LIMITS_SAVE,
                                .u.LIMITS_SAVE = {.count = (int64_t)collection.count}};
    if (collection.count == 0)
        return false;
    message->body =
        blob_copy(bytes_of(keeper->records, collection.count * sizeof *keeper->records));
    return true;
}

static void
give_up_save(struct limit_keeper *keeper)
{
    keeper->is_awaited = keeper->is_under_way = false;
    keeper->is_incomplete = true;
}

static void
send_batch(struct limit_keeper *keeper)
{
    struct message message;
    bool is_sent;

    if (!fill_batch(keeper, &message)) {
        keeper->is_under_way = false;
        return;
    }
    is_sent =
        message.body != NULL && actor_tell(keeper->actor, ACTOR_ANALYTICS, &message) == STATUS_OK;
    blob_release(&message.body);
    keeper->is_awaited = is_sent;
    keeper->sent_ms = clock_mono_ms();
    if (!is_sent)
        give_up_save(keeper);
}

static void
begin_save(struct limit_keeper *keeper)
{
    keeper->is_under_way = true;
    keeper->takes_all = keeper->is_incomplete;
    keeper->is_incomplete = false;
    keeper->cursor = 0;
}

void
limit_keeper_tick(struct limit_keeper *keeper, int64_t now_mono_ms)
{
    if (keeper->is_awaited && now_mono_ms - keeper->sent_ms > SAVE_TIMEOUT_MS)
        give_up_save(keeper);
    if (keeper->is_under_way || !has_work(keeper) ||
        !atomic_load(&keeper->gateway->is_up[ACTOR_ANALYTICS]) ||
        now_mono_ms - keeper->begun_ms < keeper->gateway->config->limits.save_interval_ms)
        return;
    keeper->begun_ms = now_mono_ms;
    begin_save(keeper);
    send_batch(keeper);
}

void
limit_keeper_note(struct limit_keeper *keeper, enum status status)
{
    if (!keeper->is_awaited) /* it was given up */
        return;
    keeper->is_awaited = false;
    if (status != STATUS_OK)
        give_up_save(keeper);
    else if (keeper->is_last)
        keeper->is_under_way = false;
    else
        send_batch(keeper);
}

/* False: it is not stored. */
static bool
ask_batch(struct mailbox *mailbox, struct message *message, int64_t left_ms)
{
    struct message reply;
    bool is_stored = false;

    if (message->body != NULL && left_ms > 0 &&
        mailbox_ask(mailbox, message, left_ms, &reply) == STATUS_OK) {
        is_stored = reply.status == STATUS_OK;
        mailbox_done(mailbox);
    }
    blob_release(&message->body);
    return is_stored;
}

void
limit_keeper_finish(struct limit_keeper *keeper, int64_t timeout_ms)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    struct mailbox *mailbox;
    struct message message;
    bool is_stored = true;

    if (!has_work(keeper))
        return;
    mailbox = mailbox_create(keeper->gateway->system, ACTOR_GATEWAY, ACTOR_ANALYTICS);
    if (mailbox == NULL)
        return;
    /* What is on its way may not arrive. */
    keeper->is_incomplete |= keeper->is_under_way;
    begin_save(keeper);
    while (is_stored && fill_batch(keeper, &message)) {
        is_stored = ask_batch(mailbox, &message, deadline_ms - clock_mono_ms());
        if (keeper->is_last)
            break;
    }
    if (!is_stored)
        log_warning("limits: what was used of them is not stored; some may be full again after "
                    "the next start");
    mailbox_destroy(&mailbox);
}

void
limit_keeper_ask(struct limit_keeper *keeper, int64_t after_id)
{
    struct message get = {.kind = MSG_LIMITS_GET, .u.LIMITS_GET = {.after_id = after_id}};

    (void)actor_tell(keeper->actor, ACTOR_ANALYTICS, &get);
}

bool
limit_keeper_restore(struct limit_keeper *keeper, const struct message *message)
{
    int64_t now_ns = clock_steady_ns(clock_mono_ns());
    int64_t count = message->u.LIMITS_PART.count;
    struct bytes body = blob_bytes(message->body);
    /* The body of a message is aligned to 8. */
    const struct limit_record *records = (const void *)body.data;

    if (message->status != STATUS_OK || body.size % sizeof *records != 0 ||
        (int64_t)(body.size / sizeof *records) != count)
        return false;
    for (int64_t i = 0; i < count; i++)
        limit_records_restore(keeper->gateway->keys, &keeper->names, &records[i], now_ns);
    return true;
}
