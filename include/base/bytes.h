/* bytes.h - a borrowed run of bytes: pointer and length, nothing owned. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Valid only as long as its owner says; not NUL-terminated. data may be NULL when size is 0. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

/* For printf("%.*s", BYTES_ARG(b)). */
#define BYTES_ARG(b)                                                                               \
    (int)(b).size, (const char *)((b).data != NULL ? (b).data : (const uint8_t *)"")

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUST_USE     __attribute__((warn_unused_result))

static inline struct bytes
bytes_of(const void *data, size_t size)
{
    return (struct bytes){.data = (const uint8_t *)data, .size = size};
}

static inline struct bytes
bytes_of_text(const char *text)
{
    return bytes_of(text, text != NULL ? strlen(text) : 0);
}

static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool
bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_text(text));
}

/* Copies into a C string of capacity bytes incl. NUL; false (and cut) when it does not fit. */
static inline bool
bytes_copy_text(struct bytes from, char *to, size_t capacity)
{
    size_t size = from.size < capacity ? from.size : capacity - 1;

    if (size > 0)
        memcpy(to, from.data, size);
    to[size] = '\0';
    return size == from.size;
}
