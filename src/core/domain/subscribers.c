/* subscribers.c - a short array. */
#include "subscribers.h"

#include <assert.h>
#include <string.h>

struct subscriber *
subscribers_find(struct subscribers *subscribers, int64_t gateway_id)
{
    for (size_t i = 0; i < subscribers->count; i++)
        if (subscribers->rows[i].gateway_id == gateway_id)
            return &subscribers->rows[i];
    return NULL;
}

void
subscribers_remove(struct subscribers *subscribers, struct subscriber *subscriber)
{
    size_t behind = (size_t)(subscribers->rows + subscribers->count - subscriber) - 1;

    assert(subscriber >= subscribers->rows && behind < subscribers->count);
    memmove(subscriber, subscriber + 1, behind * sizeof *subscriber);
    subscribers->count--;
}

void
subscribers_remove_silent(struct subscribers *subscribers)
{
    for (size_t i = subscribers->count; i > 0; i--)
        if (subscribers->rows[i - 1].is_silent)
            subscribers_remove(subscribers, &subscribers->rows[i - 1]);
}

static void
make_room(struct subscribers *subscribers)
{
    struct subscriber *out = &subscribers->rows[0];

    for (size_t i = 0; i < subscribers->count && !out->is_silent; i++)
        if (subscribers->rows[i].is_silent)
            out = &subscribers->rows[i];
    subscribers_remove(subscribers, out);
}

struct subscriber *
subscribers_add(struct subscribers *subscribers, int64_t gateway_id, const struct sender *sender,
                int64_t sent, int64_t confirmed)
{
    struct subscriber *subscriber = subscribers_find(subscribers, gateway_id);

    if (subscriber != NULL)
        subscribers_remove(subscribers, subscriber);
    else if (subscribers->count == SUBSCRIBERS_MAX)
        make_room(subscribers);
    subscriber = &subscribers->rows[subscribers->count++];
    *subscriber = (struct subscriber){
        .gateway_id = gateway_id, .sender = *sender, .sent = sent, .confirmed = confirmed};
    subscriber->sender.correlation_id = 0;
    subscriber->sender.request_id[0] = '\0';
    return subscriber;
}

void
subscribers_confirm(struct subscribers *subscribers, int64_t gateway_id, int64_t number)
{
    struct subscriber *subscriber = subscribers_find(subscribers, gateway_id);

    if (subscriber == NULL || number > subscriber->sent)
        return;
    subscriber->is_silent = false;
    if (number > subscriber->confirmed)
        subscriber->confirmed = number;
}

size_t
subscribers_awaited(const struct subscribers *subscribers, int64_t number)
{
    size_t count = 0;

    for (size_t i = 0; i < subscribers->count; i++)
        count += subscribers->rows[i].confirmed < number && !subscribers->rows[i].is_silent;
    return count;
}

size_t
subscribers_give_up(struct subscribers *subscribers, int64_t number)
{
    size_t count = 0;

    for (size_t i = 0; i < subscribers->count; i++) {
        if (subscribers->rows[i].confirmed < number) {
            subscribers->rows[i].is_silent = true;
            count++;
        }
    }
    return count;
}
