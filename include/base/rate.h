/* rate.h - the text of a limit, "60/minute", "1000/hour", "5000/second" or "none". Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* count requests per period; count 0 means no limit ("none"). count <= 1,000,000,000. */
struct rate {
    int64_t count;
    int64_t period_ms; /* 1000, 60000, 3600000 or 86400000 */
};

/* Accepts "N/unit" with unit second|minute|hour|day (also plural, and "N per unit"), or "none".
 * False: neither; *rate untouched. */
bool rate_parse(struct bytes text, struct rate *rate);
/* Which of the RATE_UNIT_COUNT units its period is. */
#define RATE_UNIT_COUNT 4
size_t rate_unit(const struct rate *rate);
/* Writes the canonical text, at most 32 bytes with NUL. */
#define RATE_TEXT_SIZE 32
void rate_format(const struct rate *rate, char *buffer);
