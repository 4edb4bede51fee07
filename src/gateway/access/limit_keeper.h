/* limit_keeper.h - what is used of limits is told to analytics now and then, and taken over from it at the start, so that a
 * limit that is used up stays so over a restart. Part of the listener, whose thread runs it.
 *
 * A save is a walk through all keys: begun each limits.save_interval_ms -> a batch sent, one at a time, the next one once it
 * is stored -> done with the last one. Where one is not stored, the next save takes all that is used instead of what has
 * changed. */
#pragma once

#include "access/limit_records.h"
#include "actor/actor.h"
#include "gateway_state.h"

struct limit_keeper {
    struct actor *actor;
    struct gateway *gateway;
    struct limit_names names;
    struct limit_record *records; /* of one batch */
    size_t most;
    size_t cursor; /* of the save under way */
    bool is_under_way, is_awaited, is_last;
    bool is_incomplete; /* something that changed may not be stored */
    bool takes_all;     /* the save under way */
    int64_t begun_ms, sent_ms;
};

/* False: no memory. */
bool limit_keeper_init(struct limit_keeper *keeper, struct actor *actor, struct gateway *gateway);
void limit_keeper_fini(struct limit_keeper *keeper);
/* Begins a save when its time has come. */
void limit_keeper_tick(struct limit_keeper *keeper, int64_t now_mono_ms);
/* LIMITS_SAVED came. */
void limit_keeper_note(struct limit_keeper *keeper, enum status status);
/* At a graceful stop, when nothing is taken any more: saves the rest, at most until timeout_ms. */
void limit_keeper_finish(struct limit_keeper *keeper, int64_t timeout_ms);
/* Asks for the rows after after_id (0: all), and puts back what LIMITS_PART brings. False: the part is broken. */
void limit_keeper_ask(struct limit_keeper *keeper, int64_t after_id);
bool limit_keeper_restore(struct limit_keeper *keeper, const struct message *message);
