/* fake_actor.c - noting what comes, and speaking from a script. */
/* links: @core */
#include "support/actor/fake_actor.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "actor/wire.h"
#include "support/now.h"

struct script_line {
    struct script_line *next;
    struct message message; /* bytes are the test's and stay; the body is held */
    struct sender to;       /* correlation_id for a question to the partner */
    bool is_answer;
};

static void
copy_bytes(struct received *received)
{
    const struct schema *schema = message_schema(received->message.kind);
    uint8_t *body = (uint8_t *)&received->message.u;
    size_t size = 0;
    uint8_t *end;

    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].type == FIELD_BYTES)
            size += ((struct bytes *)(void *)(body + schema->fields[i].offset))->size;
    end = received->text = malloc(size + 1);
    for (size_t i = 0; i < schema->field_count; i++) {
        struct bytes *bytes = (struct bytes *)(void *)(body + schema->fields[i].offset);

        if (schema->fields[i].type != FIELD_BYTES)
            continue;
        if (bytes->size > 0)
            memcpy(end, bytes->data, bytes->size);
        *bytes = bytes_of(end, bytes->size);
        end += bytes->size;
    }
}

static void
fake_actor_hear(void *state, const struct message *message, const struct sender *from)
{
    struct fake_actor *self = state;
    struct received received = {.message = *message, .from = *from};

    received.message.body = blob_hold(message->body);
    received.message.request_id = bytes_of(NULL, 0);
    copy_bytes(&received);
    pthread_mutex_lock(&self->mutex);
    if (self->received_count == FAKE_ACTOR_RECEIVED_MAX)
        abort(); /* not ck_assert: this is not the test's thread */
    self->received[self->received_count++] = received;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->mutex);
    if (self->habits.on_message != NULL)
        self->habits.on_message(self, message);
}

static struct script_line *
take_line(struct fake_actor *self)
{
    struct script_line *line;

    pthread_mutex_lock(&self->mutex);
    line = self->first;
    if (line != NULL)
        self->first = line->next;
    pthread_mutex_unlock(&self->mutex);
    return line;
}

static void
fake_actor_speak(void *state, int fd)
{
    struct fake_actor *self = state;
    struct script_line *line;
    eventfd_t count;

    eventfd_read(fd, &count);
    while ((line = take_line(self)) != NULL) {
        line->message.correlation_id = line->to.correlation_id;
        if (line->is_answer)
            (void)actor_reply(self->actor, &line->to, &line->message);
        else if (actor_tell(self->actor, self->partner, &line->message) != STATUS_OK)
            abort();
        blob_release(&line->message.body);
        free(line);
    }
}

static void
on_peer(void *state, enum actor_id peer, enum peer_event event, const struct message *reply)
{
    struct fake_actor *self = state;

    (void)peer;
    (void)reply;
    if (event != PEER_DOWN && self->habits.on_partner != NULL)
        self->habits.on_partner(self);
}

static void *
fake_actor_create(struct actor *actor, const struct config *config, void *argument)
{
    struct fake_actor *self = argument;

    (void)config;
    self->actor = actor;
    return actor_watch(actor, self->fd, fake_actor_speak) ? self : NULL;
}

/* The test owns it. */
static void
fake_actor_leave(void *state)
{
    (void)state;
}

static const struct actor_route routes[] = {
    {MSG_UPSTREAM_FETCH, fake_actor_hear},  {MSG_CACHE_REPLY, fake_actor_hear},
    {MSG_PURGE_REPLY, fake_actor_hear},     {MSG_ENTRY_PUSH, fake_actor_hear},
    {MSG_NEAR_PURGE, fake_actor_hear},      {MSG_LISTENER_WELCOME, fake_actor_hear},
    {MSG_HEARTBEAT_REPLY, fake_actor_hear}, {MSG_KEYS_SNAPSHOT, fake_actor_hear},
    {MSG_KEY_CHANGED, fake_actor_hear},     {MSG_ENTRY_HITS, fake_actor_hear},
    {MSG_LEDGER_OPEN, fake_actor_hear},     {MSG_LEDGER_RESERVE, fake_actor_hear},
    {MSG_LEDGER_SETTLE, fake_actor_hear},   {MSG_UPSTREAM_REPLY, fake_actor_hear},
    {MSG_UPSTREAM_CANCEL, fake_actor_hear},
};

void
fake_actor_init(struct fake_actor *self)
{
    *self = (struct fake_actor){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    pthread_mutex_init(&self->mutex, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->received = calloc(FAKE_ACTOR_RECEIVED_MAX, sizeof *self->received);
    ck_assert(self->fd >= 0 && self->received != NULL);
}

void
fake_actor_fini(struct fake_actor *self)
{
    for (size_t i = 0; i < self->received_count; i++) {
        blob_release(&self->received[i].message.body);
        free(self->received[i].text);
    }
    free(self->received);
    close(self->fd);
}

static void
fake_actor_start(struct fake_actor *self, struct actor_system *system)
{
    self->class.create = fake_actor_create;
    self->class.destroy = fake_actor_leave;
    self->class.routes = routes;
    self->class.route_count = COUNT(routes);
    self->runner = actor_start(system, &self->class, self);
    ck_assert_ptr_nonnull(self->runner);
}

void
fake_actor_serve(struct fake_actor *self, struct actor_system *system, enum actor_id id)
{
    self->class = (struct actor_class){.name = actor_id_name(id), .id = id, .has_inbox = true};
    fake_actor_start(self, system);
}

void
fake_actor_join(struct fake_actor *self, struct actor_system *system, enum actor_id id,
                enum actor_id partner)
{
    self->partner = partner;
    self->class = (struct actor_class){.name = actor_id_name(id),
                                       .id = id,
                                       .peers = &self->partner,
                                       .peer_count = 1,
                                       .on_peer = on_peer};
    fake_actor_start(self, system);
}

void
fake_actor_say(struct fake_actor *self, const struct message *message,
               const struct sender *answer_to, uint64_t question)
{
    struct script_line *line = calloc(1, sizeof *line);

    ck_assert_ptr_nonnull(line);
    line->message = *message;
    line->message.body = blob_hold(message->body);
    line->is_answer = answer_to != NULL;
    if (answer_to != NULL)
        line->to = *answer_to;
    else
        line->to.correlation_id = question;
    pthread_mutex_lock(&self->mutex);
    if (self->first == NULL)
        self->first = line;
    else
        self->last->next = line;
    self->last = line;
    pthread_mutex_unlock(&self->mutex);
    eventfd_write(self->fd, 1);
}

/* Under mutex. */
static const struct received *
find_received(const struct fake_actor *self, enum message_kind kind, uint64_t question, size_t n)
{
    for (size_t i = 0; i < self->received_count; i++) {
        const struct received *received = &self->received[i];

        if (received->message.kind == kind &&
            (question == 0 || received->from.correlation_id == question) && --n == 0)
            return received;
    }
    return NULL;
}

const struct received *
fake_actor_wait(struct fake_actor *self, enum message_kind kind, uint64_t question, size_t n,
                int64_t timeout_ms)
{
    struct timespec until = deadline_in(timeout_ms);
    const struct received *found;

    pthread_mutex_lock(&self->mutex);
    while ((found = find_received(self, kind, question, n)) == NULL &&
           pthread_cond_timedwait(&self->changed, &self->mutex, &until) == 0)
        ;
    pthread_mutex_unlock(&self->mutex);
    return found;
}

const struct received *
fake_actor_expect(struct fake_actor *self, enum message_kind kind, size_t n)
{
    const struct received *found = fake_actor_wait(self, kind, 0, n, FAKE_ACTOR_WAIT_MS);

    ck_assert_msg(found != NULL, "%s number %zu did not come", message_kind_name(kind), n);
    return found;
}

size_t
fake_actor_count(struct fake_actor *self, enum message_kind kind)
{
    size_t count = 0;

    pthread_mutex_lock(&self->mutex);
    for (size_t i = 0; i < self->received_count; i++)
        count += self->received[i].message.kind == kind;
    pthread_mutex_unlock(&self->mutex);
    return count;
}

const struct received *
fake_actor_last(struct fake_actor *self, enum message_kind kind)
{
    size_t count = fake_actor_count(self, kind);

    ck_assert_msg(count > 0, "no %s came", message_kind_name(kind));
    return fake_actor_expect(self, kind, count);
}

void
fake_actor_settle(struct fake_actor *self)
{
    fake_actor_expect(self, MSG_HEARTBEAT_REPLY, fake_actor_count(self, MSG_HEARTBEAT_REPLY) + 2);
}
