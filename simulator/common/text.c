/* text.c - a growable buffer of bytes. */
#include "common/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
text_fini(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void
text_clear(struct text *text)
{
    text->size = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

void
text_reserve(struct text *text, size_t more)
{
    size_t needed = text->size + more + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity < 256 ? 256 : text->capacity;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    assert(data != NULL);
    text->data = data;
    text->capacity = capacity;
}

void
text_append(struct text *text, const void *bytes, size_t size)
{
    text_reserve(text, size);
    if (size > 0)
        memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void
text_add(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void
text_print(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(size >= 0);
    text_reserve(text, (size_t)size);
    vsnprintf(text->data + text->size, (size_t)size + 1, format, again);
    va_end(again);
    text->size += (size_t)size;
}
