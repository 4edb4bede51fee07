/* key_table_text.c - one line for each key; the name's column is as wide as the longest. */
#include "key_table_text.h"

#include <stdio.h>
#include <string.h>

static const char *
text_of(const json_t *row, const char *member, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(row, member));

    return text != NULL ? text : otherwise;
}

/* "12/1000", or "12/none". */
static void
write_usage(const json_t *row, const char *usage, const char *limit, char *text, size_t size)
{
    const json_t *most = json_object_get(row, limit);
    long long used = (long long)json_integer_value(json_object_get(row, usage));

    if (json_is_integer(most))
        snprintf(text, size, "%lld/%lld", used, (long long)json_integer_value(most));
    else
        snprintf(text, size, "%lld/none", used);
}

static int
widest_name(const json_t *keys)
{
    size_t width = 4;

    for (size_t i = 0; i < json_array_size(keys); i++) {
        size_t size = strlen(text_of(json_array_get(keys, i), "key_name", ""));

        width = size > width ? size : width;
    }
    return (int)width;
}

static void
print_row(const json_t *row, int width)
{
    char day[48], month[48];

    write_usage(row, "daily_usage", "daily_limit", day, sizeof day);
    write_usage(row, "monthly_usage", "monthly_limit", month, sizeof month);
    printf("%6lld  %-*s  %-8s  %15s  %17s  %-10.10s  %.19s\n",
           (long long)json_integer_value(json_object_get(row, "id")), width,
           text_of(row, "key_name", ""),
           json_is_true(json_object_get(row, "is_active")) ? "active" : "inactive", day, month,
           text_of(row, "expires_at", "never"), text_of(row, "last_used", "never"));
}

void
key_table_print(const json_t *keys)
{
    int width = widest_name(keys);

    printf("%6s  %-*s  %-8s  %15s  %17s  %-10s  %s\n", "id", width, "name", "state", "today",
           "this month", "expires", "last used");
    for (size_t i = 0; i < json_array_size(keys); i++)
        print_row(json_array_get(keys, i), width);
}
