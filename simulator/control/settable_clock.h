/* settable_clock.h - the simulated wall clock.
 *
 * It either runs, with an offset to the machine's clock, or stands still at an instant that was
 * set; advancing moves either. Any thread may call.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct settable_clock {
    _Atomic int64_t offset_ms; /* while it runs */
    _Atomic int64_t set_ms;    /* where it stands, SETTABLE_CLOCK_RUNS while it runs */
};

#define SETTABLE_CLOCK_RUNS INT64_MIN

void settable_clock_init(struct settable_clock *clock, int64_t set_ms);
int64_t settable_clock_now_ms(struct settable_clock *clock);

/* The clock stands at that instant; SETTABLE_CLOCK_RUNS: it follows the machine's clock again. */
void settable_clock_set(struct settable_clock *clock, int64_t set_ms);
void settable_clock_advance(struct settable_clock *clock, int64_t by_ms);
bool settable_clock_stands(struct settable_clock *clock);

/* The machine's own clock: what Date headers and the journal show. */
int64_t settable_clock_machine_ms(void);
