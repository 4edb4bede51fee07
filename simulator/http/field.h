/* field.h - writes JSON, one field after the other, at the end of a text.
 *
 * A key of NULL writes an element of an array, or the outermost value. Commas are set by what
 * stands before, so that calls need no state. Numbers are integers scaled by a power of ten:
 * no floating point, hence the same bytes everywhere.
 */
#pragma once

#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

/* bracket: '{' or '[', and '}' or ']'. */
void field_open(struct text *text, const char *key, char bracket);
void field_close(struct text *text, char bracket);

/* NULL is written as null; bytes that are not UTF-8 become U+FFFD. */
void field_string(struct text *text, const char *key, const char *value);
void field_integer(struct text *text, const char *key, int64_t value);
void field_boolean(struct text *text, const char *key, bool value);
void field_null(struct text *text, const char *key);

/* value / 10^decimals without trailing zeros: (25, 1) is 2.5, (20, 1) is 2. */
void field_scaled(struct text *text, const char *key, int64_t value, unsigned decimals);

/* Midnight UTC of a day (calendar.h), and an instant in milliseconds since 1970. */
void field_day(struct text *text, const char *key, int32_t day);
void field_instant(struct text *text, const char *key, int64_t time_ms);
