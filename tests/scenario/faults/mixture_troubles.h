/* mixture_troubles.h - what a test does to the programs, to Redis, to the databases and to the paid API's answers: each with
 * a beginning, an end, and an entry in the list of what happened when. */
#pragma once

#include <check.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "scenario/faults/mixture_clients.h"
#include "support/process/redis.h"

#define SEED_NAME      "RENTCACHE_MIXTURE_SEED"
#define LOCK_MS        60000
#define AWAIT_MS       60000
#define STALL_TICK_MS  50
#define STALL_MS       400
#define HAPPENED_MAX   1024
#define FAULTS_AT_ONCE 3

enum trouble_kind {
    TROUBLE_KILL,   /* -9, and started again */
    TROUBLE_STOP,   /* SIGTERM, and started again */
    TROUBLE_FREEZE, /* SIGSTOP, SIGCONT */
    TROUBLE_LOCK,   /* BEGIN IMMEDIATE by somebody else */
    TROUBLE_REDIS_KILL,
    TROUBLE_REDIS_FREEZE,
    TROUBLE_VENDOR_FREEZE, /* the simulator: it answers, and bills, what it finds when it goes on */
    TROUBLE_PURGE,
};

struct trouble {
    const char *name;
    enum trouble_kind kind;
    enum testbed_process process;
    const char *database;
};

/* In one process all that name a part of it hit the same one. */
static const struct trouble troubles[] = {
    {"kill analytics", TROUBLE_KILL, TESTBED_ANALYTICS, NULL},
    {"kill upstream", TROUBLE_KILL, TESTBED_UPSTREAM, NULL},
    {"kill cache", TROUBLE_KILL, TESTBED_CACHE, NULL},
    {"kill gateway", TROUBLE_KILL, TESTBED_GATEWAY, NULL},
    {"stop analytics", TROUBLE_STOP, TESTBED_ANALYTICS, NULL},
    {"stop upstream", TROUBLE_STOP, TESTBED_UPSTREAM, NULL},
    {"stop cache", TROUBLE_STOP, TESTBED_CACHE, NULL},
    {"stop gateway", TROUBLE_STOP, TESTBED_GATEWAY, NULL},
    {"freeze analytics", TROUBLE_FREEZE, TESTBED_ANALYTICS, NULL},
    {"freeze upstream", TROUBLE_FREEZE, TESTBED_UPSTREAM, NULL},
    {"freeze cache", TROUBLE_FREEZE, TESTBED_CACHE, NULL},
    {"freeze gateway", TROUBLE_FREEZE, TESTBED_GATEWAY, NULL},
    {"lock rentcache.db", TROUBLE_LOCK, TESTBED_PROCESSES, "rentcache.db"},
    {"lock cache.db", TROUBLE_LOCK, TESTBED_PROCESSES, "cache.db"},
    {"kill redis", TROUBLE_REDIS_KILL, TESTBED_PROCESSES, NULL},
    {"freeze redis", TROUBLE_REDIS_FREEZE, TESTBED_PROCESSES, NULL},
    {"freeze the paid API", TROUBLE_VENDOR_FREEZE, TESTBED_PROCESSES, NULL},
    {"purge", TROUBLE_PURGE, TESTBED_PROCESSES, NULL},
};

#define TROUBLES (sizeof troubles / sizeof *troubles)

/* What the paid API does meanwhile. */
static const char *const vendor_faults[] = {
    "{\"kind\": \"status\", \"status\": 500, \"probability\": 0.3}",
    "{\"kind\": \"status\", \"status\": 503, \"probability\": 0.3}",
    "{\"kind\": \"status\", \"status\": 503, \"probability\": 0.3, \"headers\": {\"Retry-After\": "
    "\"1\"}}",
    "{\"kind\": \"status\", \"status\": 429, \"times\": 1, \"headers\": {\"Retry-After\": \"1\"}, "
    "\"probability\": 0.3}",
    "{\"kind\": \"status\", \"status\": 401, \"probability\": 0.3}",
    "{\"kind\": \"status\", \"status\": 204, \"probability\": 0.3}",
    "{\"kind\": \"status\", \"status\": 404, \"probability\": 0.3}",
    "{\"kind\": \"status\", \"status\": 302, \"headers\": {\"Location\": \"http://127.0.0.1/\"}, "
    "\"probability\": 0.3}",
    "{\"kind\": \"reset\", \"probability\": 0.3}",
    "{\"kind\": \"close\", \"probability\": 0.3}",
    "{\"kind\": \"truncate\", \"probability\": 0.3}",
    "{\"kind\": \"garbage\", \"probability\": 0.3}",
    "{\"kind\": \"content_type\", \"probability\": 0.3}",
    "{\"kind\": \"trickle\", \"latency_ms\": 1, \"piece_bytes\": 64, \"probability\": 0.3}",
    "{\"kind\": \"trickle\", \"latency_ms\": 1200, \"piece_bytes\": 512, \"probability\": 0.3}",
    "{\"kind\": \"latency\", \"latency_ms\": 5, \"distribution\": \"exponential\", "
    "\"probability\": "
    "0.3}",
    "{\"kind\": \"latency\", \"latency_ms\": 900, \"distribution\": \"uniform\", \"spread_ms\": "
    "600, "
    "\"probability\": 0.3}",
    "{\"kind\": \"hold\", \"probability\": 0.3}",
    /* heads: a coding that the body has not, a second length, more names than are remembered */
    "{\"kind\": \"latency\", \"headers\": {\"Content-Encoding\": \"gzip\"}, \"probability\": 0.3}",
    "{\"kind\": \"latency\", \"headers\": {\"Content-Length\": \"3\"}, \"probability\": 0.3}",
    "{\"kind\": \"latency\", \"headers\": {\"Connection\": "
    "\"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r\"}, "
    "\"probability\": 0.3}",
};

#define VENDOR_FAULTS (sizeof vendor_faults / sizeof *vendor_faults)

static unsigned mixture_seed;
static struct redis redis;
static sqlite3 *locks[TROUBLES];

/* Instants of the machine's clock, as the books have them. process: TESTBED_PROCESSES: none in particular. */
struct happening {
    const char *name;
    enum trouble_kind kind;
    enum testbed_process process;
    int64_t from_ms, to_ms; /* to_ms INT64_MAX: it lasts */
};

static struct happening happened[HAPPENED_MAX];
static _Atomic size_t happened_count;

static inline int64_t
wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static inline size_t
note_beginning(const struct trouble *trouble)
{
    size_t entry = atomic_fetch_add(&happened_count, 1);

    ck_assert_uint_lt(entry, HAPPENED_MAX);
    happened[entry] = (struct happening){
        .name = trouble->name,
        .kind = trouble->kind,
        .process = trouble->process,
        .from_ms = wall_ms(),
        .to_ms = INT64_MAX,
    };
    return entry;
}

/* A machine that stands still freezes everything, and tells nobody: a thread that should wake up often notices. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_over;
} stalls = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static inline void *
note_stalls(void *argument)
{
    static const struct trouble stall = {"stall", TROUBLE_FREEZE, TESTBED_PROCESSES, NULL};
    int64_t last_ms = wall_ms();

    (void)argument;
    pthread_mutex_lock(&stalls.lock);
    while (!stalls.is_over) {
        struct timespec until = deadline_in(STALL_TICK_MS);

        pthread_cond_timedwait(&stalls.changed, &stalls.lock, &until);
        if (wall_ms() - last_ms > STALL_MS) {
            size_t entry = note_beginning(&stall);

            happened[entry].from_ms = last_ms;
            happened[entry].to_ms = wall_ms();
        }
        last_ms = wall_ms();
    }
    pthread_mutex_unlock(&stalls.lock);
    return NULL;
}

static inline void
start_noting_stalls(void)
{
    stalls.is_over = false;
    ck_assert_int_eq(pthread_create(&stalls.thread, NULL, note_stalls, NULL), 0);
}

static inline void
end_noting_stalls(void)
{
    pthread_mutex_lock(&stalls.lock);
    stalls.is_over = true;
    pthread_cond_signal(&stalls.changed);
    pthread_mutex_unlock(&stalls.lock);
    pthread_join(stalls.thread, NULL);
}

static inline bool
hits_listener(const struct trouble *trouble)
{
    return (trouble->kind == TROUBLE_KILL || trouble->kind == TROUBLE_STOP) &&
           (!testbed.is_split || trouble->process == TESTBED_GATEWAY);
}

/* A purge needs a listener that answers; a database cannot be locked while who holds its lock is frozen. */
static inline bool
prevents(const struct trouble *first, const struct trouble *second)
{
    return (second->kind == TROUBLE_PURGE && first->process != TESTBED_PROCESSES) ||
           (second->kind == TROUBLE_LOCK && first->kind == TROUBLE_FREEZE);
}

/* Whether two of them would hit the same program, or the second could not begin during the first. */
static inline bool
exclude_each_other(const struct trouble *a, const struct trouble *b)
{
    bool are_parts = a->process != TESTBED_PROCESSES && b->process != TESTBED_PROCESSES;

    return a == b || prevents(a, b) ||
           (are_parts && (!testbed.is_split || a->process == b->process)) ||
           (a->process == TESTBED_PROCESSES && a->kind == b->kind) ||
           (a->kind == TROUBLE_REDIS_KILL && b->kind == TROUBLE_REDIS_FREEZE) ||
           (b->kind == TROUBLE_REDIS_KILL && a->kind == TROUBLE_REDIS_FREEZE);
}

static inline sqlite3 *
lock_database(const char *name)
{
    char path[200];
    sqlite3 *handle = NULL;

    snprintf(path, sizeof path, "%s/%s", testbed.data_dir, name);
    ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(handle, LOCK_MS);
    ck_assert_int_eq(sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return handle;
}

static inline void
purge_all(void)
{
    struct http_response response;

    http_call(testbed.admin_port, "POST", "/admin/cache/clear", testbed.admin_token, "{}", NULL,
              &response);
    ck_assert_msg(response.status == 200 || response.status >= 502, "a purge gave %d: %s",
                  response.status, response.body);
    http_response_fini(&response);
}

static inline void
begin_trouble(const struct trouble *trouble, struct happening *entry)
{
    int status;

    if (hits_listener(trouble))
        set_listener(false, false);
    switch (trouble->kind) {
    case TROUBLE_KILL:
        process_kill(testbed_process(&testbed, trouble->process));
        break;
    case TROUBLE_STOP:
        status = process_stop(testbed_process(&testbed, trouble->process));
        ck_assert_msg(status == 0 || status == 128 + SIGALRM, SEED_NAME "=%u: %s: it ended with %d",
                      mixture_seed, trouble->name, status);
        if (status !=
            0) /* its time was up, on a machine that stood still or with a locked database */
            entry->kind = TROUBLE_KILL;
        break;
    case TROUBLE_FREEZE:
        process_signal(testbed_process(&testbed, trouble->process), SIGSTOP);
        break;
    case TROUBLE_LOCK:
        locks[trouble - troubles] = lock_database(trouble->database);
        break;
    case TROUBLE_REDIS_KILL:
        redis_kill(&redis);
        break;
    case TROUBLE_REDIS_FREEZE:
        redis_signal(&redis, SIGSTOP);
        break;
    case TROUBLE_VENDOR_FREEZE:
        process_signal(&testbed.simulator, SIGSTOP);
        break;
    case TROUBLE_PURGE:
        purge_all();
        break;
    }
}

/* Programs are only launched: they may need one that is not there yet. */
static inline void
end_trouble(const struct trouble *trouble)
{
    sqlite3 **lock = &locks[trouble - troubles];

    switch (trouble->kind) {
    case TROUBLE_KILL:
    case TROUBLE_STOP:
        testbed_launch_process(&testbed, trouble->process);
        break;
    case TROUBLE_FREEZE:
        process_signal(testbed_process(&testbed, trouble->process), SIGCONT);
        break;
    case TROUBLE_LOCK:
        ck_assert_int_eq(sqlite3_exec(*lock, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(*lock);
        *lock = NULL;
        break;
    case TROUBLE_REDIS_KILL:
        redis_restart(&redis);
        break;
    case TROUBLE_REDIS_FREEZE:
        redis_signal(&redis, SIGCONT);
        break;
    case TROUBLE_VENDOR_FREEZE:
        process_signal(&testbed.simulator, SIGCONT);
        break;
    case TROUBLE_PURGE:
        break;
    }
}

static inline void
await_end(const struct trouble *trouble)
{
    if (trouble->kind == TROUBLE_KILL || trouble->kind == TROUBLE_STOP)
        testbed_await_process(&testbed, trouble->process);
    if (!hits_listener(trouble))
        return;
    testbed_await_ready(&testbed, AWAIT_MS);
    set_listener(true, false);
}

static inline void
set_faults(const size_t *chosen, size_t count)
{
    char faults[2000] = "";

    for (size_t i = 0; i < count; i++)
        snprintf(faults + strlen(faults), sizeof faults - strlen(faults), "%s%s", i > 0 ? "," : "",
                 vendor_faults[chosen[i]]);
    testbed_fault(&testbed, faults);
}
