/* usage_intake.c - comparing two numbers, in one place. */
#include "usage_intake.h"

enum usage_intake
usage_intake_decide(int64_t mark, int64_t first_sequence, int64_t count, int64_t *skip)
{
    *skip = 0;
    if (mark == 0 || first_sequence == mark + 1)
        return USAGE_ALL_NEW;
    if (first_sequence > mark + 1)
        return USAGE_GAP;
    if (first_sequence + count - 1 <= mark)
        return USAGE_KNOWN;
    *skip = mark + 1 - first_sequence;
    return USAGE_TAIL_NEW;
}
