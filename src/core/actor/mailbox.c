/* mailbox.c - the client side: ask an actor with a deadline, from a thread that is no actor.
 *
 * Life of a request: sent -> waited for, while parts of large bodies move both ways -> answered, or given up at its
 * deadline, or at once when the connection to the actor ends: a request that was on its way then is lost,
 * and a link that has no connection cannot be written to, which is looked at each time the socket stirs. Only
 * an actor that is back before its end was seen (ZeroMQ connects again after 50 ms) leaves the wait to the deadline. */

#include "actor/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>

#include "actor/actor_system.h"
#include "base/clock.h"
#include "metrics.h"

enum {
    CONNECT_MS = 5000, /* the first request waits so long for its connection among many, */
    PROBE_MS = 50,     /* and looks this often whether anybody listens at all */
    QUEUE_MARGIN = 16, /* parts and credits that may be in the queue besides requests */
};

struct mailbox {
    struct link link;
    uint64_t correlation_id; /* of the last request */
    uint64_t first_id;       /* of the requests whose answers count */
    int64_t unanswered; /* requests sent since the last answer: a full queue, or nobody there? */
    int64_t queue_messages;
    bool is_past_connecting; /* was connected once, or found that nobody listens */
};

struct mailbox *
mailbox_create(struct actor_system *system, enum actor_id as, enum actor_id to)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox);

    if (mailbox == NULL)
        return NULL;
    mailbox->queue_messages = actor_system_config(system)->actors.inbox_messages;
    if (getrandom(&mailbox->correlation_id, sizeof mailbox->correlation_id, 0) < 0 ||
        !link_init(&mailbox->link, system, as, to)) {
        free(mailbox);
        return NULL;
    }
    return mailbox;
}

void
mailbox_destroy(struct mailbox **mailbox)
{
    if (*mailbox == NULL)
        return;
    link_fini(&(*mailbox)->link, 0);
    free(*mailbox);
    *mailbox = NULL;
}

void
mailbox_done(struct mailbox *mailbox)
{
    if (mailbox->link.channel != NULL)
        channel_done(mailbox->link.channel);
}

/* Sleeps until the socket stirs or the time is over. */
static void
wait_for_socket(struct channel *channel, int64_t timeout_ms)
{
    struct pollfd socket = {.fd = channel_fd(channel), .events = POLLIN};

    poll(&socket, 1, timeout_ms > 0 ? (int)timeout_ms : 0);
}

static int64_t
mailbox_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A connection between processes takes a moment. Only the first one is waited for, by as many requests as have
 * the time, and only while somebody listens there. */
static void
wait_for_connection(struct mailbox *mailbox, struct channel *channel, int64_t deadline_ms)
{
    const struct endpoint *endpoint = actor_system_endpoint(mailbox->link.system, mailbox->link.to);
    int64_t now_ms = clock_mono_ms();
    int64_t until_ms = mailbox_least(deadline_ms, now_ms + CONNECT_MS);
    int64_t probe_ms = now_ms + PROBE_MS;

    while (!mailbox->is_past_connecting && now_ms < until_ms) {
        if (channel_is_writable(channel) ||
            (now_ms >= probe_ms && !endpoint_is_listening(endpoint))) {
            mailbox->is_past_connecting = true;
            return;
        }
        if (now_ms >= probe_ms)
            probe_ms = now_ms + PROBE_MS;
        wait_for_socket(channel, mailbox_least(until_ms, probe_ms) - now_ms);
        now_ms = clock_mono_ms();
    }
}

static enum status
send_request(struct mailbox *mailbox, struct channel *channel, struct message *request,
             int64_t deadline_ms)
{
    request->sender = mailbox->link.self;
    request->correlation_id = ++mailbox->correlation_id;
    wait_for_connection(mailbox, channel, deadline_ms);
    request->time_left_ms = deadline_ms - clock_mono_ms();
    if (request->time_left_ms <= 0)
        return STATUS_TIMEOUT;

    enum status status = channel_send(channel, NULL, request, clock_mono_ms());

    if (status == STATUS_OVERLOADED && mailbox->unanswered + QUEUE_MARGIN < mailbox->queue_messages)
        return STATUS_UNAVAILABLE;
    if (status == STATUS_OK)
        mailbox->unanswered++;
    return status;
}

static bool
is_lost(struct mailbox *mailbox, struct channel *channel)
{
    return mailbox->unanswered + QUEUE_MARGIN < mailbox->queue_messages &&
           !channel_is_writable(channel) && !channel_is_readable(channel);
}

static bool
is_awaited(const struct mailbox *mailbox, uint64_t correlation_id)
{
    return correlation_id - mailbox->first_id <= mailbox->correlation_id - mailbox->first_id;
}

/* OK: *reply is the answer; EMPTY: nothing more there; NOT_READY: something else was taken. */
static enum status
mailbox_take(struct mailbox *mailbox, struct channel *channel, struct message *reply)
{
    struct body_address from;
    enum status status = channel_receive(channel, reply, &from, clock_mono_ms());
    enum actor_id self = mailbox->link.self;

    if (status == STATUS_MALFORMED || status == STATUS_NO_MEMORY) {
        metric_add((enum metric)(METRIC_BAD_MESSAGES_GATEWAY + (int)self), 1);
        return STATUS_NOT_READY;
    }
    if (status != STATUS_OK)
        return status;
    mailbox->unanswered = 0;
    if (reply->sender == mailbox->link.to && message_receiver(reply->kind) == self &&
        is_awaited(mailbox, reply->correlation_id))
        return STATUS_OK;
    message_fini(reply); /* the late answer to an older request */
    return STATUS_NOT_READY;
}

static enum status
wait_for_reply(struct mailbox *mailbox, struct channel *channel, int64_t deadline_ms,
               struct message *reply)
{
    for (;;) {
        enum status status = mailbox_take(mailbox, channel, reply);
        int64_t now_ms = clock_mono_ms();

        if (status == STATUS_OK)
            return STATUS_OK;
        if (now_ms >= deadline_ms)
            return STATUS_TIMEOUT;
        if (status != STATUS_EMPTY)
            continue;
        if (is_lost(mailbox, channel))
            return STATUS_UNAVAILABLE;

        int64_t work_ms = channel_work(channel, now_ms);

        /* Both calls may have moved what the descriptor would have told. */
        if (!channel_is_readable(channel))
            wait_for_socket(channel, mailbox_least(deadline_ms - now_ms, work_ms));
    }
}

enum status
mailbox_begin(struct mailbox *mailbox)
{
    struct channel *channel;

    mailbox_done(mailbox);
    channel = link_open(&mailbox->link);
    if (channel == NULL)
        return STATUS_UNAVAILABLE;
    channel_forget(channel);
    mailbox->first_id = mailbox->correlation_id + 1;
    return STATUS_OK;
}

enum status
mailbox_send(struct mailbox *mailbox, struct message *request, int64_t timeout_ms)
{
    return send_request(mailbox, mailbox->link.channel, request, clock_mono_ms() + timeout_ms);
}

enum status
mailbox_receive(struct mailbox *mailbox, int64_t timeout_ms, struct message *reply)
{
    mailbox_done(mailbox);
    return wait_for_reply(mailbox, mailbox->link.channel, clock_mono_ms() + timeout_ms, reply);
}

enum status
mailbox_ask(struct mailbox *mailbox, struct message *request, int64_t timeout_ms,
            struct message *reply)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    enum status status = mailbox_begin(mailbox);

    if (status == STATUS_OK)
        status = send_request(mailbox, mailbox->link.channel, request, deadline_ms);
    return status == STATUS_OK ? wait_for_reply(mailbox, mailbox->link.channel, deadline_ms, reply)
                               : status;
}
