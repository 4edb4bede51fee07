/* resolver.h - the upstream's addresses, looked up away from the loop: the transfer library gets addresses only.
 *
 * A name's life: unknown -> asked -> known (resolve_ttl_s) -> asked again, its last good address staying in use
 * until a better one comes. A name that never resolved fails for RESOLVER_NEGATIVE_MS, then is asked again.
 * One name per resolver; numeric addresses need no asking. Owned by the upstream actor's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RESOLVER_ADDRESSES_SIZE 512
#define RESOLVER_NEGATIVE_MS    2000

enum resolver_state { RESOLVER_WAIT, RESOLVER_KNOWN, RESOLVER_FAILED };

struct resolver;

/* host: a name or a numeric address, copied. NULL: no memory or thread. */
struct resolver *resolver_create(const char *host, int64_t ttl_ms);
void resolver_destroy(struct resolver **resolver);

/* WAIT: asked, come back when resolver_fd was readable; KNOWN: *addresses is "a.b.c.d,..." until the next call. */
enum resolver_state resolver_look(struct resolver *resolver, int64_t now_ms,
                                  const char **addresses);
/* The cached address led nowhere: ask again at the next look, keep using it meanwhile. */
void resolver_doubt(struct resolver *resolver);
int resolver_fd(const struct resolver *resolver);
/* Takes in what was found. */
void resolver_reap(struct resolver *resolver);
