/* listeners.h - the gateways' listeners: where each is told, and which purges it confirmed. Pure.
 *
 * States of a listener: LIVE by its hello -> SILENT when it left a purge unconfirmed until the
 * deadline: purges name it and wait for it no longer -> LIVE again by a hello or a confirmation.
 * Removed when its connection is gone (its process is), or to make room, the silent ones first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTENERS_MAX 64

struct sender; /* where it is told: the actor's business */

struct listener {
    int64_t gateway_id;
    struct sender *to; /* owned: freed with free() */
    int64_t sent;      /* last purge sent to it; the next one is sent + 1 */
    int64_t confirmed; /* last purge it applied */
    bool is_silent;
    size_t waiting; /* scratch of a delivery: waiters of this gateway */
};

struct listeners {
    struct listener rows[LISTENERS_MAX];
    size_t count;
};

void listeners_fini(struct listeners *listeners);

/* Takes `to`. The gateway's old row, if any, is replaced: one process has one listener. */
struct listener *listeners_register(struct listeners *listeners, int64_t gateway_id,
                                    struct sender *to, int64_t number);
/* NULL: not known. The pointer is good until the next register or remove. */
struct listener *listeners_find(struct listeners *listeners, int64_t gateway_id);
void listeners_remove(struct listeners *listeners, struct listener *listener);

/* Confirmations may come late or twice, never for what was not sent: such a number is ignored. */
void listeners_confirm(struct listeners *listeners, int64_t gateway_id, int64_t number);
/* Live listeners that have not confirmed the purge yet: whom to wait for. */
size_t listeners_awaited(const struct listeners *listeners, int64_t number);
/* The deadline of a purge passed: whoever has not confirmed it is silent. Returns how many that
 * are, silent before or not. */
size_t listeners_give_up(struct listeners *listeners, int64_t number);
