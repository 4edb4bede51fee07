/* text.h - a growable buffer of bytes.
 *
 * All zero is an empty text; text_fini gives the memory back. Who has run out of memory here
 * cannot go on: the program ends. Not for use by two threads at once.
 */
#pragma once

#include <stddef.h>

struct text {
    char *data; /* size bytes, then a NUL that size does not count; NULL while nothing was added */
    size_t size;
    size_t capacity;
};

void text_fini(struct text *text);

/* Makes it empty and keeps the memory. */
void text_clear(struct text *text);

/* Room for so many bytes more, NUL apart. */
void text_reserve(struct text *text, size_t more);

void text_append(struct text *text, const void *bytes, size_t size);
void text_add(struct text *text, const char *string);
void text_print(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
