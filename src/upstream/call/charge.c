/* charge.c - the billing rule of the paid API. */
#include "call/charge.h"

enum charge
charge_of(const struct charge_facts *facts)
{
    if (!facts->was_sent)
        return CHARGE_FREE;
    if (facts->http_status == 0)
        return CHARGE_UNKNOWN;
    if (facts->http_status != 200)
        return CHARGE_FREE;
    return facts->body_bytes > 0 || facts->expects_body ? CHARGE_BILLED : CHARGE_FREE;
}
