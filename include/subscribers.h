/* subscribers.h - the gateways' listeners that an actor keeps up to date: what each was told, and what it confirmed. Pure.
 *
 * What is told has growing numbers: of purges, of versions of keys.
 *
 * States of a subscriber: LIVE when it is added -> SILENT when it left a number unconfirmed until the deadline: it is
 * counted as unconfirmed and waited for no longer -> LIVE again by a confirmation, or when it is added again. Removed when
 * its connection is gone, or to make room: a silent one if there is one, else the one that came first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actor/actor.h"

#define SUBSCRIBERS_MAX 64

struct subscriber {
    int64_t gateway_id;
    struct sender sender; /* made to answer no request */
    int64_t sent;         /* last number sent to it; INT64_MAX: that is not followed */
    int64_t confirmed;    /* last number it applied */
    bool is_silent;
    size_t waiting; /* scratch of the cache actor's deliveries: waiters of this gateway */
};

/* Rows in the order of their arrival. */
struct subscribers {
    struct subscriber rows[SUBSCRIBERS_MAX];
    size_t count;
};

/* The gateway's old row, if any, is replaced: one process has one listener. Good until the next add or remove. */
struct subscriber *subscribers_add(struct subscribers *subscribers, int64_t gateway_id,
                                   const struct sender *sender, int64_t sent, int64_t confirmed);
/* NULL: not known. */
struct subscriber *subscribers_find(struct subscribers *subscribers, int64_t gateway_id);
void subscribers_remove(struct subscribers *subscribers, struct subscriber *subscriber);
void subscribers_remove_silent(struct subscribers *subscribers);

/* Confirmations may come late or twice, never for what was not sent: such a number is ignored. */
void subscribers_confirm(struct subscribers *subscribers, int64_t gateway_id, int64_t number);
/* Live ones that have not confirmed number yet: whom to wait for. */
size_t subscribers_awaited(const struct subscribers *subscribers, int64_t number);
/* The deadline of number passed: who has not confirmed it is silent. Returns how many that are, silent before or not. */
size_t subscribers_give_up(struct subscribers *subscribers, int64_t number);
