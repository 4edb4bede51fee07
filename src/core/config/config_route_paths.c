/* config_route_paths.c - reading paths segment by segment. */
#include "config/config_route_paths.h"

#include <string.h>

/* Bytes that a path may hold as they are: pchar of RFC 3986 without "%". */
static const char path_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-._~!$&'()*+,;=:@";

bool
route_path_next(const char **path, struct bytes *segment)
{
    if (**path != '/')
        return false;
    *segment = bytes_of(*path + 1, strcspn(*path + 1, "/"));
    *path += 1 + segment->size;
    return true;
}

bool
route_segment_is_name(struct bytes segment)
{
    return segment.size > 2 && segment.data[0] == '{' && segment.data[segment.size - 1] == '}';
}

struct bytes
route_segment_name(struct bytes segment)
{
    return bytes_of(segment.data + 1, segment.size - 2);
}

bool
route_segment_is_literal(struct bytes segment)
{
    for (size_t i = 0; i < segment.size; i++) {
        if (memchr(path_bytes, segment.data[i], sizeof path_bytes - 1) == NULL)
            return false;
    }
    return segment.size > 0 && !bytes_equal_text(segment, ".") && !bytes_equal_text(segment, "..");
}

bool
route_path_has_name(const char *path, const char *name)
{
    struct bytes segment;

    while (route_path_next(&path, &segment)) {
        if (route_segment_is_name(segment) && bytes_equal_text(route_segment_name(segment), name))
            return true;
    }
    return false;
}

bool
route_path_is_same(const char *a, const char *b)
{
    struct bytes segment;
    struct bytes other;

    while (route_path_next(&a, &segment)) {
        if (!route_path_next(&b, &other))
            return false;
        if (route_segment_is_name(segment) != route_segment_is_name(other) ||
            (!route_segment_is_name(segment) && !bytes_equal(segment, other)))
            return false;
    }
    return *b == '\0';
}

/* The next {name}; an empty text at the end. */
static struct bytes
next_name(const char **path)
{
    struct bytes segment;

    while (route_path_next(path, &segment)) {
        if (route_segment_is_name(segment))
            return segment;
    }
    return (struct bytes){0};
}

bool
route_path_has_same_names(const char *a, const char *b)
{
    struct bytes name, other;

    do {
        name = next_name(&a);
        other = next_name(&b);
        if (!bytes_equal(name, other))
            return false;
    } while (name.size > 0);
    return true;
}
