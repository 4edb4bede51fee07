/* usage_record.c - the checksum of a usage record and the bounds of its fields. Pure. */

#include "usage_record.h"

#include <stddef.h>
#include <string.h>

#include "decision.h"

__extension__ typedef unsigned __int128 uint128;

/* All of the record but the checksum, as words. */
enum { WORD_COUNT = (sizeof(struct usage_record) - sizeof(uint64_t)) / sizeof(uint64_t) };

static_assert(WORD_COUNT == 31, "the checksum below takes 31 words");

/* Odd constants without pattern: digits of the golden ratio, e, pi, sqrt 2. */
static const uint64_t salts[] = {0x9e3779b97f4a7c15, 0xb7e151628aed2a6b, 0x243f6a8885a308d3,
                                 0x6a09e667f3bcc909};

static inline uint64_t
usage_record_mix(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t
usage_record_checksum(const struct usage_record *record)
{
    uint64_t words[WORD_COUNT + 1];
    uint64_t left = salts[0];
    uint64_t right = salts[1];

    memcpy(words, (const char *)record + sizeof record->checksum, sizeof words - sizeof words[0]);
    words[WORD_COUNT] = salts[2];
    /* Two chains, so that one multiplication need not wait for the one before; order counts in
     * each. */
    for (size_t i = 0; i < WORD_COUNT + 1; i += 4) {
        left = usage_record_mix(left ^ words[i], words[i + 1] ^ salts[2]);
        right = usage_record_mix(right ^ words[i + 2], words[i + 3] ^ salts[3]);
    }
    return usage_record_mix(left ^ salts[3], right ^ salts[0]);
}

/* A text that its array's end or a NUL ends, and only NULs after that. */
static bool
is_padded(const char *text, size_t capacity)
{
    size_t size = strnlen(text, capacity);

    while (size < capacity)
        if (text[size++] != '\0')
            return false;
    return true;
}

static bool
has_valid_numbers(const struct usage_record *record)
{
    return record->sequence >= 1 && record->created_wall_us >= 0 && record->api_key_id >= 0 &&
           record->cost_micro_usd >= 0 && record->saved_micro_usd >= 0 &&
           record->status_code >= 100 && record->status_code <= 599 &&
           record->decision < DECISION_COUNT && record->level < LEVEL_COUNT;
}

bool
usage_record_is_valid(const struct usage_record *record)
{
    return record->checksum == usage_record_checksum(record) && has_valid_numbers(record) &&
           (record->ip_family == 0 || record->ip_family == 4 || record->ip_family == 6) &&
           record->endpoint[sizeof record->endpoint - 1] == '\0' &&
           is_padded(record->endpoint, sizeof record->endpoint) &&
           is_padded(record->method, sizeof record->method) &&
           record->user_agent_size <= USAGE_USER_AGENT_SIZE;
}
