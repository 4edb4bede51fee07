/* purges.h - the newest purges by number, and those that wait to be confirmed by the gateways. Pure.
 *
 * Life of a purge: admitted (its job is queued) -> logged (it has its number, purge_ring_add) -> waiting (purges_wait) ->
 * finished (purges_pop_finished: confirmed, or past its deadline), in the order of numbers. One whose job fails is
 * cancelled. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "config.h"
#include "purge.h"
#include "subscribers.h"

#define PURGES_WAITING_MAX    64
#define PURGES_REMEMBERED_MAX 256

struct purge_wait {
    int64_t number;
    int64_t cleared_count;
    int64_t deadline_mono_ms;
    struct sender *from; /* owned: freed with free() */
    size_t unconfirmed;  /* filled in when popped */
};

struct purges {
    struct purge_ring log; /* those that have their number */
    struct purge remembered[PURGES_REMEMBERED_MAX];
    struct purge_wait waiting[PURGES_WAITING_MAX]; /* a ring, oldest first */
    size_t first_waiting, waiting_count;
    size_t admitted_count; /* admitted, not logged yet */
};

void purges_init(struct purges *purges, int64_t last);
void purges_fini(struct purges *purges);

/* False: too many are under way. True reserves a place until purges_wait or purges_cancel. */
bool purges_admit(struct purges *purges);
void purges_cancel(struct purges *purges);
/* Admitted or waiting. */
bool purges_are_pending(const struct purges *purges);

/* Takes wait->from. Uses the place that purges_admit reserved. */
void purges_wait(struct purges *purges, const struct purge_wait *wait);
/* Moves the oldest waiting purge to *finished (its `from` is the caller's then) when every live
 * listener confirmed it, or its deadline passed: whoever has not confirmed is silent from then on.
 * Never before not_before_mono_ms. */
bool purges_pop_finished(struct purges *purges, struct subscribers *listeners, int64_t now_mono_ms,
                         int64_t not_before_mono_ms, struct purge_wait *finished);
