/* cors.h - which pages of other origins may read responses (Fetch standard, CORS protocol). Pure.
 *
 * Made once from the configuration, const afterwards. Keys travel in Authorization, never in cookies: so credentials are
 * not allowed to browsers, and "*" is safe. */
#pragma once

#include "base/bytes.h"
#include "base/text.h"
#include "config.h"

#define CORS_ORIGINS_MAX 32

struct cors {
    bool is_on;           /* some origin is allowed */
    bool allows_any;      /* "*": the response is the same for everybody */
    bool mirrors_headers; /* "*": whatever headers are asked for */
    char origins_text[CONFIG_TEXT_SIZE];
    struct bytes origins[CORS_ORIGINS_MAX]; /* within origins_text */
    size_t origin_count;
    char methods[CONFIG_TEXT_SIZE];
    char headers[CONFIG_TEXT_SIZE];
    int64_t max_age_s;
};

/* Borrows nothing. *cors must not move afterwards. */
void cors_init(struct cors *cors, const struct config *config);
/* origin NULL: the request has none. */
bool cors_allows(const struct cors *cors, const char *origin);

/* Headers of every response, whoever asks: readable by all, or that responses differ by Origin. */
void cors_write_common(const struct cors *cors, struct text *text);
/* Headers of a response to a page of an origin that is allowed: the list of what it may read is longer than all other headers,
 * and of no use to who is no page (origin NULL). */
void cors_write_allowed(const struct cors *cors, const char *origin, struct text *text);
/* Headers of the response to a preflight of an allowed origin, beside those above. asked_headers: value of
 * Access-Control-Request-Headers, or NULL. */
void cors_write_preflight(const struct cors *cors, const char *asked_headers, struct text *text);
