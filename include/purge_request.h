/* purge_request.h - what an operator asks of the cache: the body of POST /admin/cache/clear, checked, and its answer. Made by
 * the gateway; the command without a server uses the same code. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "purge.h"

/* The first thing that is wrong, in the words of a 422. */
struct purge_request_problem {
    char member[64];
    const char *type;
    const char *message;
};

/* {} is everything; endpoint, older_than_hours and invalid_only narrow it together. */
bool purge_request_read(const struct config *config, const json_t *body, int64_t now_wall_ms,
                        struct purge_scope *scope, struct purge_request_problem *problem);
/* {message, pattern, purge_number, unconfirmed_gateways}; the caller's. */
json_t *purge_request_answer(const struct purge_scope *scope, int64_t cleared_count,
                             int64_t purge_number, int64_t unconfirmed_count);
