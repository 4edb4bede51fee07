/* key_request.h - what an operator asks of a key: the bodies of POST and PUT /admin/api-keys, checked. Made by the gateway;
 * commands without a server use the same code.
 *
 * A secret that comes in (rentcast_api_key) leaves as its SHA-256 alone. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "api_key.h"
#include "config.h"
#include "messages.h"

/* Why a rotation is a conflict. */
#define KEY_REQUEST_ROTATES_ALREADY                                                                \
    "an earlier rotation's overlap still runs; wait for its end, or rotate with an overlap of 0, " \
    "which ends both earlier secrets"
#define KEY_OVERLAP_USUAL_S     86400
#define KEY_OVERLAP_MOST_S      2592000 /* 30 days */
#define KEY_REQUEST_LIMITS_SIZE 1024
#define KEY_REQUEST_RIGHTS_SIZE 64

struct key_request {
    int64_t members; /* KEY_MEMBER_...: which were given */
    char name[API_KEY_NAME_MOST + 1];
    char own_hash[API_KEY_HEX_SIZE];    /* of the customer's own key; empty: one is to be minted */
    int64_t daily_limit, monthly_limit; /* 0: none */
    int64_t expires_wall_ms;            /* 0: never */
    bool is_active;
    char limits[KEY_REQUEST_LIMITS_SIZE]; /* JSON object, or empty */
    char rights[KEY_REQUEST_RIGHTS_SIZE]; /* comma-separated */
};

/* The first thing that is wrong, in the words of a 422. */
struct key_request_problem {
    char member[64];
    const char *type;
    char message[192];
};

/* body of POST: key_name is needed; what is absent or null has the configuration's default. */
bool key_request_of_creation(const struct config *config, const json_t *body,
                             struct key_request *request, struct key_request_problem *problem);
/* body of PUT: every member may be absent, one must be there; null takes a limit, an expiry, the limits or the rights
 * away. */
bool key_request_of_update(const struct config *config, const json_t *body,
                           struct key_request *request, struct key_request_problem *problem);

/* The requests for it; both borrow from request and from hash. */
struct key_create key_request_as_create(const struct key_request *request, const char *hash);
struct key_update key_request_as_update(const struct key_request *request, int64_t api_key_id);

/* body of POST .../rotate: overlap_s, how long the present secret goes on; absent: a day. */
bool key_request_of_rotation(const json_t *body, int64_t *overlap_s,
                             struct key_request_problem *problem);
/* Borrows from hash, the new secret's. */
struct key_rotate key_request_as_rotate(int64_t api_key_id, const char *hash, int64_t overlap_s);

/* A new key of ours and its hash. False: no random numbers. */
bool key_request_mint(char key[API_KEY_SIZE], char hash[API_KEY_HEX_SIZE]);
