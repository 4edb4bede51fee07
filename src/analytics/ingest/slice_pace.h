/* slice_pace.h - how many rows are stored at once, and when the next ones are. Pure.
 *
 * A thread that wants more than its share of the processor is made to wait for it, whatever it does next: on a machine whose
 * hits take all processors, the thread that stores rows without a pause is late for the reservations of paid calls. So
 * while calls are reserved and slices are held up, rows rest: the thread is ready when a reservation comes. They do not
 * rest when they have waited for long, or the spool would fill up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing was stored yet. */
struct slice_pace {
    bool is_held_up;     /* the last slice waited for the processor for longer than it had it */
    int64_t rest_end_ms; /* monotonic; 0: no rest */
};

/* What is known of a slice that was stored. */
struct slice_course {
    int64_t wall_ns, cpu_ns; /* what it took, and what of that on the processor */
    bool is_reserving;       /* calls were reserved in the last second */
    int64_t age_ms;          /* of the oldest row that waits */
};

void slice_pace_note(struct slice_pace *pace, const struct slice_course *course, int64_t now_ms);
int64_t slice_pace_rows(const struct slice_pace *pace);
/* Until the next slice; 0: it may be stored. */
int64_t slice_pace_rest_ms(const struct slice_pace *pace, int64_t now_ms);
