/* status_set.c - a bit for each status. */
#include "status_set.h"

#include <ctype.h>

#include "base/bytes.h"

static bool
read_status(struct bytes text, int *status)
{
    if (text.size != 3 || !isdigit(text.data[0]) || !isdigit(text.data[1]) ||
        !isdigit(text.data[2]))
        return false;
    *status = (text.data[0] - '0') * 100 + (text.data[1] - '0') * 10 + (text.data[2] - '0');
    return *status >= STATUS_SET_FIRST && *status <= STATUS_SET_LAST;
}

/* "404", "4xx" or "400-404". */
static bool
read_range(struct bytes word, int *first, int *last)
{
    if (word.size == 3 && word.data[1] == 'x' && word.data[2] == 'x') {
        *first = (word.data[0] - '0') * 100;
        *last = *first + 99;
        return word.data[0] >= '1' && word.data[0] <= '5';
    }
    if (word.size == 7 && word.data[3] == '-')
        return read_status(bytes_of(word.data, 3), first) &&
               read_status(bytes_of(word.data + 4, 3), last) && *first <= *last;
    *last = 0;
    if (!read_status(word, first))
        return false;
    *last = *first;
    return true;
}

static void
set_add(struct status_set *set, int first, int last)
{
    for (int status = first; status <= last; status++) {
        int bit = status - STATUS_SET_FIRST;

        set->words[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

bool
status_set_read(const char *text, struct status_set *set)
{
    struct status_set read = {0};
    struct bytes rest = bytes_of_text(text);
    int first, last;

    *set = (struct status_set){0};
    while (rest.size > 0) {
        const uint8_t *bar = memchr(rest.data, '|', rest.size);
        size_t size = bar != NULL ? (size_t)(bar - rest.data) : rest.size;

        if (!read_range(bytes_of(rest.data, size), &first, &last) || size + 1 == rest.size)
            return false;
        set_add(&read, first, last);
        rest = bar != NULL ? bytes_of(bar + 1, rest.size - size - 1) : bytes_of(rest.data, 0);
    }
    *set = read;
    return true;
}

bool
status_set_has(const struct status_set *set, int64_t http_status)
{
    int64_t bit = http_status - STATUS_SET_FIRST;

    return http_status >= STATUS_SET_FIRST && http_status <= STATUS_SET_LAST &&
           (set->words[bit / 64] >> bit % 64 & 1) != 0;
}
