/* worker.h - what one HTTP thread owns: its ring, its mailboxes, its buffers. Nobody else touches
 * it. */
#pragma once

#include "actor/mailbox.h"
#include "base/network.h"
#include "gateway_state.h"
#include "routing/request_plan.h"
#include "spool/spool.h"

#define WORKER_RESPONSE_BYTES                                                                      \
    81920 /* head and body of a response up to 64 KiB leave in one write */

struct worker {
    struct gateway *gateway;
    const struct common_headers *headers; /* of its listener's responses */
    struct epoch_slot *epoch;
    struct spool_ring *ring;                /* NULL on admin threads: they have no usage */
    struct mailbox *mailboxes[ACTOR_COUNT]; /* made at the first use */
    struct blob *bodies[ACTOR_COUNT];       /* of the last replies, until worker_done */
    struct request_plan *plan;              /* of the request at hand, until it waits */
    char *response;                         /* WORKER_RESPONSE_BYTES, the same */
    char date[40];                          /* "Date: ...\r\n" of date_second */
    int64_t date_second;
    char request_prefix[17]; /* random hex; with the count it makes request ids */
    uint64_t request_count;
    uint64_t wait_count; /* how often it waited for an actor: what its buffers held is lost then */
    char peer_text[48];  /* of the last peer, and what it means: most come again */
    struct address peer;
    bool is_peer_trusted; /* a trusted proxy: its X-Forwarded headers count */
};

/* argument: the gateway. NULL: no ring or slot left. */
void *worker_create(void *argument);
void *worker_create_admin(void *argument);
void worker_destroy(void *worker);

/* worker_receive is the one place that waits for an actor: the plan and the response buffer may be another request's
 * behind it, and a build with RENTCACHE_SCRAMBLE overwrites both there. A handler copies what it needs before.
 *
 * Asks an actor; the reply and its body are the worker's until worker_done or the next ask. */
enum status worker_ask(struct worker *worker, enum actor_id actor, struct message *request,
                       int64_t timeout_ms, struct message *reply);
void worker_done(struct worker *worker, enum actor_id actor);
/* Several questions to one actor at once, as mailbox_begin, mailbox_send and mailbox_receive; the replies' bodies are the
 * caller's. Ended by worker_done. */
enum status worker_begin(struct worker *worker, enum actor_id actor);
enum status worker_send(struct worker *worker, enum actor_id actor, struct message *request,
                        int64_t timeout_ms);
enum status worker_receive(struct worker *worker, enum actor_id actor, int64_t timeout_ms,
                           struct message *reply);
/* The Date line of now, made once a second. */
const char *worker_date(struct worker *worker);
