/* key_push.c - keys on their way to the gateways: one at a time with versions, or all as a snapshot. */
#include <jansson.h>
#include <stdlib.h>

#include "analytics_private.h"
#include "clock.h"
#include "key_json.h"
#include "log.h"
#include "wire.h"

#define SNAPSHOT_PAGE 1000

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
    };
}

void
key_push_begin(struct analytics *self, struct key_change *change)
{
    struct message message = {.kind = MSG_KEY_CHANGED};

    change->is_told = true;
    fill_record(&message.u.KEY_CHANGED, &change->row, change->version);
    for (size_t i = 0; i < self->gateways.count; i++)
        (void)actor_reply(self->actor, &self->gateways.rows[i].sender, &message);
    key_push_look(self, clock_mono_ms());
}

static void
answer(struct analytics *self, struct key_change *change, size_t unconfirmed)
{
    struct message reply = {.kind = MSG_REPORT_REPLY, .u.REPORT_REPLY = {.status = STATUS_OK}};
    json_t *object = key_as_json(&change->row);
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
key_push_look(struct analytics *self, int64_t now_ms)
{
    for (size_t i = 0; i < KEY_CHANGES_MAX; i++) {
        struct key_change *change = &self->key_changes[i];
        size_t unconfirmed;

        if (change->deadline_ms == 0 || !change->is_told)
            continue;
        unconfirmed = gateways_unconfirmed(&self->gateways, change->version);
        if (unconfirmed > 0 && now_ms < change->deadline_ms)
            continue;
        gateways_forget_unconfirmed(&self->gateways, change->version);
        answer(self, change, unconfirmed);
    }
}

/* The growing body of a snapshot. */
struct snapshot {
    uint8_t *data;
    size_t size, capacity;
    int64_t count, last_id, page;
    bool is_failed;
};

static bool
grow(struct snapshot *snapshot, size_t more)
{
    size_t capacity = snapshot->capacity * 2 + more + 65536;
    uint8_t *data;

    if (snapshot->size + more <= snapshot->capacity)
        return true;
    data = realloc(snapshot->data, capacity);
    if (data == NULL)
        return false;
    snapshot->data = data;
    snapshot->capacity = capacity;
    return true;
}

static void
add_key(void *context, const struct key_row *row)
{
    struct snapshot *snapshot = context;
    struct message record = {.kind = MSG_KEY_CHANGED, .sender = ACTOR_ANALYTICS};
    struct blob *envelope = NULL;
    uint32_t size;

    snapshot->page++;
    snapshot->last_id = row->id;
    fill_record(&record.u.KEY_CHANGED, row, 0);
    if (wire_encode(&record, &envelope) != STATUS_OK ||
        !grow(snapshot, blob_bytes(envelope).size + sizeof size)) {
        snapshot->is_failed = true;
        blob_release(&envelope);
        return;
    }
    size = (uint32_t)blob_bytes(envelope).size;
    memcpy(snapshot->data + snapshot->size, &size, sizeof size);
    memcpy(snapshot->data + snapshot->size + sizeof size, blob_bytes(envelope).data, size);
    snapshot->size += size + sizeof size;
    snapshot->count++;
    blob_release(&envelope);
}

static bool
collect(struct analytics *self, struct snapshot *snapshot)
{
    do {
        snapshot->page = 0;
        if (key_list(self->accounts, snapshot->last_id, SNAPSHOT_PAGE, clock_wall_us(), add_key,
                     snapshot) != STATUS_OK)
            return false;
    } while (snapshot->page == SNAPSHOT_PAGE);
    return !snapshot->is_failed && key_version(self->accounts, &self->key_version) == STATUS_OK;
}

void
key_push_snapshot(struct analytics *self, const struct sender *to)
{
    struct snapshot snapshot = {0};
    struct message message = {.kind = MSG_KEYS_SNAPSHOT};

    if (!collect(self, &snapshot)) {
        log_error("the snapshot of keys cannot be made");
        free(snapshot.data);
        return;
    }
    message.u.KEYS_SNAPSHOT =
        (struct keys_snapshot){.version = self->key_version, .count = snapshot.count};
    message.body = blob_wrap(bytes_of(snapshot.data, snapshot.size), free, snapshot.data);
    if (message.body == NULL)
        free(snapshot.data);
    else
        (void)actor_reply(self->actor, to, &message);
    blob_release(&message.body);
}
