/* key_publish.c - changes of keys, and keys on their way to the gateways: one at a time with versions, or all of them in
 * parts.
 *
 * Life of a change: made in the transaction of its run -> told to every gateway when that is committed
 * (key_publish_begin) -> answered when all have confirmed it, or when its time is up. */
#include <jansson.h>
#include <stdlib.h>

#include "actor/wire.h"
#include "analytics_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "keys/key_changes.h"
#include "report/report.h"

/* A part goes as one message, whatever its keys look like: bodies up to 256 KiB are not chunked. */
#define PART_KEYS  1000
#define PART_BYTES 196608

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
apply_change(struct analytics *self, const struct message *message, struct key_change *change)
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
        group_commit_open(self) ? apply_change(self, message, change) : STATUS_STORAGE;

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

void
key_publish_change(void *state, const struct message *message, const struct sender *from)
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
fill_record(struct key_record *record, const struct key_row *row, int64_t version)
{
    bool is_expired = row->expires_wall_us != 0 && row->expires_wall_us <= clock_wall_us();

    *record = (struct key_record){
        .version = version,
        .api_key_id = row->id,
        .key_hash = bytes_of_text(row->key_hash),
        .key_name = bytes_of_text(row->key_name),
        .is_active = row->is_active && !is_expired,
        .expires_wall_ms = row->expires_wall_us / 1000,
        .daily_limit = row->daily_limit,
        .monthly_limit = row->monthly_limit,
        .limits = bytes_of_text(row->limits),
        .rights = bytes_of_text(row->rights),
        .previous_hash = bytes_of_text(row->previous_hash),
        .previous_until_wall_ms = row->previous_until_wall_us / 1000,
    };
}

void
key_publish_begin(struct analytics *self, struct key_change *change)
{
    struct message message = {.kind = MSG_KEY_CHANGED};

    change->is_told = true;
    fill_record(&message.u.KEY_CHANGED, &change->row, change->version);
    for (size_t i = 0; i < self->gateways.count; i++)
        (void)actor_reply(self->actor, &self->gateways.rows[i].sender, &message);
    key_publish_finish_due(self, clock_mono_ms());
}

static void
key_publish_reply(struct analytics *self, struct key_change *change, size_t unconfirmed)
{
    struct message reply = {.kind = MSG_REPORT_REPLY};
    json_t *object = report_of_key(&change->row);
    char *text;

    if (change->is_deletion)
        json_object_set_new(object, "is_deleted", json_true());
    if (change->is_replay)
        json_object_set_new(object, "is_replay", json_true());
    if (unconfirmed > 0)
        json_object_set_new(object, "unconfirmed_gateways", json_integer((json_int_t)unconfirmed));
    text = json_dumps(object, JSON_ENSURE_ASCII);
    reply.body = text != NULL ? blob_copy(bytes_of_text(text)) : NULL;
    (void)actor_reply(self->actor, &change->to, &reply);
    blob_release(&reply.body);
    free(text);
    json_decref(object);
    change->deadline_ms = 0;
}

void
key_publish_finish_due(struct analytics *self, int64_t now_ms)
{
    for (size_t i = 0; i < KEY_CHANGES_MAX; i++) {
        struct key_change *change = &self->key_changes[i];
        size_t unconfirmed;

        if (change->deadline_ms == 0 || !change->is_told)
            continue;
        unconfirmed = subscribers_awaited(&self->gateways, change->version);
        if (unconfirmed > 0 && now_ms < change->deadline_ms)
            continue;
        /* Who let the change go unconfirmed finds out by the version in the heartbeats and syncs again. */
        subscribers_give_up(&self->gateways, change->version);
        subscribers_remove_silent(&self->gateways);
        key_publish_reply(self, change, unconfirmed);
    }
}

void
key_publish_confirm(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct key_confirm *confirm = &message->u.KEY_CONFIRM;

    (void)from;
    subscribers_confirm(&self->gateways, confirm->gateway_id, confirm->version);
    key_publish_finish_due(self, clock_mono_ms());
}

struct part {
    uint8_t *data;
    size_t size;
    int64_t seen;    /* keys that were read, those without room included */
    int64_t count;   /* keys that are in it */
    int64_t last_id; /* of those */
    bool is_full, is_failed;
};

static void
add_envelope(struct part *part, struct bytes envelope, int64_t id)
{
    uint32_t size = (uint32_t)envelope.size;

    if (part->size + sizeof size + size > PART_BYTES) {
        part->is_full = true;
        return;
    }
    memcpy(part->data + part->size, &size, sizeof size);
    memcpy(part->data + part->size + sizeof size, envelope.data, size);
    part->size += sizeof size + size;
    part->count++;
    part->last_id = id;
}

static void
add_to_part(void *context, const struct key_row *row)
{
    struct part *part = context;
    struct message record = {.kind = MSG_KEY_CHANGED, .sender = ACTOR_ANALYTICS};
    struct blob *envelope = NULL;

    part->seen++;
    if (part->is_full || part->is_failed)
        return;
    fill_record(&record.u.KEY_CHANGED, row, 0);
    if (wire_encode(&record, &envelope) == STATUS_OK)
        add_envelope(part, blob_bytes(envelope), row->id);
    else
        part->is_failed = true;
    blob_release(&envelope);
}

static bool
key_publish_collect(struct analytics *self, struct part *part, int64_t after_id)
{
    return part->data != NULL &&
           key_list(self->accounts, after_id, PART_KEYS, clock_wall_us(), add_to_part, part) ==
               STATUS_OK &&
           !part->is_failed && key_version(self->accounts, &self->key_version) == STATUS_OK;
}

/* One part of the snapshot for one gateway: keys with an id above after_id. */
static void
key_publish_snapshot(struct analytics *self, const struct sender *to, int64_t after_id)
{
    struct part part = {.data = malloc(PART_BYTES)};
    struct message message = {.kind = MSG_KEYS_SNAPSHOT};

    if (!key_publish_collect(self, &part, after_id)) {
        log_error("the snapshot of keys cannot be built");
        free(part.data);
        return;
    }
    message.u.KEYS_SNAPSHOT = (struct keys_snapshot){
        .version = self->key_version,
        .count = part.count,
        .after_id = after_id,
        .next_id = part.is_full || part.seen == PART_KEYS ? part.last_id : 0,
    };
    message.body = blob_wrap(bytes_of(part.data, part.size), free, part.data);
    if (message.body == NULL)
        free(part.data);
    else
        (void)actor_reply(self->actor, to, &message);
    blob_release(&message.body);
}

void
key_publish_sync(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct keys_sync *sync = &message->u.KEYS_SYNC;

    /* The snapshot must hold what is being committed, and nothing that fails. */
    group_commit_close(self);
    if (sync->after_id == 0)
        subscribers_add(&self->gateways, sync->gateway_id, from, INT64_MAX, 0);
    key_publish_snapshot(self, from, sync->after_id);
}
