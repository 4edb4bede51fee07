/* text.h - appending to a bounded text without printf: what the hit path prints with. Pure.
 *
 * A text that overflows stays cut and remembers it: check is_cut once at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct text {
    char *data;
    size_t size;
    size_t capacity;
    bool is_cut;
};

static inline struct text
text_of(char *buffer, size_t capacity)
{
    return (struct text){.data = buffer, .capacity = capacity};
}

static inline void
text_add_bytes(struct text *text, struct bytes bytes)
{
    if (bytes.size > text->capacity - text->size) {
        text->is_cut = true;
        return;
    }
    if (bytes.size > 0)
        memcpy(text->data + text->size, bytes.data, bytes.size);
    text->size += bytes.size;
}

static inline void
text_add(struct text *text, const char *string)
{
    text_add_bytes(text, bytes_of_text(string));
}

static inline struct bytes
text_bytes(const struct text *text)
{
    return bytes_of(text->data, text->size);
}

/* What was added since the text had the size `start`. */
static inline struct bytes
text_since(const struct text *text, size_t start)
{
    return bytes_of(text->data + start, text->size - start);
}

/* At least so many digits, zeros before the value. */
void text_add_digits(struct text *text, uint64_t value, int least_digits);
void text_add_int(struct text *text, int64_t value);
/* Microseconds as milliseconds with one decimal: "45.2". */
void text_add_ms(struct text *text, int64_t microseconds);
/* Micro-dollars as dollars, at least one decimal, no useless zeros: "1.0", "0.0398". */
void text_add_usd(struct text *text, int64_t micro_usd);
/* The last `digits` lower-case hexadecimal digits of value, 1..16. */
void text_add_hex(struct text *text, uint64_t value, size_t digits);
