/* flight.h - the table of keys being looked up or fetched, and of who waits for each. Pure data
 * structure.
 *
 * States of a flight, only ever forward, through flight_advance:
 *   LOOKUP    L2 is being asked. Joined by everybody; a purge leaves it open: what L2 gives is asked
 * of the purges since purge_number before it is taken. FETCHING  the upstream is
 * being asked: deadline_mono_ms. May come again from FETCHING when the next waiter becomes payer, or
 * when the target answered 404 and fallback_path is asked in its place. A
 * refresh has no waiters at first; its known entry answers who comes meanwhile. STORING   the
 * answer is being written to L2: nobody is told before (write-through). ANSWERED  the waiters left
 * are told once their gateway holds the entry, or at deadline_mono_ms. Then it ends, and with it
 * waiters that were not told.
 *
 * Joining: an open flight is the one of its key, found by flights_find_open. A flight is open from
 * its start, if its answer may be shared, until flight_close: by ANSWERED, by a purge that matches
 * what it fetches, or by a newer flight of the same key. What closes it changes nothing for its
 * waiters. Paying: the first waiter when FETCHING begins; a refresh is paid by the key of the
 * request that caused it. */
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
    bool wants_fetch; /* force_refresh: what L2 has is no answer */
    bool wants_body;
    bool is_payer;
    uint8_t *credential; /* secret; owned, wiped at the end; NULL: the configured one */
    size_t credential_size;
};

struct flight {
    LIST_ENTRY(flight) link;                    /* of all */
    LIST_ENTRY(flight) link_of_id, link_of_key; /* of their buckets */
    int64_t id;
    enum flight_state state;
    bool is_open;
    bool may_store; /* false: the answer is for its own waiters alone */
    const struct route_config *route;
    char cache_key[ENTRY_KEY_SIZE];
    char request_id[FLIGHT_REQUEST_ID_SIZE]; /* of who started it, for logs */
    enum fetch_reason reason;
    int64_t payer_key_id;
    int64_t ttl_override_s;      /* the payer's */
    int64_t purge_number;        /* noted when the look-up, then the fetch, started */
    int64_t deadline_mono_ms;    /* FETCHING, ANSWERED */
    struct entry *known;         /* what L1 or L2 had; one reference; NULL: nothing of use */
    enum level known_level;      /* of known */
    struct entry *fetched;       /* STORING: what is written; one reference */
    int64_t cost_micro_usd;      /* of the call, with fetched */
    struct flight_result result; /* ANSWERED */
    TAILQ_HEAD(waiter_list, waiter) waiters; /* in order of arrival */
    size_t waiter_count;
    bool is_on_fallback_path; /* target answered 404: fallback_path is being asked */
    uint8_t *credential;      /* secret; for fallback_path, since the payer may have left;
                                                owned, wiped at the end; NULL: the configured one */
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
struct flights;

/* first_id: ids count from here, so that replies to an earlier life of the actor match nothing. */
struct flights *flights_create(int64_t first_id);
void flights_destroy(struct flights **flights);
size_t flights_count(const struct flights *flights);
size_t flights_in(const struct flights *flights, enum flight_state state);
size_t flights_waiters(const struct flights *flights);

/* In LOOKUP. Closes the flight that was open under the key. NULL: no memory. */
struct flight *flight_start(struct flights *flights, const struct flight_source *source);
struct flight *flights_find(const struct flights *flights, int64_t id);
struct flight *flights_find_open(const struct flights *flights, const char *cache_key);
struct flight_list *flights_all(struct flights *flights);
void flight_advance(struct flights *flights, struct flight *flight, enum flight_state state);
void flight_close(struct flight *flight);
void flight_end(struct flights *flights, struct flight **flight);

enum flight_join {
    FLIGHT_JOIN,  /* wait with the others */
    FLIGHT_APART, /* another signature under the same key: a fetch of its own, shared with nobody */
    FLIGHT_SUPERSEDE /* wants a fetch, and this one's is over: a new flight takes the key */
};
enum flight_join flight_may_join(const struct flight *flight, struct bytes signature,
                                 bool wants_fetch);

/* Copies *waiter (its credential from `credential`) and takes waiter->from, also on failure. NULL:
 * no memory. */
struct waiter *flight_add_waiter(struct flights *flights, struct flight *flight,
                                 const struct waiter *waiter, struct bytes credential);
void flight_drop_waiter(struct flights *flights, struct flight *flight, struct waiter *waiter);
/* Waiters whose deadline passed: nobody listens any more. Returns how many. */
size_t flight_drop_late(struct flights *flights, struct flight *flight, int64_t now_mono_ms);
struct waiter *flight_payer(const struct flight *flight); /* NULL: it left, or none was chosen */
/* The first waiter becomes payer; there is one, and nobody pays yet. */
struct waiter *flight_choose_payer(struct flight *flight);

/* Begins the payer's try, with target. Where there is an fallback_path its credential is kept. False: no memory. */
bool flight_begin_try(struct flight *flight, struct bytes credential);
/* True: this 404 is not the last word, fallback_path is to be asked now. Once in a try. */
bool flight_turn_to_fallback_path(struct flight *flight, int64_t http_status);
/* What is asked now. */
struct bytes flight_target(const struct flight *flight);

/* What L2 had (NULL: nothing) becomes known, unless a purge that came meanwhile matches it. False: it is another
 * request's under the same key; the flight will not store over it. */
bool flight_take_known(struct flight *flight, struct entry *entry, bool is_purged);

/* A purge got this number: flights that began fetching before it forget what L2 had, and are closed, where it
 * matches. */
void flights_purge(struct flights *flights, int64_t number, const struct purge_scope *scope);
