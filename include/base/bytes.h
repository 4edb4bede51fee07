/* bytes.h - a borrowed run of bytes: pointer and length, nothing owned. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

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

/* By bytes, a shorter one before what it begins: <0, 0, >0. */
static inline int
bytes_compare(struct bytes a, struct bytes b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static inline bool
bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_text(text));
}

/* The same text but for the case of letters: how HTTP compares names and tokens. */
static inline bool
bytes_equal_ignoring_case(struct bytes a, struct bytes b)
{
    return a.size == b.size &&
           (a.size == 0 || strncasecmp((const char *)a.data, (const char *)b.data, a.size) == 0);
}

static inline bool
bytes_is_name(struct bytes a, const char *name)
{
    return bytes_equal_ignoring_case(a, bytes_of_text(name));
}

static inline bool
bytes_starts_with_name(struct bytes a, const char *name)
{
    size_t size = strlen(name);

    return a.size >= size && bytes_is_name(bytes_of(a.data, size), name);
}

static inline bool
bytes_ends_with_name(struct bytes a, const char *name)
{
    size_t size = strlen(name);

    return a.size >= size && bytes_is_name(bytes_of(a.data + (a.size - size), size), name);
}

/* What stands behind the first `size` bytes, which must be there. */
static inline struct bytes
bytes_skip(struct bytes from, size_t size)
{
    return bytes_of(size > 0 ? from.data + size : from.data, from.size - size);
}

/* Takes what stands before the first separator off rest, and the separator with it; without one, all. */
static inline struct bytes
bytes_take_until(struct bytes *rest, char separator)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
    struct bytes taken =
        bytes_of(rest->data, end != NULL ? (size_t)(end - rest->data) : rest->size);

    *rest = bytes_skip(*rest, taken.size + (end != NULL ? 1 : 0));
    return taken;
}

static inline bool
bytes_is_one_of(uint8_t byte, const char *set)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

/* Takes the next word off a list; false: there is none. Any number of separators may stand before and between. */
static inline bool
bytes_next_word(struct bytes *rest, const char *separators, struct bytes *word)
{
    size_t start = 0, end;

    while (start < rest->size && bytes_is_one_of(rest->data[start], separators))
        start++;
    for (end = start; end < rest->size && !bytes_is_one_of(rest->data[end], separators);)
        end++;
    *rest = bytes_skip(*rest, start);
    *word = bytes_of(rest->data, end - start);
    *rest = bytes_skip(*rest, end - start);
    return word->size > 0;
}

static inline struct bytes
bytes_skip_blanks(struct bytes text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = bytes_skip(text, 1);
    return text;
}

/* Without the blanks and tabs around it. */
static inline struct bytes
bytes_trim(struct bytes text)
{
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return bytes_skip_blanks(text);
}

/* The value of 1 to 18 decimal digits; false: text is anything else. */
static inline bool
bytes_read_number(struct bytes text, int64_t *number)
{
    int64_t value = 0;

    if (text.size == 0 || text.size > 18)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *number = value;
    return true;
}

/* Copies to *end, where there is room, and moves it behind the copy, which is returned: how the parts of one allocation are
 * laid one behind the other. */
static inline struct bytes
bytes_place(uint8_t **end, struct bytes from)
{
    struct bytes placed = bytes_of(*end, from.size);

    if (from.size > 0)
        memcpy(*end, from.data, from.size);
    *end += from.size;
    return placed;
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
