/* warming_queue.c - the states of the warming list's items. */
#include "warming/warming_queue.h"

#include <assert.h>
#include <string.h>

#define FIRST_DELAY_MS   500
#define LONGEST_DELAY_MS 30000

void
warming_queue_init(struct warming_queue *queue, size_t count, size_t at_once, int64_t response_ms,
                   int64_t give_up_ms)
{
    assert(count <= WARMING_MOST);
    memset(queue, 0, sizeof *queue);
    queue->count = count;
    queue->at_once = at_once;
    queue->response_ms = response_ms;
    queue->give_up_ms = give_up_ms;
    for (size_t i = 0; i < count; i++)
        queue->items[i].delay_ms = FIRST_DELAY_MS;
}

size_t
warming_queue_next(const struct warming_queue *queue, int64_t now_ms)
{
    if (queue->asked >= queue->at_once)
        return queue->count;
    for (size_t i = 0; i < queue->count; i++) {
        const struct warming_item *item = &queue->items[i];

        if (item->state == WARMING_WAITING && now_ms >= item->due_ms)
            return i;
    }
    return queue->count;
}

void
warming_queue_ask(struct warming_queue *queue, size_t index, uint64_t correlation_id,
                  int64_t now_ms)
{
    struct warming_item *item = &queue->items[index];

    assert(item->state == WARMING_WAITING);
    item->state = WARMING_ASKED;
    item->correlation_id = correlation_id;
    item->due_ms = now_ms + queue->response_ms;
    queue->asked++;
}

size_t
warming_queue_find(const struct warming_queue *queue, uint64_t correlation_id)
{
    for (size_t i = 0; i < queue->count; i++) {
        if (queue->items[i].state == WARMING_ASKED &&
            queue->items[i].correlation_id == correlation_id)
            return i;
    }
    return queue->count;
}

/* Nothing was sent to the paid API, or somebody else will say what came of it. */
static bool
means_not_now(enum status status)
{
    return status == STATUS_UNAVAILABLE || status == STATUS_OVERLOADED ||
           status == STATUS_NOT_READY || status == STATUS_LEDGER_UNAVAILABLE ||
           status == STATUS_UPSTREAM_LIMITED || status == STATUS_STOPPING ||
           status == STATUS_NO_MEMORY;
}

static void
wait_again(struct warming_item *item, int64_t at_least_ms, int64_t now_ms)
{
    item->state = WARMING_WAITING;
    item->due_ms = now_ms + (at_least_ms > item->delay_ms ? at_least_ms : item->delay_ms);
    item->delay_ms *= 2;
    if (item->delay_ms > LONGEST_DELAY_MS)
        item->delay_ms = LONGEST_DELAY_MS;
}

bool
warming_queue_take_reply(struct warming_queue *queue, size_t index, enum status status,
                         int64_t retry_after_ms, int64_t now_ms)
{
    struct warming_item *item = &queue->items[index];

    assert(item->state == WARMING_ASKED);
    queue->asked--;
    if (means_not_now(status)) {
        wait_again(item, retry_after_ms, now_ms);
        return false;
    }
    item->state = WARMING_DONE;
    queue->over++;
    return true;
}

void
warming_queue_lost(struct warming_queue *queue, int64_t now_ms)
{
    for (size_t i = 0; i < queue->count; i++) {
        if (queue->items[i].state == WARMING_ASKED)
            wait_again(&queue->items[i], 0, now_ms);
    }
    queue->asked = 0;
}

static void
end_rest(struct warming_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++) {
        struct warming_item *item = &queue->items[i];

        if (item->state == WARMING_WAITING || item->state == WARMING_ASKED)
            item->state = WARMING_LATE;
    }
    queue->asked = 0;
    queue->over = queue->count;
}

bool
warming_queue_tick(struct warming_queue *queue, int64_t now_ms)
{
    if (!warming_queue_is_over(queue) && now_ms >= queue->give_up_ms) {
        end_rest(queue);
        return true;
    }
    for (size_t i = 0; i < queue->count; i++) {
        struct warming_item *item = &queue->items[i];

        if (item->state == WARMING_ASKED && now_ms >= item->due_ms) {
            wait_again(item, 0, now_ms);
            queue->asked--;
        }
    }
    return false;
}

bool
warming_queue_is_over(const struct warming_queue *queue)
{
    return queue->over == queue->count;
}
