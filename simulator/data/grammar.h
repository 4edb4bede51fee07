/* grammar.h - the small language of attribute filters (docs/simulator.md, "Filters"). Pure.
 *
 *     param := range | list      range := bound ":" bound, inclusive    bound := number | "*"
 *     list  := value ("|" value)*
 *
 * The vendor leaves some cases open; here `*:*` filters nothing, a minimum above its maximum, a
 * mixture of range and list, a lone `*` and anything that is no number are errors, and a record
 * that lacks the field never matches.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    FILTER_VALUES_MOST = 32, /* values of one list */
};

/* All zero filters nothing. */
struct filter {
    bool is_set;
    double minimum; /* a range, where count is 0 */
    double maximum;
    size_t count;
    double values[FILTER_VALUES_MOST];
};

/* Bedrooms, price and the like: a range or a list of numbers. NULL and "" filter nothing. */
bool filter_parse_numbers(const char *text, struct filter *filter);

/* Days: always a range of integers of at least 1; a single value is a maximum. */
bool filter_parse_days(const char *text, struct filter *filter);

/* Property types: a set of bits (1 << type) of those allowed; *types is left alone for NULL. */
bool filter_parse_types(const char *text, unsigned allowed, unsigned *types);

/* is_known: whether the record has the field at all. */
bool filter_matches(const struct filter *filter, bool is_known, double value);
