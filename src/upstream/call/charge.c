/* charge.c - the billing rule of the paid API. */
#include "call/charge.h"

enum charge
charge_of(const struct transfer_result *result)
{
    if (!result->was_sent)
        return CHARGE_FREE;
    if (result->http_status == 0)
        return CHARGE_UNKNOWN;
    if (result->http_status != 200)
        return CHARGE_FREE;
    if (result->body_bytes > 0 || result->expects_body)
        return CHARGE_BILLED;
    return result->has_no_body ? CHARGE_FREE : CHARGE_UNKNOWN;
}
