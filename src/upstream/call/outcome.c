/* outcome.c - the two translations. */
#include "call/outcome.h"

#include "call/charge.h"

enum status
outcome_status(const struct transfer_result *result, bool is_own_credential)
{
    switch (result->outcome) {
    case TRANSFER_OK:
        if (is_own_credential && (result->http_status == 401 || result->http_status == 403))
            return STATUS_UPSTREAM_CREDENTIAL;
        return result->http_status == 429 ? STATUS_UPSTREAM_LIMITED : STATUS_OK;
    case TRANSFER_TIMED_OUT:
        return STATUS_UPSTREAM_TIMEOUT;
    case TRANSFER_MALFORMED:
        return STATUS_UPSTREAM_MALFORMED;
    case TRANSFER_TOO_LARGE:
        return STATUS_UPSTREAM_TOO_LARGE;
    default:
        return STATUS_UPSTREAM_FAILED;
    }
}

enum charge
outcome_charge(const struct transfer_result *result)
{
    struct charge_facts facts = {
        .was_sent = result->was_sent,
        .http_status = result->http_status,
        .body_bytes = result->body_bytes,
        .expects_body = result->expects_body,
    };

    return charge_of(&facts);
}
