/* retry.h - whether a failed call is tried once more. Pure.
 *
 * Only what certainly cost nothing and may go better: connect failures and unbilled 5xx. Never a 429, a 501, a call whose
 * charge is unknown, or one that the upstream asks to wait with: the client is told to. All retries together stay within a share of all calls. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "decision.h"

/* Tokens in hundredths of a retry: each call adds percent, each retry takes 100, at most RETRY_BUDGET_MAX. */
struct retry_budget {
    int64_t tokens;
};

#define RETRY_BUDGET_MAX   1000
#define RETRY_DELAY_MIN_MS 50
#define RETRY_DELAY_MAX_MS 500

struct retry_facts {
    int attempt;     /* 1: the first */
    int64_t retries; /* allowed by the configuration */
    int http_status; /* 0: none */
    bool was_sent;
    enum charge charge;
    int64_t left_ms;       /* until the call's deadline */
    int64_t retry_after_s; /* as the upstream asks; 0: it does not */
};

void retry_budget_init(struct retry_budget *budget);
void retry_budget_count_call(struct retry_budget *budget, int64_t percent);
/* Takes from the budget when true. */
bool retry_is_due(const struct retry_facts *facts, struct retry_budget *budget);
/* random: any 32 bits. Full jitter between the least and the most delay. */
int64_t retry_delay_ms(uint32_t random);
