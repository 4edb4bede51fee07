/* fetch_outcome.c - what the end of a fetch means for the requests that wait for it. */

#include "flight/fetch_outcome.h"

bool
fetch_outcome_refuses_payer(enum status status)
{
    switch (status) {
    case STATUS_UNAUTHORIZED: /* the payer's own credential */
    case STATUS_FORBIDDEN:
    case STATUS_RATE_LIMITED:
    case STATUS_QUOTA_EXCEEDED: /* the payer's budget */
        return true;
    default:
        return false;
    }
}

static struct fetch_outcome
fetch_outcome_fault(enum status status, int64_t http_status)
{
    return (struct fetch_outcome){
        .kind = FETCH_FAULT, .status = status, .http_status = http_status};
}

static struct fetch_outcome
fetch_outcome_of_response(int64_t http_status, const struct freshness_rules *rules)
{
    if ((http_status >= 200 && http_status <= 299) || freshness_is_storeable(rules, http_status))
        return (struct fetch_outcome){
            .kind = FETCH_RESPONSE, .status = STATUS_OK, .http_status = http_status};
    if (http_status_rejects_key(http_status))
        return fetch_outcome_fault(STATUS_UPSTREAM_CREDENTIAL,
                                   status_http(STATUS_UPSTREAM_CREDENTIAL));
    if (http_status == 429)
        return fetch_outcome_fault(STATUS_UPSTREAM_LIMITED, status_http(STATUS_UPSTREAM_LIMITED));
    if (http_status >= 400 && http_status <= 499)
        return (struct fetch_outcome){
            .kind = FETCH_RELAY, .status = STATUS_UPSTREAM_REFUSED, .http_status = http_status};
    if (http_status >= 500 && http_status <= 599)
        return fetch_outcome_fault(STATUS_UPSTREAM_REFUSED, http_status);
    /* A redirect is not followed, and no client of ours has a use for its target. */
    return fetch_outcome_fault(STATUS_UPSTREAM_FAILED, status_http(STATUS_UPSTREAM_FAILED));
}

/* The upstream refused a client's own key, or that key's plan is at its limit. */
static bool
is_of_credential(enum status status, int64_t http_status)
{
    return (status == STATUS_OK && http_status_rejects_key(http_status)) ||
           status == STATUS_UPSTREAM_LIMITED;
}

static struct fetch_outcome
fetch_outcome_of_credential(enum status status, int64_t http_status)
{
    if (status == STATUS_UPSTREAM_LIMITED)
        return (struct fetch_outcome){.kind = FETCH_PAYER_REFUSED,
                                      .status = STATUS_UPSTREAM_LIMITED,
                                      .http_status = status_http(STATUS_UPSTREAM_LIMITED)};
    return (struct fetch_outcome){
        .kind = FETCH_PAYER_REFUSED, .status = STATUS_UPSTREAM_REFUSED, .http_status = http_status};
}

struct fetch_outcome
fetch_outcome_of(enum status status, int64_t http_status, const struct freshness_rules *rules,
                 bool is_clients_own)
{
    if (is_clients_own && is_of_credential(status, http_status))
        return fetch_outcome_of_credential(status, http_status);
    if (status == STATUS_OK)
        return fetch_outcome_of_response(http_status, rules);

    struct fetch_outcome outcome = fetch_outcome_fault(status, status_http(status));

    if (fetch_outcome_refuses_payer(outcome.status))
        outcome.kind = FETCH_PAYER_REFUSED;
    return outcome;
}

struct bytes
fetch_outcome_error_text(struct bytes body)
{
    size_t size = body.size;

    if (size > FETCH_ERROR_TEXT_MAX_BYTES) {
        size = FETCH_ERROR_TEXT_MAX_BYTES;
        for (int back = 0; back < 3 && (body.data[size] & 0xC0) == 0x80; back++)
            size--;
    }
    return bytes_of(body.data, size);
}
