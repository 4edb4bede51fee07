/* query.h - the query of a request, decoded. Pure.
 *
 * The first of several parameters of one name counts, an empty value counts as absent (a choice:
 * the vendor does not say). + means a space. Readers of numbers leave *value alone when the
 * parameter is absent and say false when it is there and wrong.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUERY_MOST = 64, /* parameters; further ones make the query malformed */
};

struct query_parameter {
    const char *name;
    const char *value;
};

struct query {
    struct query_parameter parameters[QUERY_MOST];
    size_t count;
    bool malformed; /* too many, a bad escape or a NUL; what could be read is there */
    char *storage;
};

/* raw may be NULL. */
void query_parse(const char *raw, struct query *query);
void query_fini(struct query *query);

/* Decodes %XX in place of a copy; false on a bad escape, a NUL or a result that does not fit. */
bool query_decode_path(const char *raw, char *out, size_t size);

/* NULL when absent or empty. */
const char *query_value(const struct query *query, const char *name);

bool query_integer(const struct query *query, const char *name, int64_t least, int64_t most,
                   int64_t *value);
bool query_number(const struct query *query, const char *name, double least, double most,
                  double *value);

/* true or false, in lower case. */
bool query_boolean(const struct query *query, const char *name, bool *value);

/* Digits, with or without a fraction: 3, 2.5; at most 31 characters. No sign, no exponent. */
bool query_read_plain(const char *text, size_t length, double *value);
