/* fake_actor.h - an actor without a will, for the tests of a real one: what it is sent it notes, what it says the test tells
 * it to.
 *
 * Several of them stand around the actor under test, each in a thread of its own. Nothing here sleeps: the test waits for the
 * n-th message of a kind, with a deadline. What was received stays until fake_actor_fini. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "actor/actor.h"
#include "messages.h"

enum { FAKE_ACTOR_WAIT_MS = 60000, FAKE_ACTOR_RECEIVED_MAX = 8192 };

/* A message that came, with copies of all its bytes; its body is held. */
struct received {
    struct message message;
    struct sender from;
    uint8_t *text;
};

struct fake_actor;
struct script_line;

/* What it does by itself, in its own thread; NULL: nothing. */
struct fake_actor_habits {
    /* The message is noted already. */
    void (*on_message)(struct fake_actor *self, const struct message *message);
    /* Its partner came, or came again. */
    void (*on_partner)(struct fake_actor *self);
};

struct fake_actor {
    /* guarded by mutex */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct received *received;
    size_t received_count;
    struct script_line *first, *last;
    /* owned by its thread */
    struct actor *actor;
    /* the test's, before it starts it */
    struct fake_actor_habits habits;
    void *context; /* of the habits */
    /* the test's */
    struct actor_runner *runner; /* ended by actor_stop */
    uint64_t next_question;
    enum actor_id partner; /* whom it tells things */
    struct actor_class class;
    int fd; /* says that there are lines */
};

void fake_actor_init(struct fake_actor *self);
/* It was stopped, or never started. */
void fake_actor_fini(struct fake_actor *self);
/* As one with an inbox, whom others ask. May be started again after actor_stop(&self->runner). */
void fake_actor_serve(struct fake_actor *self, struct actor_system *system, enum actor_id id);
/* As one that asks and tells a partner. A link is usable from the first HEARTBEAT_REPLY on. */
void fake_actor_join(struct fake_actor *self, struct actor_system *system, enum actor_id id,
                     enum actor_id partner);

/* It says this: to its partner (question 0: nobody waits), or as the answer to what it received. Bytes are the test's and stay. */
void fake_actor_say(struct fake_actor *self, const struct message *message,
                    const struct sender *answer_to, uint64_t question);

/* The n-th message (from 1) of a kind; question > 0: among those that answer it. NULL: it did not come in time. */
const struct received *fake_actor_wait(struct fake_actor *self, enum message_kind kind,
                                       uint64_t question, size_t n, int64_t timeout_ms);
/* The n-th message of the kind: the test fails where it does not come. */
const struct received *fake_actor_expect(struct fake_actor *self, enum message_kind kind, size_t n);
size_t fake_actor_count(struct fake_actor *self, enum message_kind kind);
/* The newest that came: the test fails where there is none. */
const struct received *fake_actor_last(struct fake_actor *self, enum message_kind kind);
/* Asked twice more for signs of life by its partner: what needs a moment had it. */
void fake_actor_settle(struct fake_actor *self);
