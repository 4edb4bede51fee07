/* transfer_loop.h - libcurl's sockets and timers, by events: what does not move costs nothing.
 *
 * The library's own loop looks at every transfer at each turn, so that a hundred calls that hang would slow down all others.
 * One thread. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transfer_loop {
    CURLM *multi;
    int epoll_fd;
    int64_t timer_at_ms; /* monotonic: when the library wants to be asked; -1: not */
};

/* False: no memory or descriptor. */
bool transfer_loop_init(struct transfer_loop *loop);
/* All handles were removed. */
void transfer_loop_fini(struct transfer_loop *loop);
/* Moves everything that can move; what ended is read by curl_multi_info_read. */
void transfer_loop_step(struct transfer_loop *loop);
/* Waits for the library's sockets and timer, or the other fds, at most timeout_ms. */
void transfer_loop_wait(const struct transfer_loop *loop, const int *fds, size_t fd_count,
                        int64_t timeout_ms);
