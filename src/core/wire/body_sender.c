/* body_sender.c - large bodies on their way out: which part may go next to whom. */

#include "wire/body_sender.h"

#include <stdlib.h>

#include "base/queue.h"

struct transfer {
    LIST_ENTRY(transfer) link;
    struct body_address to;
    int64_t transfer_id;
    struct blob *blob;
    int64_t next_number; /* part to be sent next */
    int64_t confirmed;   /* last part that a credit named; -1: none */
    int64_t moved_ms;    /* when a part left or a credit came */
    int64_t rests_until_ms;
};

struct body_sender {
    LIST_HEAD(, transfer) all; /* newest first */
    size_t count;
    size_t max_transfers;
};

struct body_sender *
body_sender_create(size_t max_transfers)
{
    struct body_sender *sender = calloc(1, sizeof *sender);

    if (sender != NULL)
        sender->max_transfers = max_transfers;
    return sender;
}

static void
body_sender_drop(struct body_sender *sender, struct transfer *transfer)
{
    LIST_REMOVE(transfer, link);
    sender->count--;
    blob_release(&transfer->blob);
    free(transfer);
}

void
body_sender_destroy(struct body_sender **sender)
{
    struct transfer *transfer, *next;

    if (*sender == NULL)
        return;
    LIST_FOREACH_SAFE (transfer, &(*sender)->all, link, next)
        body_sender_drop(*sender, transfer);
    free(*sender);
    *sender = NULL;
}

bool
body_sender_has_room(const struct body_sender *sender)
{
    return sender->count < sender->max_transfers;
}

bool
body_sender_add(struct body_sender *sender, const struct body_address *to, int64_t transfer_id,
                struct blob *blob, int64_t now_ms)
{
    struct transfer *transfer = body_sender_has_room(sender) ? malloc(sizeof *transfer) : NULL;

    if (transfer == NULL)
        return false;
    *transfer = (struct transfer){
        .to = *to,
        .transfer_id = transfer_id,
        .blob = blob_hold(blob),
        .next_number = 1,
        .confirmed = -1,
        .moved_ms = now_ms,
        .rests_until_ms = INT64_MIN,
    };
    LIST_INSERT_HEAD(&sender->all, transfer, link);
    sender->count++;
    return true;
}

static struct transfer *
body_sender_find(struct body_sender *sender, const struct body_address *to, int64_t transfer_id)
{
    struct transfer *transfer;

    LIST_FOREACH (transfer, &sender->all, link)
        if (transfer->transfer_id == transfer_id && body_address_equal(&transfer->to, to))
            return transfer;
    return NULL;
}

bool
body_sender_credit(struct body_sender *sender, const struct body_address *from, int64_t transfer_id,
                   int64_t number, int64_t now_ms)
{
    struct transfer *transfer = body_sender_find(sender, from, transfer_id);

    if (transfer == NULL)
        return true;
    if (number < 0 || number >= transfer->next_number)
        return false;
    if (number > transfer->confirmed) {
        transfer->confirmed = number;
        transfer->moved_ms = now_ms;
    }
    return true;
}

static bool
may_go(const struct transfer *transfer, int64_t now_ms)
{
    return transfer->next_number - transfer->confirmed <= BODY_PARTS_OUT &&
           now_ms >= transfer->rests_until_ms;
}

bool
body_sender_next(struct body_sender *sender, struct body_part *part, int64_t now_ms)
{
    struct transfer *transfer;

    LIST_FOREACH (transfer, &sender->all, link)
        if (may_go(transfer, now_ms))
            break;
    if (transfer == NULL)
        return false;

    struct bytes body = blob_bytes(transfer->blob);
    size_t offset = (size_t)transfer->next_number * BODY_PART_BYTES;

    *part = (struct body_part){
        .to = transfer->to,
        .transfer_id = transfer->transfer_id,
        .number = transfer->next_number,
        .blob = transfer->blob,
        .bytes = bytes_of(body.data + offset, body_part_size(body.size, transfer->next_number)),
    };
    return true;
}

void
body_sender_sent(struct body_sender *sender, const struct body_part *part, int64_t now_ms)
{
    struct transfer *transfer = body_sender_find(sender, &part->to, part->transfer_id);

    if (transfer == NULL)
        return;
    transfer->next_number = part->number + 1;
    transfer->moved_ms = now_ms;
    transfer->rests_until_ms = INT64_MIN;
    if (transfer->next_number == body_part_count(blob_bytes(transfer->blob).size))
        body_sender_drop(sender, transfer);
}

void
body_sender_postpone(struct body_sender *sender, const struct body_part *part, int64_t until_ms)
{
    struct transfer *transfer = body_sender_find(sender, &part->to, part->transfer_id);

    if (transfer != NULL)
        transfer->rests_until_ms = until_ms;
}

bool
body_sender_has_resting(const struct body_sender *sender)
{
    const struct transfer *transfer;

    LIST_FOREACH (transfer, &sender->all, link)
        if (transfer->rests_until_ms != INT64_MIN)
            return true;
    return false;
}

void
body_sender_remove(struct body_sender *sender, const struct body_part *part)
{
    struct transfer *transfer = body_sender_find(sender, &part->to, part->transfer_id);

    if (transfer != NULL)
        body_sender_drop(sender, transfer);
}

size_t
body_sender_expire(struct body_sender *sender, int64_t now_ms)
{
    struct transfer *transfer, *next;
    size_t before = sender->count;

    LIST_FOREACH_SAFE (transfer, &sender->all, link, next)
        if (now_ms - transfer->moved_ms >= BODY_STALE_MS)
            body_sender_drop(sender, transfer);
    return before - sender->count;
}

size_t
body_sender_count(const struct body_sender *sender)
{
    return sender->count;
}
