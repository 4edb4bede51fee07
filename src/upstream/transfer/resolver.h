/* resolver.h - the upstream's addresses, looked up away from the loop: the transfer library gets addresses only.
 *
 * A name's life: unknown -> asked -> resolved (for resolve_ttl_s) -> asked again, its last good address staying in use
 * until a better one comes. A name that never resolved fails for RESOLVER_NEGATIVE_MS, then is asked again.
 * One name per resolver; numeric addresses need no asking. Owned by the upstream actor's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RESOLVER_ADDRESSES_SIZE 512
#define RESOLVER_NEGATIVE_MS    2000

enum resolver_state { RESOLVER_PENDING, RESOLVER_RESOLVED, RESOLVER_FAILED };

struct resolver;

/* host: a name or a numeric address, copied. NULL: no memory or thread. */
struct resolver *resolver_create(const char *host, int64_t ttl_ms);
void resolver_destroy(struct resolver **resolver);

/* PENDING: asked, come back when resolver_fd was readable; RESOLVED: *addresses is "a.b.c.d,..." until the next call. */
enum resolver_state resolver_addresses(struct resolver *resolver, int64_t now_ms,
                                       const char **addresses);
/* The cached address led nowhere: it is asked for again at the next use, and stays in use meanwhile. */
void resolver_expire(struct resolver *resolver);
int resolver_fd(const struct resolver *resolver);
/* Takes in what was found. */
void resolver_reap(struct resolver *resolver);
