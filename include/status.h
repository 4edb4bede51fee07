/* status.h - the one list of outcomes: what the caller sees, what a client gets. */
#pragma once

#include <stdbool.h>

/* Row: name, HTTP status, slug (the problem's type and the detail token), title.
 * The order is part of the wire format between actors: append only. */
#define STATUSES(X)                                                                                \
    X(OK, 200, "ok", "OK")                                                                         \
    X(BAD_REQUEST, 400, "bad-request", "The request is malformed")                                 \
    X(UNAUTHORIZED, 401, "unauthorized", "Valid API key required")                                 \
    X(FORBIDDEN, 403, "forbidden", "This key has no permission for this request")                  \
    X(NOT_FOUND, 404, "not-found", "Not found")                                                    \
    X(METHOD_NOT_ALLOWED, 405, "method-not-allowed", "Method not allowed")                         \
    X(REQUEST_TIMEOUT, 408, "request-timeout", "The request did not arrive in time")               \
    X(CONFLICT, 409, "conflict", "It already exists")                                              \
    X(LENGTH_REQUIRED, 411, "length-required", "A request body requires Content-Length")           \
    X(BODY_TOO_LARGE, 413, "body-too-large", "The request body is too large")                      \
    X(TARGET_TOO_LONG, 414, "target-too-long", "The request target is too long")                   \
    X(MEDIA_TYPE, 415, "media-type", "The media type of the body is not supported")                \
    X(EXPECTATION_FAILED, 417, "expectation-failed", "The expectation cannot be met")              \
    X(INVALID_PARAMETER, 422, "invalid-parameter", "A parameter is not valid")                     \
    X(RATE_LIMITED, 429, "rate-limited", "Rate limit exceeded")                                    \
    X(QUOTA_EXCEEDED, 429, "quota-exceeded", "Quota exceeded")                                     \
    X(HEADERS_TOO_LARGE, 431, "headers-too-large", "The request headers are too large")            \
    X(INTERNAL, 500, "internal", "Internal error")                                                 \
    X(NOT_IMPLEMENTED, 501, "not-implemented", "Not implemented")                                  \
    X(UPSTREAM_FAILED, 502, "upstream-failed", "The upstream failed")                              \
    X(UPSTREAM_MALFORMED, 502, "upstream-malformed", "The upstream sent a malformed response")     \
    X(UPSTREAM_TOO_LARGE, 502, "upstream-too-large", "The upstream's response is too large")       \
    X(UPSTREAM_CREDENTIAL, 502, "upstream-credential",                                             \
      "The upstream rejected the gateway's API key")                                               \
    X(UPSTREAM_REFUSED, 502, "upstream-refused", "The upstream responded with an error")           \
    X(UPSTREAM_LIMITED, 503, "upstream-limited", "The upstream's rate limit is reached")           \
    X(OVERLOADED, 503, "overloaded", "The service is overloaded")                                  \
    X(SPOOL_FULL, 503, "spool-full", "Usage records cannot be stored")                             \
    X(LEDGER_UNAVAILABLE, 503, "ledger-unavailable", "The ledger cannot be written")               \
    X(NOT_READY, 503, "not-ready", "The service is not ready")                                     \
    X(UNAVAILABLE, 503, "unavailable", "A part of the service is unavailable")                     \
    X(STOPPING, 503, "stopping", "The service is stopping")                                        \
    X(TIMEOUT, 504, "timeout", "The request timed out")                                            \
    X(UPSTREAM_TIMEOUT, 504, "upstream-timeout", "The upstream did not answer in time")            \
    X(VERSION_NOT_SUPPORTED, 505, "version-not-supported", "This HTTP version is not supported")   \
    X(EMPTY, 500, "empty", "Internal error")                                                       \
    X(MALFORMED, 500, "malformed", "Internal error")                                               \
    X(NO_MEMORY, 503, "no-memory", "A memory limit is reached")                                    \
    X(STORAGE, 503, "storage", "The database failed")                                              \
    X(PURGED, 500, "purged", "Internal error")                                                     \
    X(GAP, 500, "gap", "Internal error")                                                           \
    X(HTTPS_REQUIRED, 403, "https-required", "HTTPS is required")                                  \
    X(HOST_NOT_ALLOWED, 400, "host-not-allowed", "This host name is not allowed")                  \
    X(UPSTREAM_UNUSABLE, 503, "upstream-unusable",                                                 \
      "The upstream's last response was paid for but could not be used")                           \
    X(CANCELLED, 499, "cancelled", "The client went away before anything was paid for")            \
    X(MISDIRECTED, 421, "misdirected", "This server does not answer for that host")                \
    X(ONLY_IF_CACHED, 504, "only-if-cached", "No stored response can be served")                   \
    X(UPSTREAM_OPEN, 503, "upstream-open", "The upstream failed too often and is not called now")

enum status {
#define STATUS_ENUM(name, http, slug, title) STATUS_##name,
    STATUSES(STATUS_ENUM)
#undef STATUS_ENUM
        STATUS_COUNT
};

/* What a paid API says of a key: not known, not paid for, not for this. */
static inline bool
http_status_rejects_key(long long http_status)
{
    return http_status == 401 || http_status == 402 || http_status == 403;
}

/* Pure look-ups into the table above; an unknown code reads as STATUS_INTERNAL. */
int status_http(enum status status);
const char *status_slug(enum status status);
const char *status_title(enum status status);
const char *status_name(enum status status);
/* True when value (from a wire) names a row. */
bool status_is_known(long long value);
