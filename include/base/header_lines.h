/* header_lines.h - reads a block of header lines, "Name: value\r\n" each, as messages and entries hold it. Pure. */
#pragma once

#include "base/bytes.h"

struct header_line {
    struct bytes line; /* whole, with its line end */
    struct bytes name;
    struct bytes value;
};

/* Takes the next line off *rest; false: there is none. */
static inline bool
header_lines_next(struct bytes *rest, struct header_line *line)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;

    if (end == NULL)
        return false;
    line->line = bytes_of(rest->data, (size_t)(end - rest->data) + 1);
    line->value = bytes_of(rest->data, line->line.size - 1);
    if (line->value.size > 0 && end[-1] == '\r')
        line->value.size--;
    line->name = bytes_take_until(&line->value, ':');
    line->value = bytes_skip_blanks(line->value);
    *rest = bytes_skip(*rest, line->line.size);
    return line->name.size + 1 < line->line.size && line->name.data[line->name.size] == ':';
}

/* The value of the first line of that name; its data is NULL when there is none. */
static inline struct bytes
header_lines_find(struct bytes lines, const char *name)
{
    struct header_line line;

    while (header_lines_next(&lines, &line))
        if (bytes_is_name(line.name, name))
            return line.value;
    return bytes_of(NULL, 0);
}

/* Of a Content-Type the type alone, without its parameters. */
static inline struct bytes
header_media_type(struct bytes value)
{
    size_t size = 0;

    while (size < value.size && !bytes_is_one_of(value.data[size], "; \t"))
        size++;
    return bytes_of(value.data, size);
}

/* Content-Type is application/json, text/json or ends in +json, whatever its parameters; true when there is none. */
static inline bool
header_lines_announce_json(struct bytes lines)
{
    struct bytes value = header_lines_find(lines, "Content-Type");
    struct bytes type = header_media_type(value);

    return value.data == NULL || bytes_is_name(type, "application/json") ||
           bytes_is_name(type, "text/json") ||
           (type.size > 5 && bytes_ends_with_name(type, "+json"));
}
