/* body_receiver.h - large bodies on their way in: parts put together in order. Pure.
 *
 * Life of an assembly: begun with its message and part 0 -> each next part in order -> whole: body
 * and envelope leave together, or dropped: a part that does not fit, or BODY_STALE_MS in which none
 * came. Memory for the whole body is reserved when it begins; the system hands it out as parts
 * arrive. Owned by one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/bytes.h"
#include "status.h"
#include "wire/body_parts.h"

struct body_receiver;

struct body_whole {
    struct blob *envelope; /* both are the caller's */
    struct blob *body;
};

struct body_receiver *body_receiver_create(size_t max_assemblies);
void body_receiver_destroy(struct body_receiver **receiver);

/* body_size > BODY_PART_BYTES; part0 has to be one part. Copies the envelope. STATUS_MALFORMED:
 * part 0 does not fit, or the transfer is there already (it is dropped then); STATUS_NO_MEMORY: too
 * many, or no memory. */
enum status body_receiver_begin(struct body_receiver *receiver, const struct body_address *from,
                                int64_t transfer_id, struct bytes envelope, size_t body_size,
                                struct bytes part0, int64_t now_ms);
/* STATUS_OK: *whole is filled. STATUS_NOT_READY: taken, more to come. STATUS_NOT_FOUND: no such
 * transfer (a late part). STATUS_MALFORMED: not the next part or not its size; the assembly is
 * dropped. */
enum status body_receiver_add(struct body_receiver *receiver, const struct body_address *from,
                              int64_t transfer_id, int64_t number, struct bytes part,
                              int64_t now_ms, struct body_whole *whole);
/* The next credit that the other end was not given yet. False: none. */
struct body_credit_due {
    struct body_address to;
    int64_t transfer_id;
    int64_t number;
};
bool body_receiver_next_credit(struct body_receiver *receiver, struct body_credit_due *credit);
void body_receiver_credited(struct body_receiver *receiver, const struct body_credit_due *credit);
size_t body_receiver_expire(struct body_receiver *receiver, int64_t now_ms);
/* Gives up everything that is under way. */
void body_receiver_clear(struct body_receiver *receiver);
size_t body_receiver_count(const struct body_receiver *receiver);
