/* http_date.h - HTTP's dates (RFC 9110 5.6.7): read in three forms, written in one. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/text.h"

/* Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" or
 * "Sun Nov  6 08:49:37 1994", letters in any case. now_s decides the century of the second form: never more than 50 years
 * ahead. False: none of the three, or no such day. */
bool http_date_read(struct bytes text, int64_t now_s, int64_t *seconds);
/* The first form. */
void http_date_write(struct text *text, int64_t seconds);
