/* rate_window.h - at most N requests in any second, counted over a sliding second. Pure.
 *
 * The window is (now - 1000 ms, now]: a request exactly one second old no longer counts. What is
 * refused does not count either.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    RATE_WINDOW_MOST = 1000, /* the highest limit */
};

/* All zero is an empty window. The ring belongs to the window. */
struct rate_window {
    int64_t *admitted_ms; /* ring of limit instants, oldest at head */
    uint32_t limit;
    uint32_t head;
    uint32_t count;
};

/* limit: 1 to RATE_WINDOW_MOST. */
void rate_window_init(struct rate_window *window, uint32_t limit);
void rate_window_fini(struct rate_window *window);

/* Whether a request at now_ms is inside the limit; it is counted then. now_ms never goes back. */
bool rate_window_admit(struct rate_window *window, int64_t now_ms);
