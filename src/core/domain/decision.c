/* decision.c - the texts of decisions, reasons, charges and levels. */
#include "decision.h"

#include <assert.h>

#define TEXT_OF(name, text) text,

const char *
decision_text(enum decision decision)
{
    static const char *const texts[DECISION_COUNT] = {DECISIONS(TEXT_OF)};

    assert((unsigned)decision < DECISION_COUNT);
    return texts[decision];
}

const char *
fetch_reason_text(enum fetch_reason reason)
{
    static const char *const texts[FETCH_REASON_COUNT] = {FETCH_REASONS(TEXT_OF)};

    assert((unsigned)reason < FETCH_REASON_COUNT);
    return texts[reason];
}

const char *
charge_text(enum charge charge)
{
    static const char *const texts[CHARGE_COUNT] = {CHARGES(TEXT_OF)};

    assert((unsigned)charge < CHARGE_COUNT);
    return texts[charge];
}

const char *
level_text(enum level level)
{
    static const char *const texts[LEVEL_COUNT] = {LEVELS(TEXT_OF)};

    assert((unsigned)level < LEVEL_COUNT);
    return texts[level];
}

const char *
cache_reason_text(enum cache_reason reason)
{
#define TEXT_OF_REASON(name, text, forward, meaning) text,
    static const char *const texts[CACHE_REASON_COUNT] = {CACHE_REASONS(TEXT_OF_REASON)};

    assert((unsigned)reason < CACHE_REASON_COUNT);
    return texts[reason];
}

const char *
cache_reason_forward(enum cache_reason reason)
{
#define FORWARD_OF_REASON(name, text, forward, meaning) forward,
    static const char *const texts[CACHE_REASON_COUNT] = {CACHE_REASONS(FORWARD_OF_REASON)};

    assert((unsigned)reason < CACHE_REASON_COUNT);
    return texts[reason];
}
