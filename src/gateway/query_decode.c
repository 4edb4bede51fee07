/* query_decode.c - one pass each. */
#include "query_decode.h"

#include <ctype.h>

#include "utf8.h"

static int
hex_digit(uint8_t c)
{
    if (isdigit(c))
        return c - '0';
    c = (uint8_t)tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
query_decode(struct bytes raw, bool plus_is_blank, struct text *out, struct bytes *decoded)
{
    size_t start = out->size;

    for (size_t i = 0; i < raw.size; i++) {
        uint8_t c = raw.data[i];

        if (c == '%') {
            bool is_whole = raw.size - i > 2;
            int high = is_whole ? hex_digit(raw.data[i + 1]) : -1;
            int low = is_whole ? hex_digit(raw.data[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (uint8_t)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        text_add_bytes(out, bytes_of(&c, 1));
    }
    *decoded = bytes_of(out->data + start, out->size - start);
    return utf8_is_plain(*decoded);
}

void
query_encode(struct bytes raw, const char *also, struct text *out)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < raw.size; i++) {
        uint8_t c = raw.data[i];
        char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};

        if (isalnum(c) || (c != '\0' && (strchr("-._~", c) != NULL || strchr(also, c) != NULL)))
            text_add_bytes(out, bytes_of(&c, 1));
        else
            text_add_bytes(out, bytes_of(escaped, sizeof escaped));
    }
}

bool
query_next(struct bytes *query, struct bytes *name, struct bytes *value)
{
    while (query->size > 0) {
        const uint8_t *end = memchr(query->data, '&', query->size);
        size_t size = end != NULL ? (size_t)(end - query->data) : query->size;
        const uint8_t *equals = size > 0 ? memchr(query->data, '=', size) : NULL;

        *name = bytes_of(query->data, equals != NULL ? (size_t)(equals - query->data) : size);
        *value = equals != NULL ? bytes_of(equals + 1, size - name->size - 1) : (struct bytes){0};
        *query = bytes_of(query->data + size, query->size - size);
        if (query->size > 0)
            *query = bytes_of(query->data + 1, query->size - 1);
        if (size > 0)
            return true;
    }
    return false;
}
