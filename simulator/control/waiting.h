/* waiting.h - a lock whose holder can wait for a change until a deadline.
 *
 * waiting_stop ends all waits, now and later: the program is about to end.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    _Atomic bool stopping;
};

void waiting_init(struct waiting *waiting);
void waiting_fini(struct waiting *waiting);
void waiting_enter(struct waiting *waiting);
void waiting_leave(struct waiting *waiting);

/* These two with the lock held. until: false once deadline_ms (monotonic) has passed or a stop was
 * asked for; true after a change, or without cause. */
void waiting_notify(struct waiting *waiting);
bool waiting_until(struct waiting *waiting, int64_t deadline_ms);

void waiting_stop(struct waiting *waiting);
bool waiting_is_stopping(struct waiting *waiting);

/* Without the lock: sleeps so long; false when a stop cut it short. */
bool waiting_pause(struct waiting *waiting, int64_t pause_ms);

/* Milliseconds that only go forward. */
int64_t waiting_now_ms(void);
