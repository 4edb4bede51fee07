/* char_set.h - sets of ASCII characters, asked by one bit test: what may stand where in HTTP and in
 * our own names. Nothing above 0x7f belongs to any of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct char_set {
    uint64_t low;  /* a bit each for 0x00..0x3f */
    uint64_t high; /* for 0x40..0x7f */
};

static inline bool
char_set_has(struct char_set set, unsigned char c)
{
    return c < 0x80 && ((c < 0x40 ? set.low : set.high) >> (c & 0x3f) & 1) != 0;
}

/* Whether text is not empty and made of nothing else. */
static inline bool
char_set_makes(struct char_set set, struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!char_set_has(set, text.data[i]))
            return false;
    return text.size > 0;
}

/* Bits of one character and of a range within one half; both ends included. */
#define CHAR_BIT_OF(c)      (UINT64_C(1) << ((c)&0x3f))
#define CHAR_BITS(from, to) ((CHAR_BIT_OF(to) << 1) - CHAR_BIT_OF(from))
#define CHAR_BITS_DIGITS    CHAR_BITS('0', '9')
#define CHAR_BITS_LETTERS   (CHAR_BITS('A', 'Z') | CHAR_BITS('a', 'z'))
#define CHAR_BITS_LOW_TOKEN                                                                        \
    (CHAR_BITS_DIGITS | CHAR_BIT_OF('!') | CHAR_BITS('#', '\'') | CHAR_BIT_OF('*') |               \
     CHAR_BIT_OF('+') | CHAR_BIT_OF('-') | CHAR_BIT_OF('.'))

/* RFC 9110 5.6.2: names of methods and headers. */
static const struct char_set char_set_token = {CHAR_BITS_LOW_TOKEN,
                                               CHAR_BITS_LETTERS | CHAR_BITS('^', '`') |
                                                   CHAR_BIT_OF('|') | CHAR_BIT_OF('~')};

/* RFC 9110 11.2: credentials. */
static const struct char_set char_set_token68 = {
    CHAR_BITS_DIGITS | CHAR_BIT_OF('+') | CHAR_BITS('-', '/') | CHAR_BIT_OF('='),
    CHAR_BITS_LETTERS | CHAR_BIT_OF('_') | CHAR_BIT_OF('~')};

/* What RFC 3986 lets stand in a path and query as it is, and "|", which the paid API's grammar
 * uses. */
static const struct char_set char_set_target = {
    CHAR_BITS('!', '?') &
        ~(CHAR_BIT_OF('"') | CHAR_BIT_OF('#') | CHAR_BIT_OF('<') | CHAR_BIT_OF('>')),
    CHAR_BITS('@', '~') & ~(CHAR_BIT_OF('\\') | CHAR_BIT_OF('^') | CHAR_BIT_OF('`') |
                            CHAR_BIT_OF('{') | CHAR_BIT_OF('}'))};

/* RFC 3986 3.2.2: host [":" port], without userinfo. */
static const struct char_set char_set_host = {
    CHAR_BITS_DIGITS | CHAR_BIT_OF('!') | CHAR_BITS('$', '.') | CHAR_BIT_OF(':') |
        CHAR_BIT_OF(';') | CHAR_BIT_OF('='),
    CHAR_BITS_LETTERS | CHAR_BIT_OF('[') | CHAR_BIT_OF(']') | CHAR_BIT_OF('_') | CHAR_BIT_OF('~')};

/* RFC 3986 2.3: never percent-encoded. */
static const struct char_set char_set_unreserved = {
    CHAR_BITS_DIGITS | CHAR_BIT_OF('-') | CHAR_BIT_OF('.'),
    CHAR_BITS_LETTERS | CHAR_BIT_OF('_') | CHAR_BIT_OF('~')};
