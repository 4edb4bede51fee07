/* flight.h - the table of keys being looked up or fetched, and of who waits for each. Pure data structure. */

/*-
 * States of a flight, only ever forward, through flight_advance:
 *
 *   state     what goes on                            ends with
 *   --------  --------------------------------------  ------------------------------------------------------------
 *   LOOKUP    L1, then L2 are asked                   what they have: ANSWERED where it is fresh; ended where it is
 *                                                     stale and not refreshed; else FETCHING
 *   FETCHING  the upstream is asked, until            its reply: STORING, or ANSWERED with what is not stored or with
 *             deadline_mono_ms                        an error; FETCHING again where the next waiter becomes payer;
 *                                                     no change where a 404 makes it ask fallback_path; CANCELLED, where
 *                                                     is_cancelled: FETCHING again for those who came since, else ended
 *   STORING   the response is written to L2; nobody   the write: ANSWERED
 *             is answered before (write-through)
 *   ANSWERED  the waiters left are answered once      the last one answered
 *             their gateway holds the entry, or at
 *             deadline_mono_ms
 *
 *   state     who joins                               what a purge that matches does
 *   --------  --------------------------------------  ------------------------------------------------------------
 *   LOOKUP    everybody                               nothing: what L2 has is checked against the purges
 *                                                     since purge_number before it is used
 *   FETCHING  everybody; where it is a refresh,       closes it; what L1 or L2 had is forgotten
 *             `cached` answers them at once
 *   STORING   who does not force a refresh            as in FETCHING
 *   ANSWERED  nobody                                  it is closed already
 *
 * Joining: an open flight is the one of its key, found by flight_table_find_open. A flight is open from its start, if
 * its response may be shared, until it is closed: by ANSWERED, by a purge, or by a newer flight of the same key. That
 * changes nothing for its waiters.
 * Leaving: nobody is told of a waiter that is gone but the payer, who stays (is_gone) until its call ends, since its key
 * is charged. Where nobody else waits for a call, and nothing but those who waited was its reason, it is cancelled
 * (is_cancelled, until the reply). The flight stays open: who comes before the reply waits for it, so that a call that was
 * sent all the same is theirs, and one that was dropped is made again. There are never two calls for one need.
 * Paying: the first waiter when FETCHING begins; a refresh has no waiters at first and is paid by the key of the request
 * that caused it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/queue.h"
#include "decision.h"
#include "flight/flight_result.h"
#include "object/entry.h"
#include "purge.h"

#define FLIGHT_REQUEST_ID_SIZE 64

struct sender; /* how a waiter is answered: the actor's business */

enum flight_state { FLIGHT_LOOKUP, FLIGHT_FETCHING, FLIGHT_STORING, FLIGHT_ANSWERED };
#define FLIGHT_STATE_COUNT 4

struct waiter {
    TAILQ_ENTRY(waiter) link;
    struct sender *from; /* owned: freed with free() */
    int64_t gateway_id;
    int64_t api_key_id;
    int64_t deadline_mono_ms; /* 0: none */
    int64_t ttl_override_s;
    bool forces_refresh; /* force_refresh: what is cached does not answer it */
    bool wants_body;
    bool only_if_cached; /* it never waits for a call, and never causes one */
    bool is_payer;
    bool is_gone;        /* the payer alone: its client went away */
    uint8_t *credential; /* secret; owned, wiped at the end; NULL: the configured one */
    size_t credential_size;
};

struct flight {
    LIST_ENTRY(flight) link;                    /* of all */
    LIST_ENTRY(flight) link_of_id, link_of_key; /* of their buckets */
    int64_t id;
    enum flight_state state;
    bool is_open;
    bool may_store; /* false: the response is for its own waiters alone */
    const struct route_config *route;
    char cache_key[ENTRY_KEY_SIZE];
    char request_id[FLIGHT_REQUEST_ID_SIZE]; /* of who started it, for logs */
    enum fetch_reason reason;
    int64_t payer_key_id;
    int64_t ttl_override_s;      /* the payer's */
    int64_t purge_number;        /* noted when the look-up, then the fetch, started */
    int64_t deadline_mono_ms;    /* FETCHING, ANSWERED */
    struct entry *cached;        /* what L1 or L2 had; one reference; NULL: nothing of use */
    enum level cached_level;     /* of cached */
    enum cache_reason why;       /* what was found is no answer; NONE: not known yet */
    int64_t upstream_us;         /* of all its calls so far */
    struct entry *fetched;       /* STORING: what is written; one reference */
    int64_t cost_micro_usd;      /* of the call, with fetched */
    struct flight_result result; /* ANSWERED */
    TAILQ_HEAD(waiter_list, waiter) waiters; /* in order of arrival */
    size_t waiter_count;
    bool is_cancelled;        /* FETCHING: UPSTREAM_CANCEL is out */
    bool is_on_fallback_path; /* target answered 404: fallback_path is being asked */
    uint8_t *
        credential; /* secret; the payer's, who may have left, for fallback_path; owned, wiped at the end; NULL:
                          * the configured one */
    size_t credential_size;
    struct bytes signature, target, fallback_path; /* in text; fallback_path empty: there is none */
    uint8_t text[];
};

struct flight_source {
    const struct route_config *route;
    const char *cache_key;
    struct bytes signature, target;
    struct bytes fallback_path; /* empty: none */
    const char *request_id;
    int64_t purge_number; /* the last one */
    bool may_share;       /* open to joiners */
    bool may_store;
};

LIST_HEAD(flight_list, flight);
struct flight_table;

/* first_id: ids count from here, so that replies to an earlier life of the actor match nothing. */
struct flight_table *flight_table_create(int64_t first_id);
void flight_table_destroy(struct flight_table **flights);
size_t flight_table_count(const struct flight_table *flights);
size_t flight_table_count_in(const struct flight_table *flights, enum flight_state state);
/* Of those in FETCHING, which are an upstream's. */
size_t flight_table_fetching_of(const struct flight_table *flights,
                                const struct upstream_config *upstream);
size_t flight_table_waiters(const struct flight_table *flights);

/* In LOOKUP. Closes the flight that was open under the key. NULL: no memory. */
struct flight *flight_start(struct flight_table *flights, const struct flight_source *source);
struct flight *flight_table_find(const struct flight_table *flights, int64_t id);
struct flight *flight_table_find_open(const struct flight_table *flights, const char *cache_key);
struct flight_list *flight_table_all(struct flight_table *flights);
void flight_advance(struct flight_table *flights, struct flight *flight, enum flight_state state);
void flight_end(struct flight_table *flights, struct flight **flight);

enum flight_join {
    FLIGHT_JOIN,  /* wait with the others */
    FLIGHT_APART, /* another signature under the same key: a fetch of its own, shared with nobody */
    FLIGHT_SUPERSEDE /* wants a fetch, and this one's is over: a new flight takes the key */
};
enum flight_join flight_may_join(const struct flight *flight, struct bytes signature,
                                 bool forces_refresh);

/* Copies *waiter and the credential (empty: none); waiter->from is the flight's from then on, also on failure. NULL: no
 * memory. */
struct waiter *flight_add_waiter(struct flight_table *flights, struct flight *flight,
                                 const struct waiter *waiter, struct bytes credential);
void flight_drop_waiter(struct flight_table *flights, struct flight *flight, struct waiter *waiter);
/* Waiters whose deadline passed: nobody listens any more. Returns how many. */
size_t flight_drop_late(struct flight_table *flights, struct flight *flight, int64_t now_mono_ms);
/* Somebody waits for its call, or it is made for another reason: a refresh, warming. */
bool flight_is_wanted(const struct flight *flight);
struct waiter *flight_payer(const struct flight *flight); /* NULL: it left, or none was chosen */
/* The first waiter becomes payer; there is one, and nobody pays yet. */
struct waiter *flight_choose_payer(struct flight *flight);

/* Begins the payer's try, with target. Where there is a fallback_path its credential is kept. False: no memory. */
bool flight_begin_try(struct flight *flight, struct bytes credential);
/* True: this 404 is not final, fallback_path is to be asked now. Once in a try. */
bool flight_turn_to_fallback_path(struct flight *flight, int64_t http_status);
/* What is asked now. */
struct bytes flight_target(const struct flight *flight);

/* What L1 or L2 had (NULL: nothing) becomes `cached`, unless a purge that came meanwhile matches it. False: it is another
 * request's under the same key; the flight will not store over it. */
bool flight_set_cached(struct flight *flight, struct entry *entry, bool is_purged);

/* A purge got this number: flights that began fetching before it forget what L2 had, and are closed, where it
 * matches. */
void flight_table_purge(struct flight_table *flights, int64_t number,
                        const struct purge_scope *scope);
