/* charge.h - what a finished transfer costs, as far as it can be known. Pure.
 *
 * The paid API bills what it answered with 200 and a body; everything else is free. What nobody can know is
 * UNKNOWN: the request may have arrived, but no status came back. */
#pragma once

#include "decision.h"
#include "transfer/transfer.h"

enum charge charge_of(const struct transfer_result *result);
