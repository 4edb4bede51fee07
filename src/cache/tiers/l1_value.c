/* l1_value.c - the words in their order. */
#include "tiers/l1_value.h"

#include <endian.h>

#include "response_meta.h"

/* Moves when the order of the words does. */
static const int64_t version = 0x3230314c4352; /* "RCL102" */

enum {
    WORD_VERSION,
#define META_WORD(name) WORD_##name,
    RESPONSE_META(META_WORD)
#undef META_WORD
        WORD_SIGNATURE_SIZE,
    WORD_HEADERS_SIZE,
    WORD_BODY_SIZE,
    WORD_COUNT
};

enum { HEAD_SIZE = WORD_COUNT * sizeof(uint64_t) };

size_t
l1_value_size(const struct entry_row *row)
{
    return HEAD_SIZE + row->signature.size + row->headers.size + row->body.size;
}

void
l1_value_write(const struct entry_row *row, uint8_t *to)
{
    const int64_t numbers[WORD_COUNT] = {
        [WORD_VERSION] = version,
#define META_WORD(name) [WORD_##name] = row->meta.name,
        RESPONSE_META(META_WORD)
#undef META_WORD
            [WORD_SIGNATURE_SIZE] = (int64_t)row->signature.size,
        [WORD_HEADERS_SIZE] = (int64_t)row->headers.size,
        [WORD_BODY_SIZE] = (int64_t)row->body.size,
    };

    for (size_t i = 0; i < WORD_COUNT; i++) {
        uint64_t word = htole64((uint64_t)numbers[i]);

        bytes_place(&to, bytes_of(&word, sizeof word));
    }
    bytes_place(&to, row->signature);
    bytes_place(&to, row->headers);
    bytes_place(&to, row->body);
}

/* False: it is longer than what is left. */
static bool
l1_value_take(struct bytes *rest, int64_t size, struct bytes *part)
{
    if (size < 0 || (uint64_t)size > rest->size)
        return false;
    *part = bytes_of(rest->data, (size_t)size);
    *rest = bytes_skip(*rest, (size_t)size);
    return true;
}

bool
l1_value_read(struct bytes value, struct entry_row *row)
{
    int64_t numbers[WORD_COUNT];
    struct bytes rest;

    if (value.size < HEAD_SIZE)
        return false;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        uint64_t word;

        memcpy(&word, value.data + i * sizeof word, sizeof word);
        numbers[i] = (int64_t)le64toh(word);
    }
    *row = (struct entry_row){
#define META_WORD(name) .meta.name = numbers[WORD_##name],
        RESPONSE_META(META_WORD)
#undef META_WORD
    };
    rest = bytes_skip(value, HEAD_SIZE);
    return numbers[WORD_VERSION] == version && row->meta.http_status >= 100 &&
           row->meta.http_status <= 599 &&
           l1_value_take(&rest, numbers[WORD_SIGNATURE_SIZE], &row->signature) &&
           l1_value_take(&rest, numbers[WORD_HEADERS_SIZE], &row->headers) &&
           l1_value_take(&rest, numbers[WORD_BODY_SIZE], &row->body) && rest.size == 0;
}
