/* spy.h - counts what happens in other threads, for the test to wait for. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

enum { SPY_EVENTS_MAX = 8, SPY_WAIT_MS = 60000 };

/* Events are numbers of the test's own. */
struct spy {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int counts[SPY_EVENTS_MAX];
};

#define SPY_INITIAL                                                                                \
    {                                                                                              \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                    \
    }

/* Any thread: it happened once more. */
void spy_note(struct spy *spy, unsigned event);
int spy_count(struct spy *spy, unsigned event);
/* True once it happened count times; false: it did not in SPY_WAIT_MS. */
bool spy_wait(struct spy *spy, unsigned event, int count);
