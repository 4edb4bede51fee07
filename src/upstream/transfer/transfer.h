/* transfer.h - HTTP calls to the upstreams, many at once on one thread: the only door to libcurl.
 *
 * A pool has an origin for each upstream; they share the thread and nothing else: timeouts, connections, probes and credentials are
 * each one's own.
 *
 * Life of a transfer: transfer_start -> running -> done (exactly one call of transfer_done_function, from
 * transfer_pool_step or transfer_origin_cancel_late) -> freed. Connections are kept alive and pooled; a request is never sent
 * twice by itself; redirects are not followed; TLS is verified. Owned by the upstream actor's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/bytes.h"
#include "config.h"
#include "status.h"

#define RETRY_AFTER_MAX_S 300 /* nobody is told to wait longer */

enum transfer_outcome {
    TRANSFER_OK,            /* a whole response, whatever its status */
    TRANSFER_NOT_CONNECTED, /* refused, unreachable, connect timeout: nothing was sent */
    TRANSFER_NOT_TRUSTED,   /* TLS: nothing was sent */
    TRANSFER_TIMED_OUT,
    TRANSFER_CUT,       /* closed or reset before the response was whole */
    TRANSFER_MALFORMED, /* no HTTP response, a head that is not acceptable, or a 200 that is no JSON */
    TRANSFER_TOO_LARGE,     /* head or body over its bound */
    TRANSFER_RESEND_REFUSED /* the kept connection died: the library wanted to send again */
};

struct transfer_result {
    enum transfer_outcome outcome;
    bool was_sent;
    int http_status;       /* 0: no head came */
    struct bytes headers;  /* end-to-end headers; borrowed */
    struct blob *body;     /* borrowed; NULL: none */
    size_t body_bytes;     /* received, also where body is not whole */
    bool expects_body;     /* a length above 0 or chunks were announced */
    bool has_no_body;      /* the head is whole and announced a length of 0 */
    int64_t retry_after_s; /* 0: none; at most RETRY_AFTER_MAX_S */
    const char *cause;     /* the library's text, static; without any secret */
    const char
        *detail; /* the same; with server.debug the library's text about this very call, borrowed */
};

typedef void transfer_done_function(void *context, void *call,
                                    const struct transfer_result *result);

struct transfer_pool;
struct transfer_origin;

/* NULL: no memory. */
struct transfer_pool *transfer_pool_create(const struct config *config,
                                           transfer_done_function *done, void *context);
/* Running transfers are dropped: done is not called for them. The origins go with it. */
void transfer_pool_destroy(struct transfer_pool **transfers);

/* The pool owns it. NULL: logged. Its base_url is split here. */
struct transfer_origin *transfer_pool_add(struct transfer_pool *transfers,
                                          const struct upstream_config *upstream);
const char *transfer_origin_host(const struct transfer_origin *origin);

struct transfer_request {
    const char *target;     /* path and query */
    const char *request_id; /* sent on as X-Request-ID */
    const char *call_id;    /* of the ledger's row, sent as X-Call-ID */
    const char *addresses;  /* of the host, from the resolver */
    const char *credential; /* secret; NULL: the configured one */
    int64_t timeout_ms;
    void *call; /* handed to done */
};

/* Connects, with TLS where the URL says so, and hangs up: nothing is sent that could be billed. One at a time
 * (STATUS_OVERLOADED), within connect_timeout_ms. STATUS_OK: done follows once, from transfer_pool_step. */
typedef void probe_done_function(void *context, bool is_connected, int64_t duration_us,
                                 const char *cause);
enum status transfer_probe(struct transfer_origin *origin, const char *addresses,
                           probe_done_function *done, void *context);

/* Texts are copied. STATUS_NO_MEMORY or STATUS_INTERNAL: done is not called. */
enum status transfer_start(struct transfer_origin *origin, const struct transfer_request *request);
size_t transfer_origin_running(const struct transfer_origin *origin);
/* Connections that are open, kept alive or in use. */
size_t transfer_origin_connections(const struct transfer_origin *origin);
/* Moves everything that can move; calls done for what ended. */
void transfer_pool_step(struct transfer_pool *transfers);
/* Waits for sockets, or the other fds, at most timeout_ms. */
void transfer_pool_wait(struct transfer_pool *transfers, const int *fds, size_t fd_count,
                        int64_t timeout_ms);
/* Ends transfers whose first byte did not come in time, or that moved nothing for too long after it. */
void transfer_origin_cancel_late(struct transfer_origin *origin, int64_t now_ms);
