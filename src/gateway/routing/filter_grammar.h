/* filter_grammar.h - the paid API's little grammar for filters, checked and brought into one form. Pure.
 *
 *   filter := range | list        range := bound ":" bound     bound := number | "*"
 *   list   := number ("|" number)*          number := digits ["." digits]
 *
 * "*:*" is no filter. A minimum above the maximum, a mix of both, or anything else is not valid. One form: numbers
 * without useless zeros; lists sorted and without doubles, since any of them matches. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/text.h"

enum filter_result { FILTER_VALID, FILTER_NONE, FILTER_INVALID };

/* Appends the one form to out when VALID. */
enum filter_result filter_normalise(struct bytes value, struct text *out);
/* The form for days: whole numbers from 1; "N" alone means "*:N"; no lists. */
enum filter_result filter_normalise_days(struct bytes value, struct text *out);
