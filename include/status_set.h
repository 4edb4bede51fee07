/* status_set.h - a set of HTTP statuses, as a setting says it: "200|404|5xx|201-204". Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define STATUS_SET_FIRST 100
#define STATUS_SET_LAST  599
#define STATUS_SET_WORDS ((STATUS_SET_LAST - STATUS_SET_FIRST) / 64 + 1)

struct status_set {
    uint64_t words[STATUS_SET_WORDS];
};

/* Statuses, ranges and classes between "|"; "" is the empty set. False: the text is none of that, *set is empty. */
bool status_set_read(const char *text, struct status_set *set);
bool status_set_has(const struct status_set *set, int64_t http_status);
