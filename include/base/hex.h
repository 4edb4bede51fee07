/* hex.h - bytes as hexadecimal digits, and back. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define HEX_DIGITS       "0123456789abcdef"
#define HEX_UPPER_DIGITS "0123456789ABCDEF"

/* Writes 2 * size lower-case digits and a NUL. */
static inline void
hex_write(const uint8_t *bytes, size_t size, char *hex)
{
    for (size_t i = 0; i < size; i++) {
        *hex++ = HEX_DIGITS[bytes[i] >> 4];
        *hex++ = HEX_DIGITS[bytes[i] & 15];
    }
    *hex = '\0';
}

/* The value of one digit of either case; -1: it is none. */
static inline int
hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of the two digits that stand at `digits`; -1: they are none. */
static inline int
hex_byte(const uint8_t *digits)
{
    int high = hex_digit(digits[0]);
    int low = hex_digit(digits[1]);

    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

/* False unless hex is 2 * size digits and nothing else. */
static inline bool
hex_read(struct bytes hex, uint8_t *bytes, size_t size)
{
    if (hex.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int byte = hex_byte(hex.data + 2 * i);

        if (byte < 0)
            return false;
        bytes[i] = (uint8_t)byte;
    }
    return true;
}

/* True when all of text is digits as hex_write writes them. */
static inline bool
hex_is_lower(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (hex_digit(text.data[i]) < 0 || (text.data[i] >= 'A' && text.data[i] <= 'F'))
            return false;
    }
    return true;
}
