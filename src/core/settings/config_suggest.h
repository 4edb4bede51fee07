/* config_suggest.h - which of the words that are known was meant by one that is not. Pure. */
#pragma once

#include <stddef.h>

#define SUGGESTION_SIZE 64

/* Begins as {.word = ...}, is offered every known word, and then holds the nearest. */
struct suggestion {
    const char *word; /* borrowed */
    char best[SUGGESTION_SIZE];
    size_t distance; /* of best, in letters that are missing, added, changed or swapped */
};

void suggestion_offer(struct suggestion *suggestion, const char *known);
/* NULL: nothing is near enough to be meant. */
const char *suggestion_best(const struct suggestion *suggestion);
