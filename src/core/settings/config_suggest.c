/* config_suggest.c - the distance of two words, and the nearest. Pure. */
#include "settings/config_suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool
is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One column on: now[j] is the distance of the first i letters of a from the first j of b. */
static void
next_column(const char *a, size_t i, const char *b, size_t b_size, const size_t *before,
            const size_t *last, size_t *now)
{
    now[0] = i;
    for (size_t j = 1; j <= b_size; j++) {
        size_t changed = last[j - 1] + (is_same(a[i - 1], b[j - 1]) ? 0 : 1);

        now[j] = least(changed, least(last[j], now[j - 1]) + 1);
        if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
            now[j] = least(now[j], before[j - 2] + 1);
    }
}

/* Both are shorter than SUGGESTION_SIZE. */
static size_t
distance_of(const char *a, const char *b)
{
    size_t columns[3][SUGGESTION_SIZE];
    size_t a_size = strlen(a), b_size = strlen(b);

    for (size_t j = 0; j <= b_size; j++)
        columns[0][j] = j;
    for (size_t i = 1; i <= a_size; i++)
        next_column(a, i, b, b_size, columns[(i + 1) % 3], columns[(i - 1) % 3], columns[i % 3]);
    return columns[a_size % 3][b_size];
}

void
suggestion_offer(struct suggestion *suggestion, const char *known)
{
    size_t distance;

    if (strlen(suggestion->word) >= SUGGESTION_SIZE || strlen(known) >= SUGGESTION_SIZE)
        return;
    distance = distance_of(suggestion->word, known);
    if (suggestion->best[0] != '\0' && distance >= suggestion->distance)
        return;
    suggestion->distance = distance;
    snprintf(suggestion->best, sizeof suggestion->best, "%s", known);
}

/* A third of the word may be wrong, but one letter always. */
const char *
suggestion_best(const struct suggestion *suggestion)
{
    size_t allowed = strlen(suggestion->word) / 3;

    if (allowed == 0)
        allowed = 1;
    return suggestion->best[0] != '\0' && suggestion->distance <= allowed ? suggestion->best : NULL;
}
