/* response.h - writing responses: head and body rendered into the worker's buffer, one write for up to
 * 64 KiB.
 *
 * Every value that leaves here is free of CR and LF: fixed text, numbers, or headers checked at
 * their source. */
#pragma once

#include "base/bytes.h"
#include "base/text.h"
#include "exchange.h"
#include "http/representation.h"

/* A response of ours or a stored one. head: "Name: value\r\n"... incl. Content-Type, without
 * Content-Length. */
struct response {
    int http_status;
    struct bytes head;
    struct bytes body;
    bool has_length; /* head brings Content-Length itself, or there is to be none (204, 304) */
    /* headers that only proxied responses have; NULL/negative: left out */
    const char *cache_hit; /* "true" or "false" */
    const char *cache_level;
    bool is_stale;
    int64_t age_s;
    int64_t ttl_s;
    const char *cache_status;  /* of Cache-Status: "hit", "fwd=uri-miss" */
    const char *cache_outcome; /* and what came of it: "stored" or "collapsed"; NULL: neither */
    const char *cache_detail;  /* its detail, a token; NULL: none */
    const char *cache_cause;   /* what the detail says beside it, a token; NULL: nothing */
    int64_t cost_micro_usd;    /* X-Estimated-Cost */
    int64_t retry_after_s;
};

/* A response without any of the optional headers. */
static inline struct response
response_of(int http_status)
{
    return (struct response){.http_status = http_status,
                             .age_s = -1,
                             .ttl_s = -1,
                             .cost_micro_usd = -1,
                             .retry_after_s = -1};
}

/* A stored response as this request gets it: plain, gzip, or 304. Fills status, head and body of *response, which borrow
 * from content and gzip (NULL, or not made: there is none). */
void response_fill_stored(struct response *response, const struct exchange *exchange,
                          const struct content *content, const struct variant *gzip,
                          int http_status);

/* Commits the usage record first (usage.h) where the request has a key, then writes. */
void response_send(struct exchange *exchange, const struct response *response);

/* An error of ours as application/problem+json (RFC 9457). detail: any text, escaped here; NULL:
 * the title. */
void response_problem(struct exchange *exchange, enum status status, const char *detail);
/* The same with more. */
struct problem {
    enum status status;
    int http_status; /* 0: the status's own */
    const char *detail;
    struct bytes detail_json; /* instead of detail: a JSON value */
    struct bytes members;     /* further members, starting with a comma, or empty */
    const char *head;         /* further headers, or NULL */
    int64_t retry_after_s;    /* -1: none */
    const char *cache_status; /* proxied requests */
    const char *cache_detail;
};
void response_problem_with(struct exchange *exchange, const struct problem *problem);
/* Its members but type: `"title": "...", "status": ...`, without braces. */
void problem_add_members(struct text *body, const struct problem *problem, int http_status);
/* 404 that names the path. */
void response_no_route(struct exchange *exchange);
/* 405 with its Allow header (RFC 9110 15.5.6). allowed: "GET, HEAD". */
void response_method_not_allowed(struct exchange *exchange, const char *allowed);
/* A JSON body of ours, 200 or as given; Cache-Control: no-store. */
void response_json(struct exchange *exchange, int http_status, struct bytes body);

const char *response_reason_phrase(int http_status);
