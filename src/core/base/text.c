/* text.c - printing numbers by hand. */
#include "base/text.h"

#include "base/hex.h"

void
text_add_digits(struct text *text, uint64_t value, int least_digits)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[sizeof digits - ++count] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || (int)count < least_digits);
    text_add_bytes(text, bytes_of(digits + sizeof digits - count, count));
}

void
text_add_int(struct text *text, int64_t value)
{
    if (value < 0)
        text_add(text, "-");
    text_add_digits(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

void
text_add_ms(struct text *text, int64_t microseconds)
{
    int64_t tenths = (microseconds + 50) / 100;

    text_add_int(text, tenths / 10);
    text_add(text, ".");
    text_add_digits(text, (uint64_t)(tenths % 10), 1);
}

void
text_add_usd(struct text *text, int64_t micro_usd)
{
    uint64_t fraction = (uint64_t)(micro_usd % 1000000);
    int digits = 6;

    text_add_int(text, micro_usd / 1000000);
    text_add(text, ".");
    while (digits > 1 && fraction % 10 == 0) {
        fraction /= 10;
        digits--;
    }
    text_add_digits(text, fraction, digits);
}

void
text_add_hex(struct text *text, uint64_t value, size_t digits)
{
    char hex[16];

    for (size_t i = digits; i-- > 0; value >>= 4)
        hex[i] = HEX_DIGITS[value & 15];
    text_add_bytes(text, bytes_of(hex, digits));
}
