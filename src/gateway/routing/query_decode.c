/* query_decode.c - one pass each. */
#include "routing/query_decode.h"

#include "base/char_set.h"
#include "base/hex.h"
#include "base/utf8.h"

/* One character of raw, which is read at *at: a byte as it is, or an escape. -1: it may not stand there. */
static int
decode_byte(struct bytes raw, size_t *at, bool plus_is_blank)
{
    uint8_t byte = raw.data[*at];

    if (byte <= ' ' || byte >= 0x7f)
        return -1;
    if (byte != '%')
        return byte == '+' && plus_is_blank ? ' ' : byte;
    if (raw.size - *at < 3)
        return -1;
    *at += 2;
    return hex_byte(raw.data + *at - 1);
}

bool
query_decode(struct bytes raw, bool plus_is_blank, struct text *out, struct bytes *decoded)
{
    size_t start = out->size;

    if (raw.size > out->capacity - out->size) {
        out->is_cut = true;
        *decoded = bytes_of(NULL, 0);
        return true;
    }
    for (size_t at = 0; at < raw.size; at++) {
        int byte = decode_byte(raw, &at, plus_is_blank);

        if (byte < 0)
            return false;
        out->data[out->size++] = (char)byte;
    }
    *decoded = text_since(out, start);
    return utf8_is_plain(*decoded);
}

void
query_encode(struct bytes raw, const char *also, struct text *out)
{
    for (size_t i = 0; i < raw.size; i++) {
        uint8_t c = raw.data[i];
        char escaped[3] = {'%', HEX_UPPER_DIGITS[c >> 4], HEX_UPPER_DIGITS[c & 15]};

        if (char_set_has(char_set_unreserved, c) || (c != '\0' && strchr(also, c) != NULL))
            text_add_bytes(out, bytes_of(&c, 1));
        else
            text_add_bytes(out, bytes_of(escaped, sizeof escaped));
    }
}

bool
query_next(struct bytes *query, struct bytes *name, struct bytes *value)
{
    while (query->size > 0) {
        *value = bytes_take_until(query, '&');
        if (value->size > 0) {
            *name = bytes_take_until(value, '=');
            return true;
        }
    }
    return false;
}
