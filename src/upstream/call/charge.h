/* charge.h - what a finished transfer costs, as far as it can be known. Pure.
 *
 * The paid API bills what it answered with 200 and a body; everything else is free. What nobody can know is UNKNOWN: the
 * request may have arrived, but no status came back; or a 200 came whose head says nothing of a body, because it was cut or
 * refused before its end, or because the body was to last until the connection's end and none of it came. */
#pragma once

#include "decision.h"
#include "transfer/transfer.h"

enum charge charge_of(const struct transfer_result *result);
