/* limit_rows.c - what gateways have used of the rates of keys: stored for them, and told to one that starts. */
#include "analytics_state.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

#define PART_ROWS 256

static bool
is_whole_batch(const struct limits_save *save, struct bytes body)
{
    return save->count >= 0 && body.size % sizeof(struct limit_record) == 0 &&
           (int64_t)(body.size / sizeof(struct limit_record)) == save->count;
}

static enum status
put_records(struct analytics *self, const struct limit_record *records, int64_t count)
{
    enum status status = STATUS_OK;

    for (int64_t i = 0; status == STATUS_OK && i < count; i++)
        if (records[i].api_key_id > 0 &&
            memchr(records[i].endpoint, '\0', sizeof records[i].endpoint) != NULL)
            status = limit_put(self->accounts, &records[i]);
    return status;
}

void
limit_rows_save(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct limits_save *save = &message->u.LIMITS_SAVE;
    struct bytes body = blob_bytes(message->body);
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_LIMITS_SAVED, (struct bytes){0});

    if (!is_whole_batch(save, body)) {
        deferred_reply->reply.status = STATUS_MALFORMED;
        return;
    }
    /* The body of a message is aligned to 8. */
    if (!group_commit_open(self) ||
        put_records(self, (const struct limit_record *)(const void *)body.data, save->count) !=
            STATUS_OK)
        group_commit_fail(self);
}

struct collected_limits {
    struct limit_record *records;
    int64_t count;
    int64_t last_id;
};

static void
add_limit(void *context, int64_t id, const struct limit_record *record)
{
    struct collected_limits *part = context;

    part->last_id = id;
    part->records[part->count++] = *record;
}

void
limit_rows_tell(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct limits_get *get = &message->u.LIMITS_GET;
    struct collected_limits part = {.records = malloc(PART_ROWS * sizeof(struct limit_record)),
                                    .last_id = get->after_id};
    struct message reply = {.kind = MSG_LIMITS_PART, .status = STATUS_STORAGE};

    if (part.records != NULL && limit_list(self->accounts, get->after_id, PART_ROWS,
                                           clock_wall_us(), add_limit, &part) == STATUS_OK) {
        reply.status = STATUS_OK;
        reply.body =
            blob_copy(bytes_of(part.records, (size_t)part.count * sizeof(struct limit_record)));
        reply.u.LIMITS_PART = (struct limits_part){
            .count = part.count,
            .after_id = get->after_id,
            .next_id = part.count == PART_ROWS ? part.last_id : 0,
        };
    }
    (void)actor_reply(self->actor, from, &reply);
    blob_release(&reply.body);
    free(part.records);
}
