/* rate_window.c - at most N requests in any second, counted over a sliding second. */
#include "operation/rate_window.h"

#include <assert.h>
#include <stdlib.h>

void
rate_window_init(struct rate_window *window, uint32_t limit)
{
    assert(limit >= 1 && limit <= RATE_WINDOW_MOST);
    *window = (struct rate_window){.limit = limit};
    window->admitted_ms = calloc(limit, sizeof *window->admitted_ms);
    assert(window->admitted_ms != NULL);
}

void
rate_window_fini(struct rate_window *window)
{
    free(window->admitted_ms);
    *window = (struct rate_window){0};
}

bool
rate_window_admit(struct rate_window *window, int64_t now_ms)
{
    while (window->count > 0 && window->admitted_ms[window->head] <= now_ms - 1000) {
        window->head = (window->head + 1) % window->limit;
        window->count--;
    }
    if (window->count == window->limit)
        return false;
    window->admitted_ms[(window->head + window->count) % window->limit] = now_ms;
    window->count++;
    return true;
}
