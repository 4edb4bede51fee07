/* l1_connection.h - one connection to Redis, of one thread: what l1.c stands on. */
#pragma once

#include <hiredis/hiredis.h>

#include "base/redis_url.h"
#include "tiers/l1.h"

struct l1 {
    struct l1_state *state;
    struct redis_url url;
    redisContext *context; /* NULL: not connected */
    int64_t generation;    /* at the last look at the state: what keys are made with */
};

/* Connected and logged in, now or since before. False: l1_fail was called. */
bool l1_connect(struct l1 *l1);
void l1_disconnect(struct l1 *l1);
/* L1 is up, and so is a connection of its generation. */
bool l1_is_usable(struct l1 *l1);
/* L1 goes down; UNAVAILABLE. why: hiredis' or Redis' text of a failure, never a value or a password. */
enum status l1_fail(struct l1 *l1, const char *why);
/* A command of `count` words. NULL: l1_fail was called. An error comes back only where it is a refusal of this key or value
 * (WRONGTYPE, OOM). The caller frees the reply. */
redisReply *l1_run(struct l1 *l1, size_t count, const char *const *words, const size_t *sizes);
/* The same of texts, for its effect alone. */
bool l1_say(struct l1 *l1, const char *const *words, size_t count);
