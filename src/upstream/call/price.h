/* price.h - what a call costs by its response: a number that it tells, times the price of one. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "price_rule.h"

/* Digits with an optional fraction, "1284" or "0.0125", also in quotes, times the price; a half micro-dollar is rounded up.
 * False: it is no such number, or too large for money. */
bool price_of_units(struct bytes units, int64_t pico_usd_per_unit, int64_t *cost_micro_usd);

/* headers: lines, as in messages. The pointer is looked for in a JSON body; in a text/event-stream in the data of each
 * event, of which the last that has it counts (a stream tells its usage at its end). False: the response does not tell
 * its price. */
bool price_of_response(const struct price_rule *rule, struct bytes headers, struct bytes body,
                       int64_t *cost_micro_usd);
