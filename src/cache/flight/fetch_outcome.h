/* fetch_outcome.h - what the end of a fetch means for the requests that wait for it. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "object/freshness.h"
#include "status.h"

#define FETCH_ERROR_TEXT_MAX_BYTES 4096

enum fetch_outcome_kind {
    FETCH_RESPONSE, /* for everybody; stored where it may be */
    FETCH_RELAY,    /* the upstream refused the request itself: the error is for everybody */
    FETCH_FAULT, /* the upstream or a part of ours failed: stale, else the error, for everybody */
    FETCH_PAYER_REFUSED /* refused for the payer's sake: for the payer alone, the next one pays */
};

struct fetch_outcome {
    enum fetch_outcome_kind kind;
    enum status status;  /* OK for FETCH_RESPONSE */
    int64_t http_status; /* what the client gets */
};

/* status and http_status as an UPSTREAM_REPLY brought them. is_clients_own: the call carried the client's key: what
 * the upstream says of it is for that client alone. */
struct fetch_outcome fetch_outcome_of(enum status status, int64_t http_status,
                                      const struct freshness_rules *rules, bool is_clients_own);

/* The one list of refusals that concern the payer and nobody else. */
bool fetch_outcome_refuses_payer(enum status status);

/* The text of an upstream's error, cut to FETCH_ERROR_TEXT_MAX_BYTES without splitting a
 * character. */
struct bytes fetch_outcome_error_text(struct bytes body);
