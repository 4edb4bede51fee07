/* accept_encoding.h - whether a client would rather have gzip (RFC 9110 12.5.3). Pure, allocates nothing. */
#pragma once

#include <stdbool.h>

/* Weights in thousandths; -1: not named. */
struct accept_encoding {
    int gzip;
    int identity;
    int any; /* "*" */
};

/* What a request without the field says. */
static inline struct accept_encoding
accept_encoding_none(void)
{
    return (struct accept_encoding){-1, -1, -1};
}

/* One line of the field; several lines are one list. A member that is not well-formed counts as absent; of two
 * members for the same coding the later one counts. */
void accept_encoding_add(struct accept_encoding *accepted, const char *value);
/* gzip is acceptable, and identity is not preferred. */
bool accept_encoding_prefers_gzip(const struct accept_encoding *accepted);

/* Both in one, for the only line of the field. */
bool accept_encoding_takes_gzip(const char *value);
