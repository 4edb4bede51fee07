/* warming_queue.h - which targets of the warming list are asked for when, and when it is enough. Pure.
 *
 * Of an item: WAITING (due at due_ms) -> ASKED (unanswered until due_ms counts as lost) -> DONE. A reply that says "not
 * now", or none, makes it WAITING again, each time for longer; any other reply is final, also a failure, as asking again
 * may cost money again. After give_up_ms what is not DONE is LATE. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "status.h"

enum warming_state { WARMING_WAITING, WARMING_ASKED, WARMING_DONE, WARMING_LATE };

struct warming_item {
    enum warming_state state;
    int64_t due_ms;
    int64_t delay_ms; /* before the next try */
    uint64_t correlation_id;
};

struct warming_queue {
    struct warming_item items[WARMING_MOST];
    size_t count;
    size_t asked, over; /* how many are ASKED; DONE or LATE */
    size_t at_once;
    int64_t response_ms; /* a reply is waited for this long */
    int64_t give_up_ms;
};

void warming_queue_init(struct warming_queue *queue, size_t count, size_t at_once,
                        int64_t response_ms, int64_t give_up_ms);
/* The item to ask for now; count: none. */
size_t warming_queue_next(const struct warming_queue *queue, int64_t now_ms);
void warming_queue_ask(struct warming_queue *queue, size_t index, uint64_t correlation_id,
                       int64_t now_ms);
/* The item that was asked under this id; count: none is. */
size_t warming_queue_find(const struct warming_queue *queue, uint64_t correlation_id);
/* Takes the reply to an item that is ASKED. False: it will be tried again. */
bool warming_queue_take_reply(struct warming_queue *queue, size_t index, enum status status,
                              int64_t retry_after_ms, int64_t now_ms);
/* What was asked is lost: all of it is asked again. */
void warming_queue_lost(struct warming_queue *queue, int64_t now_ms);
/* Notes what is late. True: the time is over, and what was left is LATE now. */
bool warming_queue_tick(struct warming_queue *queue, int64_t now_ms);
bool warming_queue_is_over(const struct warming_queue *queue);
