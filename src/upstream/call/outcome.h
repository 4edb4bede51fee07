/* outcome.h - from what a transfer ended with to what the cache actor and the ledger are told. Pure. */
#pragma once

#include "decision.h"
#include "status.h"
#include "transfer/transfer.h"

/* OK for a whole answer (also 4xx and 5xx); UPSTREAM_CREDENTIAL for 401 and 403 on our own credential,
 * UPSTREAM_LIMITED for 429; the causes of the rest. */
enum status outcome_status(const struct transfer_result *result, bool is_own_credential);
enum charge outcome_charge(const struct transfer_result *result);
