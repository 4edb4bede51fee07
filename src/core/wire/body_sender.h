/* body_sender.h - large bodies on their way out: which part may go next to whom. Pure.
 *
 * Life of a transfer: added with its message (part 0 is out) -> parts leave as credits come, at
 * most BODY_PARTS_OUT without one -> removed with its last part, or by its receiver's absence, or
 * after BODY_STALE_MS in which nothing moved. It holds the body all that time. Owned by one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/bytes.h"
#include "wire/body_parts.h"

struct body_sender;

struct body_part {
    struct body_address to;
    int64_t transfer_id;
    int64_t number;
    struct blob *blob; /* the transfer's; hold it to keep it */
    struct bytes bytes;
};

struct body_sender *body_sender_create(size_t max_transfers);
void body_sender_destroy(struct body_sender **sender);

bool body_sender_has_room(const struct body_sender *sender);
/* False: no room, or no memory. Part 0 counts as sent. */
bool body_sender_add(struct body_sender *sender, const struct body_address *to, int64_t transfer_id,
                     struct blob *blob, int64_t now_ms);
/* The receiver took parts up to number. False: it cannot have: that part was never sent. Credits of
 * transfers that are over are true and change nothing. */
bool body_sender_credit(struct body_sender *sender, const struct body_address *from,
                        int64_t transfer_id, int64_t number, int64_t now_ms);
/* A part that may go now. False: none. What became of it is told by _sent, _postpone or _remove. */
bool body_sender_next(struct body_sender *sender, struct body_part *part, int64_t now_ms);
/* The receiver's queue is full: this transfer rests until then, others may go on. */
void body_sender_postpone(struct body_sender *sender, const struct body_part *part,
                          int64_t until_ms);
/* Some transfer rests. */
bool body_sender_has_resting(const struct body_sender *sender);
void body_sender_sent(struct body_sender *sender, const struct body_part *part, int64_t now_ms);
void body_sender_remove(struct body_sender *sender, const struct body_part *part);
/* Drops transfers in which nothing moved for BODY_STALE_MS; returns how many. */
size_t body_sender_expire(struct body_sender *sender, int64_t now_ms);
size_t body_sender_count(const struct body_sender *sender);
