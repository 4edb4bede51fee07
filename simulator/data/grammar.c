/* grammar.c - the small language of attribute filters. */
#include "data/grammar.h"

#include "data/vocabulary.h"
#include "http/query.h"

#include <math.h>
#include <string.h>

static bool
read_bound(const char *text, size_t length, double when_open, double *bound)
{
    if (length == 1 && *text == '*') {
        *bound = when_open;
        return true;
    }
    return query_read_plain(text, length, bound);
}

static bool
read_range(const char *text, const char *colon, struct filter *filter)
{
    if (!read_bound(text, (size_t)(colon - text), -INFINITY, &filter->minimum) ||
        !read_bound(colon + 1, strlen(colon + 1), INFINITY, &filter->maximum))
        return false;
    filter->is_set = isfinite(filter->minimum) || isfinite(filter->maximum);
    return filter->minimum <= filter->maximum;
}

static bool
read_list(const char *text, struct filter *filter)
{
    filter->is_set = true;
    for (;;) {
        size_t length = strcspn(text, "|");
        if (filter->count == FILTER_VALUES_MOST ||
            !query_read_plain(text, length, &filter->values[filter->count]))
            return false;
        filter->count++;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

bool
filter_parse_numbers(const char *text, struct filter *filter)
{
    filter->is_set = false;
    filter->count = 0;
    if (text == NULL || *text == '\0')
        return true;
    const char *colon = strchr(text, ':');
    return colon != NULL ? read_range(text, colon, filter) : read_list(text, filter);
}

static bool
is_day_bound(double bound)
{
    return !isfinite(bound) || (bound >= 1 && bound == floor(bound));
}

bool
filter_parse_days(const char *text, struct filter *filter)
{
    if (!filter_parse_numbers(text, filter) || filter->count > 1)
        return false;
    if (filter->count == 1) {
        filter->minimum = -INFINITY;
        filter->maximum = filter->values[0];
        filter->count = 0;
    }
    return !filter->is_set || (is_day_bound(filter->minimum) && is_day_bound(filter->maximum));
}

bool
filter_parse_types(const char *text, unsigned allowed, unsigned *types)
{
    if (text == NULL || *text == '\0')
        return true;
    unsigned read = 0;
    for (;;) {
        size_t length = strcspn(text, "|");
        enum property_type type = vocabulary_find_property_type(text, (uint32_t)length);
        if (type == PROPERTY_TYPE_UNKNOWN || (allowed & (1U << type)) == 0)
            return false;
        read |= 1U << type;
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    *types = read;
    return true;
}

bool
filter_matches(const struct filter *filter, bool is_known, double value)
{
    if (!filter->is_set)
        return true;
    if (!is_known)
        return false;
    if (filter->count == 0)
        return value >= filter->minimum && value <= filter->maximum;
    for (size_t i = 0; i < filter->count; i++)
        if (filter->values[i] == value)
            return true;
    return false;
}
