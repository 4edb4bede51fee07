/* settlements.h - ledger rows whose end analytics has not confirmed yet. Pure data.
 *
 * Life: added when a transfer ended -> sent, again every SETTLEMENT_RESEND_MS -> removed when LEDGER_SETTLED came.
 * Bounded: while it is full no new call is reserved (its row could not be closed). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "call/call.h"
#include "decision.h"

#define SETTLEMENTS_MAX      16384
#define SETTLEMENT_RESEND_MS 1000

struct settlement {
    char call_id[CALL_ID_SIZE]; /* this and all up to the price as it was reserved */
    int64_t api_key_id;
    char route[ROUTE_NAME_SIZE];
    enum fetch_reason reason;
    int64_t price_micro_usd;
    enum charge charge;
    int64_t http_status;
    int64_t cost_micro_usd;
    int64_t duration_us;
    bool is_journaled; /* the journal has it until it is confirmed */
    int64_t send_at_ms;
};

struct settlements {
    struct settlement *rows; /* SETTLEMENTS_MAX */
    size_t count;
};

bool settlements_init(struct settlements *settlements);
void settlements_fini(struct settlements *settlements);
bool settlements_are_full(const struct settlements *settlements);
/* There must be room. */
struct settlement *settlements_add(struct settlements *settlements,
                                   const struct settlement *settlement);
/* True: it was there, and is *removed. */
bool settlements_remove(struct settlements *settlements, struct bytes call_id,
                        struct settlement *removed);
