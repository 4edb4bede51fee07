/* key_load.h - takes all keys into the key table, part by part, while changes go on.
 *
 * A load: its first part -> the other parts, each asked for when the one before it is in, with the changes made
 * meanwhile in between, in the order in which analytics made them -> whole with the last part -> ended. Every part says
 * which version it was read at: if a change of those did not come, the load is given up and begun again.
 * Owned by the listener, as is writing the table. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "access/key_table.h"

struct key_load {
    struct key_table *table;
    bool is_under_way;
    bool is_whole;   /* all keys are in, and the load is not ended */
    int64_t version; /* of what is in */
    int64_t next_id; /* the part that is waited for */
};

enum key_load_step {
    KEY_LOAD_IGNORED, /* a part of a load that was given up */
    KEY_LOAD_NEXT,    /* ask for the part after next_id */
    KEY_LOAD_WHOLE,   /* all keys are in: key_load_end makes them known */
    KEY_LOAD_BROKEN,  /* given up: ask from the first part on, in a while */
};

enum key_load_step key_load_part(struct key_load *load, const struct keys_snapshot *part,
                                 struct bytes body);
/* After KEY_LOAD_WHOLE, at once or later: changes are taken in the meantime. The table is complete, at version. */
void key_load_end(struct key_load *load);
/* A change while a load is under way. False: one before it is missing, and the load is given up. */
bool key_load_change(struct key_load *load, const struct key_record *record);
