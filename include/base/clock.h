/* clock.h - the only sources of time.
 *
 * Monotonic time drives waits, limits, leases and TTLs in memory; wall time is what is stored.
 * Tests move both through one file that holds two int64_t offsets in nanoseconds (monotonic, wall):
 * it is mapped when ENVIRONMENT=test and RENTCACHE_TEST_CLOCK names it, refused otherwise. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

int64_t clock_mono_ns(void);        /* precise, about 24 ns */
int64_t clock_mono_coarse_ms(void); /* within 4 ms, about 5 ns: limits and TTLs */
int64_t clock_mono_ms(void);
int64_t clock_thread_cpu_ns(void);  /* what this thread had of a processor */
int64_t clock_wall_us(void);        /* microseconds since 1970, precise */
int64_t clock_wall_ms(void);        /* milliseconds since 1970, precise */
int64_t clock_wall_coarse_ms(void); /* milliseconds since 1970, within 4 ms */
/* A monotonic time as ns since 1970, by what the wall clock was at the first call in this process: it does not step with
 * the wall clock, and means about the same in the next process. */
int64_t clock_steady_ns(int64_t mono_ns);

/* Maps the test clock. STATUS_FORBIDDEN when ENVIRONMENT is not "test". Call before threads start. */
enum status clock_use_test_file(const char *path);

/* Writes "2026-01-15T12:00:00.123456Z" (27 bytes and NUL). buffer: at least 28 bytes. */
#define CLOCK_TEXT_SIZE 28
void clock_format_wall_us(int64_t wall_us, char *buffer);
/* Reads the form above, also without fraction or with 1-6 digits, "Z" or "+00:00", or a bare date.
 * False when it is none of these. */
bool clock_parse_wall_us(const char *text, int64_t *wall_us);
