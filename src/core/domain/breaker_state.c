/* breaker_state.c - the words of breaker_state.h. */
#include "breaker_state.h"

#include "base/bytes.h"

static const char *const state_texts[] = {
#define BREAKER_STATE_TEXT(name, text) text,
    BREAKER_STATES(BREAKER_STATE_TEXT)
#undef BREAKER_STATE_TEXT
};

static const char *const reason_texts[] = {
#define BREAKER_REASON_TEXT(name, text) text,
    BREAKER_REASONS(BREAKER_REASON_TEXT)
#undef BREAKER_REASON_TEXT
};

const char *
breaker_state_text(int64_t state)
{
    return state >= 0 && state < (int64_t)COUNT(state_texts) ? state_texts[state] : "";
}

const char *
breaker_reason_text(int64_t reason)
{
    return reason >= 0 && reason < (int64_t)COUNT(reason_texts) ? reason_texts[reason] : "";
}
