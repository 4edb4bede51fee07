/* settlements.c - a bounded array; the last one fills the gap of a removed one. */
#include "call/settlements.h"

#include <assert.h>
#include <stdlib.h>

bool
settlements_init(struct settlements *settlements)
{
    settlements->rows = calloc(SETTLEMENTS_MAX, sizeof *settlements->rows);
    settlements->count = 0;
    return settlements->rows != NULL;
}

void
settlements_fini(struct settlements *settlements)
{
    free(settlements->rows);
    settlements->rows = NULL;
}

bool
settlements_are_full(const struct settlements *settlements)
{
    return settlements->count == SETTLEMENTS_MAX;
}

struct settlement *
settlements_add(struct settlements *settlements, const struct settlement *settlement)
{
    assert(!settlements_are_full(settlements));
    settlements->rows[settlements->count] = *settlement;
    return &settlements->rows[settlements->count++];
}

bool
settlements_remove(struct settlements *settlements, struct bytes call_id,
                   struct settlement *removed)
{
    for (size_t i = 0; i < settlements->count; i++) {
        if (bytes_equal_text(call_id, settlements->rows[i].call_id)) {
            *removed = settlements->rows[i];
            settlements->rows[i] = settlements->rows[--settlements->count];
            return true;
        }
    }
    return false;
}
