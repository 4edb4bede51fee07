/* utf8.h - reads one character of UTF-8 (RFC 3629: no surrogates, no overlong forms, at most
 * U+10FFFF). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Bytes of the character that text starts with, 1..4; 0 when size is 0 or it is not UTF-8. */
static inline size_t
utf8_decode(const char *text, size_t size, uint32_t *code)
{
    static const uint32_t leasts[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length;
    uint32_t value;

    if (size == 0)
        return 0;
    if (bytes[0] < 0x80) {
        *code = bytes[0];
        return 1;
    }
    length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length > size)
        return 0;
    value = bytes[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3fU);
    }
    if (value < leasts[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return length;
}

/* True when all of text is UTF-8 without control characters (U+0000..U+001F, U+007F). */
static inline bool
utf8_is_plain(struct bytes text)
{
    uint32_t code = 0;

    for (size_t at = 0; at < text.size;) {
        size_t length = utf8_decode((const char *)text.data + at, text.size - at, &code);

        if (length == 0 || code < 0x20 || code == 0x7f)
            return false;
        at += length;
    }
    return true;
}
