/* wire_reader.c - a cursor over msgpack's wire format that never reads past its end. */

#include "wire/wire_reader.h"

/* First bytes of the forms, from the msgpack specification. */
enum {
    FORM_POSITIVE_LAST = 0x7f,
    FORM_ARRAY_FIRST = 0x90,
    FORM_ARRAY_LAST = 0x9f,
    FORM_BIN8 = 0xc4,
    FORM_BIN16 = 0xc5,
    FORM_BIN32 = 0xc6,
    FORM_UINT8 = 0xcc,
    FORM_UINT64 = 0xcf,
    FORM_INT8 = 0xd0,
    FORM_INT64 = 0xd3,
    FORM_ARRAY16 = 0xdc,
    FORM_ARRAY32 = 0xdd,
    FORM_NEGATIVE_FIRST = 0xe0,
};

struct wire_reader
wire_reader_of(struct bytes input)
{
    return (struct wire_reader){
        .at = input.data,
        .end = input.data != NULL ? input.data + input.size : NULL,
    };
}

bool
wire_reader_at_end(const struct wire_reader *reader)
{
    return reader->at == reader->end;
}

static size_t
bytes_left(const struct wire_reader *reader)
{
    return reader->at != NULL ? (size_t)(reader->end - reader->at) : 0;
}

static bool
read_form(struct wire_reader *reader, uint8_t *form)
{
    if (bytes_left(reader) == 0)
        return false;
    *form = *reader->at++;
    return true;
}

static bool
read_big_endian(struct wire_reader *reader, size_t width, uint64_t *value)
{
    if (bytes_left(reader) < width)
        return false;
    *value = 0;
    for (size_t i = 0; i < width; i++)
        *value = *value << 8 | *reader->at++;
    return true;
}

bool
wire_read_array(struct wire_reader *reader, size_t *count)
{
    uint8_t form;
    uint64_t value;

    if (!read_form(reader, &form))
        return false;
    if (form >= FORM_ARRAY_FIRST && form <= FORM_ARRAY_LAST)
        value = form - FORM_ARRAY_FIRST;
    else if (form != FORM_ARRAY16 && form != FORM_ARRAY32)
        return false;
    else if (!read_big_endian(reader, form == FORM_ARRAY16 ? 2 : 4, &value))
        return false;
    *count = (size_t)value;
    return value <= bytes_left(reader);
}

/* Numbers as the pair (is it negative, its 64 bits in two's complement). */
static bool
read_number(struct wire_reader *reader, bool *is_negative, uint64_t *bits)
{
    uint8_t form;

    *is_negative = false;
    if (!read_form(reader, &form))
        return false;
    if (form <= FORM_POSITIVE_LAST) {
        *bits = form;
        return true;
    }
    if (form >= FORM_NEGATIVE_FIRST) {
        *is_negative = true;
        *bits = UINT64_MAX << 8 | form;
        return true;
    }
    if (form >= FORM_UINT8 && form <= FORM_UINT64)
        return read_big_endian(reader, (size_t)1 << (form - FORM_UINT8), bits);
    if (form < FORM_INT8 || form > FORM_INT64)
        return false;

    size_t width = (size_t)1 << (form - FORM_INT8);

    if (!read_big_endian(reader, width, bits))
        return false;
    *is_negative = (*bits >> (width * 8 - 1) & 1) != 0;
    if (*is_negative && width < 8)
        *bits |= UINT64_MAX << (width * 8);
    return true;
}

bool
wire_read_uint(struct wire_reader *reader, uint64_t *value)
{
    bool is_negative;

    return read_number(reader, &is_negative, value) && !is_negative;
}

bool
wire_read_int(struct wire_reader *reader, int64_t *value)
{
    bool is_negative;
    uint64_t bits;

    if (!read_number(reader, &is_negative, &bits) || (!is_negative && bits > INT64_MAX))
        return false;
    *value = (int64_t)bits;
    return true;
}

bool
wire_read_bytes(struct wire_reader *reader, size_t max_bytes, struct bytes *value)
{
    uint8_t form;
    uint64_t size;

    if (!read_form(reader, &form) || form < FORM_BIN8 || form > FORM_BIN32)
        return false;
    if (!read_big_endian(reader, (size_t)1 << (form - FORM_BIN8), &size))
        return false;
    if (size > max_bytes || size > bytes_left(reader))
        return false;
    *value = bytes_of(reader->at, (size_t)size);
    reader->at += size;
    return true;
}
