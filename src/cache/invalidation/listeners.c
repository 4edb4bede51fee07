/* listeners.c - the gateways' listeners: where each is told, and which purges it confirmed. */

#include "invalidation/listeners.h"

#include <assert.h>
#include <stdlib.h>

void
listeners_fini(struct listeners *listeners)
{
    while (listeners->count > 0)
        listeners_remove(listeners, &listeners->rows[0]);
}

struct listener *
listeners_find(struct listeners *listeners, int64_t gateway_id)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->rows[i].gateway_id == gateway_id)
            return &listeners->rows[i];
    }
    return NULL;
}

void
listeners_remove(struct listeners *listeners, struct listener *listener)
{
    assert(listener >= listeners->rows && listener < listeners->rows + listeners->count);
    free(listener->to);
    *listener = listeners->rows[--listeners->count];
}

static void
make_room(struct listeners *listeners)
{
    struct listener *out = &listeners->rows[0];

    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->rows[i].is_silent)
            out = &listeners->rows[i];
    }
    listeners_remove(listeners, out);
}

struct listener *
listeners_register(struct listeners *listeners, int64_t gateway_id, struct sender *to,
                   int64_t number)
{
    struct listener *listener = listeners_find(listeners, gateway_id);

    if (listener != NULL)
        listeners_remove(listeners, listener);
    else if (listeners->count == LISTENERS_MAX)
        make_room(listeners);
    listener = &listeners->rows[listeners->count++];
    *listener =
        (struct listener){.gateway_id = gateway_id, .to = to, .sent = number, .confirmed = number};
    return listener;
}

void
listeners_confirm(struct listeners *listeners, int64_t gateway_id, int64_t number)
{
    struct listener *listener = listeners_find(listeners, gateway_id);

    if (listener == NULL || number > listener->sent)
        return;
    listener->is_silent = false;
    if (number > listener->confirmed)
        listener->confirmed = number;
}

static size_t
count_behind(const struct listeners *listeners, int64_t number, bool with_silent)
{
    size_t count = 0;

    for (size_t i = 0; i < listeners->count; i++) {
        const struct listener *listener = &listeners->rows[i];

        if (listener->confirmed < number && (with_silent || !listener->is_silent))
            count++;
    }
    return count;
}

size_t
listeners_awaited(const struct listeners *listeners, int64_t number)
{
    return count_behind(listeners, number, false);
}

size_t
listeners_give_up(struct listeners *listeners, int64_t number)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->rows[i].confirmed < number)
            listeners->rows[i].is_silent = true;
    }
    return count_behind(listeners, number, true);
}
