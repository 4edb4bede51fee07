/* number_text.h - one form for each decimal number: the shortest digits that read back as the same. Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* "-" and 17 digits behind at most 44 zeros of a plain form, or the other way round; with NUL. */
#define NUMBER_TEXT_SIZE 64
/* Longer texts are no numbers. */
#define NUMBER_INPUT_MOST 40

struct number_text {
    double value;
    char plain[NUMBER_TEXT_SIZE]; /* "2.5", "2", "0.000001": what the upstream gets */
    char repr[NUMBER_TEXT_SIZE];  /* as Python's repr of a float: "2.5", "2.0", "1e-06" */
};

/* Reads digits with an optional "-" and point; false: text is none of that. -0 reads as 0. */
bool number_text_read(struct bytes text, struct number_text *number);

/* value, which is finite, in the plain form; false: it is too large or too small for one. */
bool number_text_write(double value, char text[NUMBER_TEXT_SIZE]);

/* Digits with an optional point between digits, without useless zeros in front and behind; empty: text is no such
 * number. Borrows from text. */
struct bytes number_text_trim(struct bytes text);
