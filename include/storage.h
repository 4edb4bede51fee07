/* storage.h - the database in domain words. Two contracts: accounts (keys, usage, ledger, quotas) and entries
 * (L2 and the purge log). SQL text is known to src/storage alone.
 *
 * A handle belongs to one thread. Each database has one writer at a time: the analytics actor for accounts, the cache
 * actor's writer thread for entries, or a command that holds the lock of that part. Readers open their own handles
 * with STORAGE_READ_ONLY.
 * Every function returns STATUS_OK, or STATUS_STORAGE (logged, with the database's text), unless it says more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/bytes.h"
#include "config.h"
#include "decision.h"
#include "limit_record.h"
#include "purge.h"
#include "response_meta.h"
#include "status.h"
#include "usage_record.h"

enum storage_mode { STORAGE_READ_WRITE, STORAGE_READ_ONLY };

struct accounts; /* rentcache.db: synchronous FULL */
struct entries;  /* cache.db: synchronous NORMAL; moved aside and made anew when it is corrupt */

/* Opens and migrates (read-write). STATUS_STORAGE: cannot be opened, is corrupt, or is lost (it existed, and is missing or
 * empty): nothing is changed then. */
enum status accounts_open(const struct config *config, enum storage_mode mode,
                          struct accounts **accounts);
void accounts_close(struct accounts **accounts);
/* For a process that only reads them, before it opens them: whether they are lost or damaged (logged, with what to do). A
 * writer looks by itself. */
bool accounts_may_open(const struct config *config);
/* By the holder of the analytics part's lock: moves what is left of a lost or corrupt database to <path>.lost-<number>, and
 * makes an empty one. STATUS_CONFLICT: a sound one stands there, and stays. */
enum status accounts_begin_anew(const struct config *config);

/* Where rentcache.db is, or would be. False: nowhere (logged). */
bool accounts_path(const struct config *config, char *path, size_t path_size);

enum status accounts_begin(struct accounts *accounts);
enum status accounts_commit(struct accounts *accounts);
void accounts_rollback(struct accounts *accounts);
/* Writes something that nobody reads, to find out whether the database takes it. Within a transaction. */
enum status accounts_probe(struct accounts *accounts);

/* keys */
struct key_row {
    int64_t id;
    char key_name[101];
    char key_hash[65];
    bool is_active;
    int64_t daily_limit, monthly_limit; /* 0: none */
    int64_t daily_usage, monthly_usage; /* of the current UTC day and month */
    int64_t created_wall_us;
    int64_t expires_wall_us;   /* 0: never */
    int64_t last_used_wall_us; /* 0: never */
    char limits[1024];         /* JSON object or empty */
    char rights[256];          /* comma-separated */
    char previous_hash[65];    /* of the secret before the last rotation; empty: there was none */
    int64_t previous_until_wall_us; /* it works until then */
};

/* Fills row->id and created_wall_us; moves the key version. STATUS_CONFLICT: the name or hash is taken. */
enum status key_create(struct accounts *accounts, struct key_row *row, int64_t now_wall_us);
/* What was asked under an Idempotency-Key (its hash), kept for a day. Within the transaction of the creation. */
struct key_creation {
    char idempotency_hash[65];
    char body_hash[65];
    int64_t api_key_id;
};
enum status key_creation_add(struct accounts *accounts, const struct key_creation *creation,
                             int64_t now_wall_us);
/* Fills in the rest of it; NOT_FOUND: there was none, or it is forgotten. */
enum status key_creation_find(struct accounts *accounts, struct key_creation *creation,
                              int64_t now_wall_us);
/* STATUS_NOT_FOUND: there is none. Deleted keys are not found. */
enum status key_find(struct accounts *accounts, const char *key_name, struct key_row *row);
enum status key_find_id(struct accounts *accounts, int64_t id, struct key_row *row);
/* Writes what an operator may change (is_active, limits, expiry, rights) of row->id; moves the key version. */
enum status key_update(struct accounts *accounts, const struct key_row *row);
/* Gives it another secret, by its hash; the present one works until until_wall_us. Moves the key version. */
enum status key_rotate(struct accounts *accounts, int64_t id, const char *key_hash,
                       int64_t until_wall_us);
/* Revokes and hides it, frees its name and secret; every row that names it stays. Moves the key version. */
enum status key_delete(struct accounts *accounts, int64_t id, int64_t now_wall_us);
typedef void key_visit(void *context, const struct key_row *row);
/* Rows with id > after_id in order of id, at most limit, revoked ones too, deleted ones never. */
enum status key_list(struct accounts *accounts, int64_t after_id, int64_t limit,
                     int64_t now_wall_us, key_visit *visit, void *context);
enum status key_version(struct accounts *accounts, int64_t *version);
/* Keys that are admitted now: active, not expired, not deleted. */
enum status key_count_active(struct accounts *accounts, int64_t now_wall_us, int64_t *count);

/* usage: within a transaction */
enum status usage_mark(struct accounts *accounts, const char *spool_id, int64_t ring,
                       int64_t *sequence);
/* Inserts rows and moves the mark; usage counters of keys, last_used and roll-ups move with accounts_commit.
 * Records are valid and consecutive. */
enum status usage_append(struct accounts *accounts, const char *spool_id, int64_t ring,
                         const struct usage_record *records, size_t count);
/* Moves the mark alone, past records that can never be stored. */
enum status usage_mark_move(struct accounts *accounts, const char *spool_id, int64_t ring,
                            int64_t sequence);

/* Deletes rows that are older, at most limit of them, oldest first; *deleted: how many. What was added up of them stays.
 * A call that is still reserved stays, too. Within a transaction. */
typedef enum status forget_rows(struct accounts *accounts, int64_t before_wall_us, int64_t limit,
                                int64_t *deleted);
forget_rows usage_forget, ledger_forget;

/* ledger: within a transaction */
struct ledger_row {
    char call_id[33];
    char instance[64];
    int64_t epoch;
    int64_t api_key_id; /* 0: the service itself */
    char route[50];
    enum fetch_reason reason;
    int64_t price_micro_usd;
    int64_t reserved_wall_us;
};
/* STATUS_CONFLICT: the call id is there already (a resent reservation): as good as OK. */
enum status ledger_reserve(struct accounts *accounts, const struct ledger_row *row);
/* How a call ended. */
struct ledger_end {
    enum charge charge; /* not RESERVED */
    int64_t http_status;
    int64_t cost_micro_usd;
    int64_t duration_us;
    int64_t settled_wall_us;
};
/* Moves a row forward that is RESERVED or was abandoned; a row that is settled already stays. Where there is none, the call
 * is written as it ended: a reservation that comes only now is a CONFLICT and opens nothing. */
enum status ledger_settle(struct accounts *accounts, const struct ledger_row *row,
                          const struct ledger_end *end);
/* Reservations of this instance's other epochs become UNKNOWN; *count: how many. */
enum status ledger_abandon(struct accounts *accounts, const char *instance, int64_t epoch,
                           int64_t now_wall_us, int64_t *count);

/* The quota that has less than what is needed, of two the one that opens later. */
struct quota_refusal {
    bool is_monthly;
    int64_t limit;
    int64_t used;             /* what was leased out */
    int64_t retry_at_wall_us; /* when the last one that is used up opens again; 0: none is */
};
/* quotas: what was leased out is counted before it is used. day: days since 1970, UTC. Within a transaction.
 * Grants min over both windows of max(1, 1 % of what is left), at most wanted, but needed at least; 0 when one window has
 * less than that (*refusal says which). A key without limits grants wanted.
 * needed >= 1, wanted >= needed. STATUS_NOT_FOUND: no such key. */
enum status quota_lease(struct accounts *accounts, int64_t api_key_id, int64_t needed,
                        int64_t wanted, int64_t now_wall_us, int64_t *granted, int64_t *day,
                        struct quota_refusal *refusal);
enum status quota_return(struct accounts *accounts, int64_t api_key_id, int64_t day, int64_t count);

/* limits: what is used of the rates of keys. Within a transaction. Of a row that is there already, as another gateway wrote
 * it, the smaller number of tokens stays. */
enum status limit_put(struct accounts *accounts, const struct limit_record *record);
typedef void limit_visit(void *context, int64_t id, const struct limit_record *record);
/* Rows with id > after_id in order of id, at most limit, of which something is used still, and whose key is not deleted. */
enum status limit_list(struct accounts *accounts, int64_t after_id, int64_t limit,
                       int64_t now_wall_us, limit_visit *visit, void *context);
/* Rows of which nothing was used any more at before_wall_us. */
forget_rows limit_forget;

/* reports (read-only handles) */
struct usage_total {
    char endpoint[50];
    int64_t requests, hits, stale, collapsed, misses, refused, errors;
    int64_t response_time_us_sum;
    int64_t saved_micro_usd; /* over hits, stale and collapsed responses */
    /* Of the calls that these requests caused; filled in by usage_hours alone. */
    int64_t cost_micro_usd;
};
typedef void usage_total_visit(void *context, const struct usage_total *total);
/* Per endpoint since the hour of since_wall_us; endpoint "" = all. */
enum status usage_totals(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
                         usage_total_visit *visit, void *context);
/* The same per hour over all endpoints, or one; oldest first; hours without requests are left out. */
typedef void usage_hour_visit(void *context, int64_t hour_wall_us, const struct usage_total *total);
enum status usage_hours(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
                        usage_hour_visit *visit, void *context);
/* Requests per endpoint and number, both rising: the number is a status, or the most microseconds that they took (INT64_MAX: no
 * bound). */
typedef void usage_count_visit(void *context, const char *endpoint, int64_t number,
                               int64_t requests);
enum status usage_statuses(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
                           usage_count_visit *visit, void *context);
enum status usage_durations(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
                            usage_count_visit *visit, void *context);
struct ledger_total {
    char route[50];
    int64_t calls, billed, free, unknown, reserved;
    int64_t cost_micro_usd; /* billed and unknown */
};
typedef void ledger_total_visit(void *context, const struct ledger_total *total);
enum status ledger_totals(struct accounts *accounts, const char *route, int64_t since_wall_us,
                          ledger_total_visit *visit, void *context);

/* Rows of usage, newest first; those that were deleted by age are gone, what was added up of them is not. */
struct usage_row {
    int64_t id;
    int64_t created_wall_us;
    int64_t api_key_id;
    char key_name[101]; /* empty: its key's row is gone */
    char endpoint[50];
    char method[11];
    int64_t status_code;
    int64_t response_time_us; /* of which hundredths of a millisecond are stored */
    char decision[11];        /* decision_text, level_text */
    char level[5];
    int64_t cost_micro_usd, saved_micro_usd;
    char user_agent[USAGE_USER_AGENT_SIZE + 1]; /* empty: none was sent */
    char ip_address[46];                        /* empty: not known */
};
/* A place in the order of rows. */
struct usage_place {
    int64_t wall_us; /* 0: behind all rows */
    int64_t id;
};
struct usage_filter {
    int64_t from_wall_us;
    struct usage_place before;
    int64_t api_key_id; /* 0, "" or -1 in what follows: all */
    const char *endpoint;
    int64_t decision; /* enum decision, or -1 */
    int64_t status_code;
    int64_t least_response_time_us;
    size_t rows_most;      /* as many are visited */
    size_t looked_at_most; /* as many are read, so that a filter that fits few rows ends */
};
typedef void usage_row_visit(void *context, const struct usage_row *row);
/* *next: where to go on; its wall_us is 0 where all has been read. */
enum status usage_rows(struct accounts *accounts, const struct usage_filter *filter,
                       usage_row_visit *visit, void *context, struct usage_place *next);
/* When the oldest row was made; 0: there is none. */
enum status usage_rows_since(struct accounts *accounts, int64_t *wall_us);

/* What was spent and saved; of hours, endpoints and routes one sum may come in several. */
struct money_sum {
    char name[101];       /* of a key, an endpoint or a route */
    int64_t api_key_id;   /* of keys; else 0 */
    int64_t hour_wall_us; /* of hours; else 0 */
    int64_t requests;
    int64_t calls; /* that were paid for; of keys: requests that caused one */
    int64_t cost_micro_usd, saved_micro_usd;
};
struct money_period {
    int64_t first_day, end_day; /* since 1970, UTC; the end is not in it */
};
typedef void money_visit(void *context, const struct money_sum *sum);
/* Keys with ids first_id..last_id that asked for something, in order of id; deleted ones too. */
enum status money_of_keys(struct accounts *accounts, const struct money_period *period,
                          int64_t first_id, int64_t last_id, money_visit *visit, void *context);
/* Requests and what they saved, by endpoint. */
enum status money_of_endpoints(struct accounts *accounts, const struct money_period *period,
                               money_visit *visit, void *context);
/* Calls and what they cost, by route. */
enum status money_of_routes(struct accounts *accounts, const struct money_period *period,
                            money_visit *visit, void *context);
/* Both, by hour. */
enum status money_of_hours(struct accounts *accounts, const struct money_period *period,
                           money_visit *visit, void *context);

/* entries (L2) */
enum status entries_open(const struct config *config, enum storage_mode mode,
                         struct entries **entries);
void entries_close(struct entries **entries);
/* Where cache.db is, or would be. */
bool entries_path(const struct config *config, char *path, size_t path_size);

struct entry_row {
    char cache_key[33];     /* 32 hex */
    struct bytes signature; /* canonical JSON */
    struct bytes endpoint;  /* route's name */
    struct bytes method;
    char params_hash[65]; /* MD5 hex of the params part */
    struct bytes headers; /* replayed headers */
    struct bytes body;
    struct response_meta meta;
};

/* Copies the valid row of cache_key into one owned buffer: *row's bytes point into *owner (release it).
 * STATUS_NOT_FOUND: none; STATUS_PURGED: it is not valid any more. Expired rows are found: freshness is decided elsewhere. */
enum status entry_get(struct entries *entries, const char *cache_key, struct entry_row *row,
                      struct blob **owner);
/* Stores or replaces, in one transaction with the check that no purge later than row->meta.purge_number matches:
 * STATUS_PURGED then, and nothing is stored. hit_count of a replaced row goes on. */
enum status entry_put(struct entries *entries, const struct entry_row *row);
/* Appends to the purge log and marks the rows that scope matches not valid (they stay readable), in one transaction.
 * *number: the purge's; *cleared: rows that were valid. */
enum status entry_purge(struct entries *entries, const struct purge_scope *scope,
                        int64_t now_wall_us, int64_t *number, int64_t *cleared);
/* Numbers never start again: a new file, also after a corrupt or deleted one, counts from the milliseconds since 1970.
 * The log keeps a week: when the first row after a number is not the next one, some were missed. */
enum status purge_last_number(struct entries *entries, int64_t *number);
typedef void purge_visit(void *context, int64_t number, const struct purge_scope *scope);
enum status purge_list(struct entries *entries, int64_t after_number, int64_t limit,
                       purge_visit *visit, void *context);
/* Adds to hit_count and moves last_accessed, in one transaction. */
enum status entry_count_hits(struct entries *entries, const struct entry_hit *hits, size_t count);
/* Deletes rows past stale_until, at most limit; *deleted. */
enum status entry_clean(struct entries *entries, int64_t now_wall_us, int64_t limit,
                        int64_t *deleted);
/* Size of the file; 0: there is none. */
int64_t entries_file_bytes(const struct config *config);
/* Before anything has opened it, by the holder of the cache part's lock: deletes the database with all that it holds where
 * the disk is full, so that the others can be opened. */
void entries_yield_disk(const struct config *config);
/* One step, of at most limit rows, towards a file of at most most_bytes: deletes what was cleared, what has expired, then what
 * was read longest ago. *is_more: call again. The write-ahead log is bounded apart. */
enum status entry_trim(struct entries *entries, int64_t most_bytes, int64_t now_wall_us,
                       int64_t limit, int64_t *deleted, bool *is_more);
enum status entry_totals(struct entries *entries, int64_t *valid, int64_t *total);
/* What an endpoint's rows are and did. One pass over all rows, past the bodies. */
struct entry_total {
    char endpoint[ROUTE_NAME_SIZE];
    int64_t rows, valid, fresh; /* fresh: valid and not expired */
    int64_t body_bytes;
    int64_t hits;            /* as stored usage rows told, on rows that still stand */
    int64_t saved_micro_usd; /* hits at the price of each row */
};
typedef void entry_total_visit(void *context, const struct entry_total *total);
/* endpoint "" = all. */
enum status entry_totals_by_endpoint(struct entries *entries, const char *endpoint,
                                     int64_t now_wall_us, entry_total_visit *visit, void *context);
/* What L1 holds belongs to one generation: a number that no other database, and no other time of this one, has. Begin: the
 * last one, where it was ended in order, else a new one. Renew: a new one, since L1 may have missed something. End: L1 missed
 * nothing until now, and nothing is stored any more. */
enum status l1_generation_begin(struct entries *entries, int64_t *generation);
enum status l1_generation_renew(struct entries *entries, int64_t *generation);
enum status l1_generation_end(struct entries *entries);
/* Writes something that nobody reads, to find out whether the database takes it. */
enum status entries_probe(struct entries *entries);
