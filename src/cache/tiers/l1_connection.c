/* l1_connection.c - connecting, logging in, and commands with a deadline. */
#include "tiers/l1_connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/log.h"
#include "metrics.h"

#define WORDS_MAX   8
#define NUMBER_SIZE 24

void
l1_state_init(struct l1_state *state, const struct config *config)
{
    state->config = config;
    state->is_used = config_uses_l1(config);
    atomic_init(&state->is_up, false);
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

void
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

enum status
l1_fail(struct l1 *l1, const char *why)
{
    if (atomic_exchange(&l1->state->is_up, false))
        log_warning("L1 is skipped: %.120s", why);
    metric_add(METRIC_L1_FAILURES, 1);
    l1_disconnect(l1);
    return STATUS_UNAVAILABLE;
}

static bool
is_late_answer(const redisContext *context)
{
    return context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Errors that say nothing against the connection, but that this key or value is not taken. */
static bool
is_refusal(const redisReply *reply)
{
    return strncmp(reply->str, "WRONGTYPE", 9) == 0 || strncmp(reply->str, "OOM", 3) == 0;
}

redisReply *
l1_run(struct l1 *l1, size_t count, const char *const *words, const size_t *sizes)
{
    redisReply *reply =
        redisCommandArgv(l1->context, (int)count, (const char **)(uintptr_t)words, sizes);

    if (reply == NULL) {
        (void)l1_fail(l1, is_late_answer(l1->context) ? "no answer in time" : l1->context->errstr);
    } else if (reply->type == REDIS_REPLY_ERROR && !is_refusal(reply)) {
        (void)l1_fail(l1, reply->str);
        freeReplyObject(reply);
        reply = NULL;
    }
    return reply;
}

bool
l1_say(struct l1 *l1, const char *const *words, size_t count)
{
    size_t sizes[WORDS_MAX];
    redisReply *reply;

    for (size_t i = 0; i < count; i++)
        sizes[i] = strlen(words[i]);
    reply = l1_run(l1, count, words, sizes);
    freeReplyObject(reply);
    return reply != NULL;
}

static bool
log_in(struct l1 *l1)
{
    const char *words[] = {"AUTH", l1->url.user, l1->url.password};
    size_t skipped = l1->url.user[0] == '\0' ? 1 : 0; /* AUTH password */

    if (l1->url.password[0] == '\0')
        return true;
    words[skipped] = "AUTH";
    return l1_say(l1, words + skipped, COUNT(words) - skipped);
}

static bool
select_db(struct l1 *l1)
{
    char number[NUMBER_SIZE];
    const char *const words[] = {"SELECT", number};

    if (l1->url.db == 0)
        return true;
    snprintf(number, sizeof number, "%d", l1->url.db);
    return l1_say(l1, words, COUNT(words));
}

bool
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
    return log_in(l1) && select_db(l1);
}

/* A connection of an earlier generation may be one to a Redis that is gone. */
bool
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
