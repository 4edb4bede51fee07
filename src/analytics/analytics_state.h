/* analytics_state.h - all state of the analytics actor, owned by its thread, and the files that work on it: analytics_actor.c
 * turns messages and time into calls of the others. What they decide stands in the rooms, which know no actor. */
#pragma once

#include "actor/actor.h"
#include "actor/worker_pool.h"
#include "analytics.h"
#include "base/queue.h"
#include "ingest/hit_counts.h"
#include "ingest/slice_pace.h"
#include "ingest/usage_dedup.h"
#include "ledger/ledger_epochs.h"
#include "storage.h"
#include "subscribers.h"

#define DEFERRED_REPLIES_MAX ACTOR_DRAIN_MESSAGES
#define KEY_CHANGES_MAX      64

/* A reply that says something is stored: it waits for the commit of the run of messages that it belongs to. */
struct deferred_reply {
    struct sender to;
    struct message reply;
    char text[64]; /* what the reply's bytes point to: a call id or a spool id */
};

/* A key that was made, changed or deleted, and is being told to the gateways; answered when all confirmed it, or too
 * late. */
struct key_change {
    struct sender to;
    struct key_row row;
    int64_t version;
    int64_t deadline_ms; /* 0: the place is free */
    bool is_told;
    bool is_deletion;
    bool is_replay; /* nothing was done: it had been done before */
};

struct analytics {
    struct actor *actor;
    const struct config *config;
    struct accounts *accounts; /* the only writer's handle */
    struct worker_pool *reports;
    bool is_open;   /* a transaction is open */
    bool is_failed; /* it could not be begun, or something in it failed: nothing is stored */
    struct deferred_reply deferred_replies[DEFERRED_REPLIES_MAX];
    size_t deferred_reply_count;
    struct key_change key_changes[KEY_CHANGES_MAX];
    struct subscribers gateways;
    struct hit_counts hits;
    struct entry_hit hits_out[HIT_COUNTS_MAX];
    struct gap_watch gaps;
    TAILQ_HEAD(waiting_runs, waiting_run) runs; /* of usage records, oldest first */
    size_t run_count;
    struct slice_pace pace;
    int64_t failures;            /* transactions that failed, so far */
    int64_t seen_failures;       /* as many of them are told to runs that wait */
    int64_t reserved_at_ms;      /* when a call was last reserved; 0: never */
    struct ledger_epochs epochs; /* of the upstream actor */
    /* of the open transaction: */
    int64_t stored_rows, duplicate_rows, stored_batches, ledger_rows, leases, deleted_rows;
    int64_t key_version;
    int64_t counted_at_ms; /* when active keys and responses were last counted */
    int64_t tried_at_ms;   /* when a database that failed was last tried */
    int64_t forget_at_ms;  /* when old rows are looked for next */
    int64_t latency_us;    /* of the last commit */
    bool is_healthy;
};

/* Opens the transaction of this run of messages, if it is not open. False: the database does not let us. */
bool group_commit_open(struct analytics *self);
/* Notes that a statement failed: the whole run is rolled back and its replies say STORAGE. */
void group_commit_fail(struct analytics *self);
/* A reply to fill in, sent when the transaction ends: as filled in, or as STORAGE. Ask for it before
 * group_commit_open: where no place is left, this ends the transaction. */
struct deferred_reply *group_commit_defer_reply(struct analytics *self, const struct sender *to,
                                                enum message_kind kind, struct bytes text);
/* Commits or rolls back, then sends the replies. */
void group_commit_close(struct analytics *self);

/* A run of usage records: it waits to be stored, and is answered then: the reply says where the mark stands. */
void usage_ingest_take(void *state, const struct message *message, const struct sender *from);
/* Stores a slice of what waits; true: there is more. */
bool usage_ingest_work(struct analytics *self);
/* At the end: what is not stored is shipped again to whoever comes next. */
void usage_ingest_drop(struct analytics *self);

/* The ledger is opened; a call is reserved; it ended. */
void ledger_calls_open(void *state, const struct message *message, const struct sender *from);
void ledger_calls_reserve(void *state, const struct message *message, const struct sender *from);
void ledger_calls_settle(void *state, const struct message *message, const struct sender *from);

/* Deletes some rows that are old enough, and limits of which nothing is used any more; true: there are more. */
bool retention_work(struct analytics *self, int64_t now_mono_ms);

/* A key is made, changed or deleted. */
void key_publish_change(void *state, const struct message *message, const struct sender *from);
/* Tells every gateway of a committed change; the asker is answered when they confirmed. */
void key_publish_begin(struct analytics *self, struct key_change *change);
void key_publish_confirm(void *state, const struct message *message, const struct sender *from);
/* Answers changes that everybody confirmed, or whose time is up. */
void key_publish_finish_due(struct analytics *self, int64_t now_ms);
/* A gateway asks for all keys: it is sent the part that it asks for, and every change from then on. */
void key_publish_sync(void *state, const struct message *message, const struct sender *from);

/* What a gateway has used of rate limits is stored, and told to a gateway that starts. */
void limit_rows_save(void *state, const struct message *message, const struct sender *from);
void limit_rows_tell(void *state, const struct message *message, const struct sender *from);

/* Hands a report to the report threads; the reply comes from them by way of this thread. */
void report_jobs_submit(void *state, const struct message *message, const struct sender *from);
struct worker_pool *report_jobs_create(struct analytics *self);
