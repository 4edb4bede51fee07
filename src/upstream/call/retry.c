/* retry.c - the retry rule and its budget. */
#include "call/retry.h"

void
retry_budget_init(struct retry_budget *budget)
{
    budget->tokens = RETRY_BUDGET_MAX;
}

void
retry_budget_count_call(struct retry_budget *budget, int64_t percent)
{
    budget->tokens += percent;
    if (budget->tokens > RETRY_BUDGET_MAX)
        budget->tokens = RETRY_BUDGET_MAX;
}

bool
retry_is_due(const struct retry_facts *facts, struct retry_budget *budget)
{
    bool is_connect_failure = !facts->was_sent && facts->http_status == 0;
    bool is_unbilled_fault = facts->http_status >= 500 && facts->http_status != 501 &&
                             facts->charge == CHARGE_FREE && facts->retry_after_s == 0;

    if (facts->attempt > facts->retries || (!is_connect_failure && !is_unbilled_fault))
        return false;
    if (facts->left_ms <= RETRY_DELAY_MAX_MS || budget->tokens < 100)
        return false;
    budget->tokens -= 100;
    return true;
}

int64_t
retry_delay_ms(uint32_t random)
{
    return RETRY_DELAY_MIN_MS + random % (RETRY_DELAY_MAX_MS - RETRY_DELAY_MIN_MS + 1);
}
