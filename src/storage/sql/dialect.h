/* dialect.h - the one place where engines differ in what they call things.
 *
 * The schema is written once, with words in braces ({timestamp}, {now}) for what has another name
 * in each engine. Pure. */
#pragma once

#include <stddef.h>

/* Copies text to buffer with every {word} replaced. An unknown word, or a buffer that is too small,
 * is a bug. */
void dialect_expand(const char *text, char *buffer, size_t buffer_size);
