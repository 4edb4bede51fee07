/* resolver.c - getaddrinfo on a thread of its own. */
#include "transfer/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "actor/worker_pool.h"
#include "base/clock.h"
#include "base/log.h"

#define HOST_SIZE 256

/* One question; owned by the pool while it runs. */
struct lookup {
    char host[HOST_SIZE];
    char addresses[RESOLVER_ADDRESSES_SIZE]; /* empty: not found */
};

struct resolver {
    char host[HOST_SIZE];
    char addresses[RESOLVER_ADDRESSES_SIZE];
    int64_t ttl_ms;
    int64_t expires_at_ms; /* addresses are asked for again from then on */
    int64_t failed_until_ms;
    bool is_numeric;
    bool is_pending;
    struct worker_pool *pool;
};

static void
add_address(char *list, const struct addrinfo *one)
{
    char text[INET6_ADDRSTRLEN + 2], bare[INET6_ADDRSTRLEN];
    const void *address =
        one->ai_family == AF_INET
            ? (const void *)&((const struct sockaddr_in *)one->ai_addr)->sin_addr
            : (const void *)&((const struct sockaddr_in6 *)one->ai_addr)->sin6_addr;
    size_t used = strlen(list);

    if (inet_ntop(one->ai_family, address, bare, sizeof bare) == NULL)
        return;
    snprintf(text, sizeof text, one->ai_family == AF_INET6 ? "[%s]" : "%s", bare);
    if (used + strlen(text) + 2 > RESOLVER_ADDRESSES_SIZE)
        return;
    if (used > 0)
        list[used++] = ',';
    memcpy(list + used, text, strlen(text) + 1);
}

static void
resolver_run_lookup(void *worker, void *job)
{
    struct lookup *lookup = job;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(lookup->host, NULL, &hints, &found);

    (void)worker;
    if (error != 0) {
        log_warning("%s cannot be resolved: %s", lookup->host, gai_strerror(error));
        return;
    }
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next)
        add_address(lookup->addresses, one);
    freeaddrinfo(found);
}

static void
resolver_lookup_done(void *state, void *job)
{
    struct resolver *self = state;
    struct lookup *lookup = job;

    self->is_pending = false;
    if (lookup->addresses[0] != '\0') {
        memcpy(self->addresses, lookup->addresses, sizeof self->addresses);
        self->expires_at_ms = clock_mono_ms() + self->ttl_ms;
    } else {
        self->failed_until_ms = clock_mono_ms() + RESOLVER_NEGATIVE_MS;
    }
    free(lookup);
}

static void
resolver_submit(struct resolver *self)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);

    if (lookup == NULL)
        return;
    memcpy(lookup->host, self->host, sizeof lookup->host);
    self->is_pending = worker_pool_submit(self->pool, resolver_run_lookup, resolver_lookup_done,
                                          lookup) == STATUS_OK;
    if (!self->is_pending)
        free(lookup);
}

struct resolver *
resolver_create(const char *host, int64_t ttl_ms)
{
    static const struct worker_pool_class class = {.name = "resolver"};
    struct resolver *self = calloc(1, sizeof *self);
    struct in6_addr scratch;

    if (self == NULL)
        return NULL;
    strncpy(self->host, host, sizeof self->host - 1);
    self->ttl_ms = ttl_ms;
    self->is_numeric = inet_pton(AF_INET, host, &scratch) == 1 || host[0] == '[';
    self->pool = worker_pool_create(&class, NULL, 1, 4, self);
    if (self->pool == NULL)
        resolver_destroy(&self);
    return self;
}

void
resolver_destroy(struct resolver **resolver)
{
    if (*resolver == NULL)
        return;
    if ((*resolver)->pool != NULL)
        worker_pool_destroy(&(*resolver)->pool);
    free(*resolver);
    *resolver = NULL;
}

enum resolver_state
resolver_addresses(struct resolver *self, int64_t now_ms, const char **addresses)
{
    bool has_addresses = self->addresses[0] != '\0';

    *addresses = self->is_numeric ? self->host : self->addresses;
    if (self->is_numeric)
        return RESOLVER_RESOLVED;
    if (!self->is_pending && now_ms >= self->failed_until_ms &&
        (!has_addresses || now_ms >= self->expires_at_ms))
        resolver_submit(self);
    if (has_addresses)
        return RESOLVER_RESOLVED;
    return self->is_pending ? RESOLVER_PENDING : RESOLVER_FAILED;
}

void
resolver_expire(struct resolver *self)
{
    self->expires_at_ms = 0;
}

int
resolver_fd(const struct resolver *self)
{
    return worker_pool_fd(self->pool);
}

void
resolver_reap(struct resolver *self)
{
    worker_pool_reap(self->pool);
}
