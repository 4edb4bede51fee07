/* l1.c - Redis: connecting, commands with a deadline, entries in and out, and how Redis is. */
#include "tiers/l1.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redis_url.h"
#include "metrics.h"
#include "tiers/l1_value.h"

#define KEY_SIZE      160
#define SCAN_STEP     "500"
#define ARGUMENTS_MAX 256 /* of one UNLINK */
#define TEXTS_MAX     8   /* of other commands */
#define US_PER_MS     1000
#define ELEMENTS_MAX  65536 /* of an array in a reply */
#define NUMBER_SIZE   24

struct l1 {
    struct l1_state *state;
    struct redis_url url;
    redisContext *context;                             /* NULL: not connected */
    redisReplyObjectFunctions functions;               /* of context's reader */
    void *(*create_array)(const redisReadTask *, int); /* the library's own */
    int64_t generation; /* when it was last used: what keys are made with */
};

void
l1_state_init(struct l1_state *state, const struct config *config)
{
    state->config = config;
    state->is_used = config_uses_l1(config);
    atomic_init(&state->is_up, false);
    atomic_init(&state->is_failure_said, false);
    atomic_init(&state->generation, 0);
    atomic_init(&state->used_bytes, -1);
}

struct l1 *
l1_create(struct l1_state *state)
{
    struct l1 *l1 = calloc(1, sizeof *l1);

    if (l1 == NULL)
        return NULL;
    l1->state = state;
    if (state->is_used)
        (void)redis_url_parse(state->config->cache.redis_url, &l1->url); /* checked at load */
    return l1;
}

static void
l1_disconnect(struct l1 *l1)
{
    if (l1->context != NULL)
        redisFree(l1->context);
    l1->context = NULL;
}

void
l1_destroy(struct l1 **l1)
{
    if (*l1 == NULL)
        return;
    l1_disconnect(*l1);
    explicit_bzero(&(*l1)->url, sizeof(*l1)->url);
    free(*l1);
    *l1 = NULL;
}

/* L1 goes down; UNAVAILABLE. why: hiredis' or Redis' text of a failure, never a value or a password. */
static enum status
l1_fail(struct l1 *l1, const char *why)
{
    atomic_store(&l1->state->is_up, false);
    if (!atomic_exchange(&l1->state->is_failure_said, true))
        log_warning("L1 is skipped: %.120s", why);
    metric_add(METRIC_L1_FAILURES, 1);
    l1_disconnect(l1);
    return STATUS_UNAVAILABLE;
}

static bool
l1_timed_out(const redisContext *context)
{
    return context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Errors that say nothing against the connection, but that this key or value is not taken. */
static bool
l1_is_refusal(const redisReply *reply)
{
    return strncmp(reply->str, "WRONGTYPE", 9) == 0 || strncmp(reply->str, "OOM", 3) == 0;
}

/* A command of `count` arguments. NULL: l1_fail was called. An error comes back only where it is a refusal of this key or value
 * (WRONGTYPE, OOM). The caller frees the reply. */
static redisReply *
l1_command(struct l1 *l1, size_t count, const char *const *arguments, const size_t *sizes)
{
    redisReply *reply =
        redisCommandArgv(l1->context, (int)count, (const char **)(uintptr_t)arguments, sizes);

    if (reply == NULL) {
        (void)l1_fail(l1, l1_timed_out(l1->context) ? "no answer in time" : l1->context->errstr);
    } else if (reply->type == REDIS_REPLY_ERROR && !l1_is_refusal(reply)) {
        (void)l1_fail(l1, reply->str);
        freeReplyObject(reply);
        reply = NULL;
    }
    return reply;
}

/* The same of texts, for its effect alone. */
static bool
l1_command_ok(struct l1 *l1, const char *const *arguments, size_t count)
{
    size_t sizes[TEXTS_MAX];
    redisReply *reply;

    for (size_t i = 0; i < count; i++)
        sizes[i] = strlen(arguments[i]);
    reply = l1_command(l1, count, arguments, sizes);
    freeReplyObject(reply);
    return reply != NULL;
}

static bool
l1_authenticate(struct l1 *l1)
{
    const char *arguments[] = {"AUTH", l1->url.user, l1->url.password};
    size_t skipped = l1->url.user[0] == '\0' ? 1 : 0; /* AUTH password */

    if (l1->url.password[0] == '\0')
        return true;
    arguments[skipped] = "AUTH";
    return l1_command_ok(l1, arguments + skipped, COUNT(arguments) - skipped);
}

static bool
l1_select_db(struct l1 *l1)
{
    char number[NUMBER_SIZE];
    const char *const arguments[] = {"SELECT", number};

    if (l1->url.db == 0)
        return true;
    snprintf(number, sizeof number, "%d", l1->url.db);
    return l1_command_ok(l1, arguments, COUNT(arguments));
}

/* NULL ends the connection. The library makes room for as many elements as are announced, before any of them comes. */
static void *
l1_create_array(const redisReadTask *task, int elements)
{
    const struct l1 *l1 = task->privdata;

    return elements <= ELEMENTS_MAX ? l1->create_array(task, elements) : NULL;
}

static void
l1_bound_arrays(struct l1 *l1)
{
    redisReader *reader = l1->context->reader;

    l1->functions = *reader->fn;
    l1->create_array = reader->fn->createArray;
    l1->functions.createArray = l1_create_array;
    reader->fn = &l1->functions;
    reader->privdata = l1;
}

/* Connected and logged in, now or since before. False: l1_fail was called. */
static bool
l1_connect(struct l1 *l1)
{
    int64_t timeout_ms = l1->state->config->cache.redis_timeout_ms;
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

    if (l1->context != NULL)
        return true;
    l1->context = l1->url.path[0] != '\0'
                      ? redisConnectUnixWithTimeout(l1->url.path, timeout)
                      : redisConnectWithTimeout(l1->url.host, l1->url.port, timeout);
    if (l1->context == NULL || l1->context->err != 0 ||
        redisSetTimeout(l1->context, timeout) != REDIS_OK) {
        (void)l1_fail(l1, l1->context != NULL ? l1->context->errstr : "no memory");
        return false;
    }
    l1_bound_arrays(l1);
    return l1_authenticate(l1) && l1_select_db(l1);
}

/* L1 is up, and so is a connection of its generation: one of an earlier generation may be to a Redis that is gone. */
static bool
l1_is_usable(struct l1 *l1)
{
    int64_t generation = atomic_load(&l1->state->generation);

    if (!l1->state->is_used || !atomic_load(&l1->state->is_up))
        return false;
    if (l1->generation != generation)
        l1_disconnect(l1);
    l1->generation = generation;
    return l1_connect(l1);
}

/* Endpoints are ROUTE_NAME_SIZE at most, so that it fits. */
static void
l1_make_key(const struct l1 *l1, struct bytes endpoint, const char *rest, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "rentcache:%016llx:%.*s:%s", (unsigned long long)l1->generation,
             BYTES_ARG(endpoint), rest);
}

/* Into one owned block. NOT_FOUND: there is none, or none of ours. */
static enum status
l1_read_value(const redisReply *reply, struct entry_row *row, struct blob **owner)
{
    if (reply->type != REDIS_REPLY_STRING)
        return STATUS_NOT_FOUND;
    *owner = blob_copy(bytes_of(reply->str, (size_t)reply->len));
    if (*owner == NULL)
        return STATUS_NO_MEMORY;
    if (l1_value_read(blob_bytes(*owner), row))
        return STATUS_OK;
    blob_release(owner);
    return STATUS_NOT_FOUND;
}

enum status
l1_get(struct l1 *l1, const char *endpoint, const char *cache_key, struct entry_row *row,
       struct blob **owner)
{
    char key[KEY_SIZE];
    const char *const arguments[] = {"GET", key};
    size_t sizes[] = {3, 0};
    redisReply *reply;
    enum status status;

    if (!l1_is_usable(l1))
        return STATUS_UNAVAILABLE;
    l1_make_key(l1, bytes_of_text(endpoint), cache_key, key);
    sizes[1] = strlen(key);
    reply = l1_command(l1, COUNT(arguments), arguments, sizes);
    if (reply == NULL)
        return STATUS_UNAVAILABLE;
    status = l1_read_value(reply, row, owner);
    freeReplyObject(reply);
    if (status == STATUS_OK)
        bytes_copy_text(bytes_of_text(cache_key), row->cache_key, sizeof row->cache_key);
    return status;
}

static int64_t
l1_ttl_ms(const struct l1 *l1, const struct entry_row *row, int64_t now_wall_us)
{
    int64_t max_ms = l1->state->config->cache.l1_max_ttl_s * 1000;
    int64_t left_ms = row->meta.expires_wall_ms - now_wall_us / US_PER_MS;

    return left_ms < max_ms ? left_ms : max_ms;
}

static enum status
l1_unlink(struct l1 *l1, const char *key)
{
    const char *const arguments[] = {"UNLINK", key};

    return l1_command_ok(l1, arguments, COUNT(arguments)) ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* NULL: no memory, or the connection is gone. */
static redisReply *
l1_set(struct l1 *l1, const char *key, const struct entry_row *row, int64_t ttl_ms,
       enum l1_put_mode mode)
{
    char px[NUMBER_SIZE];
    size_t value_size = l1_value_size(row);
    uint8_t *value = malloc(value_size);
    const char *const arguments[] = {"SET", key, (const char *)value, "PX", px, "NX"};
    size_t sizes[] = {3, strlen(key), value_size, 2, 0, 2};
    redisReply *reply;

    if (value == NULL)
        return NULL;
    l1_value_write(row, value);
    sizes[4] = (size_t)snprintf(px, sizeof px, "%lld", (long long)ttl_ms);
    reply = l1_command(l1, COUNT(arguments) - (mode == L1_PUT_ALWAYS), arguments, sizes);
    free(value);
    return reply;
}

/* A Redis that takes no more must not keep what was there before. */
static enum status
l1_replace(struct l1 *l1, const char *key, const struct entry_row *row, int64_t ttl_ms,
           enum l1_put_mode mode)
{
    redisReply *reply = l1_set(l1, key, row, ttl_ms, mode);
    bool is_refused = reply != NULL && reply->type == REDIS_REPLY_ERROR;
    bool is_kept = reply != NULL && reply->type == REDIS_REPLY_STATUS;

    freeReplyObject(reply);
    if (reply == NULL)
        return l1->context != NULL ? l1_unlink(l1, key) : STATUS_UNAVAILABLE;
    metric_add(METRIC_L1_STORES, is_kept);
    return is_refused ? l1_unlink(l1, key) : STATUS_OK;
}

/* What was read from L2 before the generation changed may be older than what is stored now. */
static bool
l1_put_is_outdated(const struct l1 *l1, enum l1_put_mode mode)
{
    return mode == L1_PUT_IF_NONE && l1->generation != atomic_load(&l1->state->generation);
}

enum status
l1_put(struct l1 *l1, const struct entry_row *row, int64_t now_wall_us, enum l1_put_mode mode)
{
    int64_t ttl_ms = l1_ttl_ms(l1, row, now_wall_us);
    bool fits = row->body.size <= (size_t)l1->state->config->cache.l1_max_body_bytes;
    char key[KEY_SIZE];

    if (l1_put_is_outdated(l1, mode) || !l1_is_usable(l1))
        return STATUS_UNAVAILABLE;
    l1_make_key(l1, row->endpoint, row->cache_key, key);
    if (fits && ttl_ms > 0)
        return l1_replace(l1, key, row, ttl_ms, mode);
    return mode == L1_PUT_ALWAYS ? l1_unlink(l1, key) : STATUS_OK;
}

enum status
l1_drop(struct l1 *l1, const char *endpoint, const char *cache_key)
{
    char key[KEY_SIZE];

    if (!l1_is_usable(l1))
        return STATUS_UNAVAILABLE;
    l1_make_key(l1, bytes_of_text(endpoint), cache_key, key);
    return l1_unlink(l1, key);
}

/* The keys of one step of SCAN. */
static bool
l1_unlink_found(struct l1 *l1, const redisReply *keys)
{
    const char *arguments[ARGUMENTS_MAX] = {"UNLINK"};
    size_t sizes[ARGUMENTS_MAX] = {6};

    for (size_t at = 0; at < keys->elements;) {
        size_t count = 1;
        redisReply *reply;

        for (; count < ARGUMENTS_MAX && at < keys->elements; at++, count++) {
            arguments[count] = keys->element[at]->str != NULL ? keys->element[at]->str : "";
            sizes[count] = (size_t)keys->element[at]->len;
        }
        reply = l1_command(l1, count, arguments, sizes);
        if (reply == NULL)
            return false;
        freeReplyObject(reply);
    }
    return true;
}

/* False: the connection is gone. cursor "0" afterwards: that was all. */
static bool
l1_scan_step(struct l1 *l1, const char *pattern, char cursor[NUMBER_SIZE])
{
    const char *const arguments[] = {"SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_STEP};
    const size_t sizes[] = {4, strlen(cursor), 5, strlen(pattern), 5, sizeof SCAN_STEP - 1};
    redisReply *reply = l1_command(l1, COUNT(arguments), arguments, sizes);
    bool is_done;

    if (reply == NULL)
        return false;
    is_done = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
              reply->element[0]->type == REDIS_REPLY_STRING &&
              reply->element[1]->type == REDIS_REPLY_ARRAY;
    if (is_done) {
        snprintf(cursor, NUMBER_SIZE, "%s", reply->element[0]->str);
        is_done = l1_unlink_found(l1, reply->element[1]);
    } else {
        (void)l1_fail(l1, "SCAN gave another kind of answer");
    }
    freeReplyObject(reply);
    return is_done;
}

enum status
l1_purge(struct l1 *l1, const char *endpoint)
{
    const char *name = endpoint[0] != '\0' ? endpoint : "*";
    int64_t deadline_ms = clock_mono_ms() + l1->state->config->cache.redis_purge_ms;
    char pattern[KEY_SIZE], cursor[NUMBER_SIZE] = "0";

    if (!l1_is_usable(l1))
        return STATUS_UNAVAILABLE;
    l1_make_key(l1, bytes_of_text(name), "*", pattern);
    do {
        if (!l1_scan_step(l1, pattern, cursor))
            return STATUS_UNAVAILABLE;
    } while (strcmp(cursor, "0") != 0 && clock_mono_ms() < deadline_ms);
    return STATUS_OK;
}

/* -1: it does not say. */
static int64_t
l1_read_used_bytes(const redisReply *reply)
{
    static const char name[] = "used_memory:";
    const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, name) : NULL;

    return at != NULL ? strtoll(at + sizeof name - 1, NULL, 10) : -1;
}

static bool
l1_ask_memory(struct l1 *l1)
{
    static const char *const arguments[] = {"INFO", "memory"};
    static const size_t sizes[] = {4, 6};
    redisReply *reply = l1_command(l1, COUNT(arguments), arguments, sizes);

    if (reply == NULL)
        return false;
    atomic_store(&l1->state->used_bytes, l1_read_used_bytes(reply));
    freeReplyObject(reply);
    return true;
}

/* One that answers and refuses to write (a replica, no room on disk, too few replicas) is of no use. Nothing has this name:
 * Redis refuses a command that writes before it looks. */
static bool
l1_try_write(struct l1 *l1)
{
    static const char *const arguments[] = {"UNLINK", "rentcache:probe"};

    return l1_command_ok(l1, arguments, COUNT(arguments));
}

void
l1_probe(struct l1 *l1, l1_renew *renew, void *context)
{
    struct l1_state *state = l1->state;
    int64_t generation;

    if (!atomic_load(&state->is_up))
        l1_disconnect(l1);
    if (!state->is_used || !l1_connect(l1) || !l1_ask_memory(l1)) {
        atomic_store(&state->used_bytes, -1);
        return;
    }
    if (atomic_load(&state->is_up) || !l1_try_write(l1) || renew(context, &generation) != STATUS_OK)
        return;
    atomic_store(&state->generation, generation);
    atomic_store(&state->is_failure_said, false);
    atomic_store(&state->is_up, true);
    log_info("L1 is in use");
}
