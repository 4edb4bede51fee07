/* usage_intake.h - which part of a shipped run is new. Pure.
 *
 * The mark is the last sequence of that ring that is stored. A run that ends at or below it came twice; one that starts
 * beyond mark + 1 leaves a gap and is refused whole. */
#pragma once

#include <stdint.h>

enum usage_intake { USAGE_ALL_NEW, USAGE_TAIL_NEW, USAGE_KNOWN, USAGE_GAP };

/* *skip: records at the front that are stored already. count >= 1, first_sequence >= 1. A ring that was never seen
 * (mark 0) starts wherever it says: an older database may have been lost. */
enum usage_intake usage_intake_decide(int64_t mark, int64_t first_sequence, int64_t count,
                                      int64_t *skip);
