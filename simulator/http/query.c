/* query.c - the query of a request, decoded. */
#include "http/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int
read_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/* One character of from to *out; how many bytes of from it took, 0 for a bad escape or a NUL. */
static size_t
decode_one(const char *from, char *out)
{
    *out = *from;
    if (*from != '%')
        return 1;
    int high = read_hex(from[1]);
    int low = high < 0 ? -1 : read_hex(from[2]);
    if (low < 0 || high * 16 + low == 0)
        return 0;
    *out = (char)(high * 16 + low);
    return 3;
}

bool
query_decode_path(const char *raw, char *out, size_t size)
{
    size_t length = 0;
    while (*raw != '\0') {
        size_t taken = length + 1 < size ? decode_one(raw, out + length) : 0;
        if (taken == 0)
            return false;
        raw += taken;
        length++;
    }
    out[length] = '\0';
    return true;
}

/* Decodes in place up to the end; a bad escape stays as it is written. */
static bool
decode_field(char *field)
{
    bool good = true;
    char *out = field;
    for (const char *from = field; *from != '\0'; out++) {
        size_t taken = decode_one(from, out);
        if (taken == 0) {
            good = false;
            taken = 1;
        }
        if (taken == 1 && *out == '+')
            *out = ' ';
        from += taken;
    }
    *out = '\0';
    return good;
}

static void
add_parameter(struct query *query, char *pair)
{
    if (query->count == QUERY_MOST) {
        query->malformed = true;
        return;
    }
    char *value = strchr(pair, '=');
    if (value != NULL)
        *value++ = '\0';
    else
        value = pair + strlen(pair);
    bool good_name = decode_field(pair);
    bool good_value = decode_field(value);
    if (!good_name || !good_value)
        query->malformed = true;
    query->parameters[query->count++] = (struct query_parameter){pair, value};
}

void
query_parse(const char *raw, struct query *query)
{
    query->count = 0;
    query->malformed = false;
    query->storage = strdup(raw == NULL ? "" : raw);
    assert(query->storage != NULL);
    char *rest = query->storage;
    while (rest != NULL) {
        char *pair = strsep(&rest, "&");
        if (*pair != '\0')
            add_parameter(query, pair);
    }
}

void
query_fini(struct query *query)
{
    free(query->storage);
    query->storage = NULL;
    query->count = 0;
}

const char *
query_value(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->parameters[i].name, name) == 0)
            return query->parameters[i].value[0] == '\0' ? NULL : query->parameters[i].value;
    return NULL;
}

bool
query_read_plain(const char *text, size_t length, double *value)
{
    char copy[32];
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    size_t whole = strspn(copy, "0123456789");
    size_t fraction = copy[whole] == '.' ? strspn(copy + whole + 1, "0123456789") : 0;
    size_t used = fraction > 0 ? whole + 1 + fraction : whole;
    if (whole == 0 || used != length)
        return false;
    *value = strtod(copy, NULL);
    return true;
}

bool
query_integer(const struct query *query, const char *name, int64_t least, int64_t most,
              int64_t *value)
{
    const char *text = query_value(query, name);
    if (text == NULL)
        return true;
    size_t length = strlen(text);
    if (length > 15 || strspn(text, "0123456789") != length)
        return false;
    int64_t read = strtoll(text, NULL, 10);
    if (read < least || read > most)
        return false;
    *value = read;
    return true;
}

bool
query_number(const struct query *query, const char *name, double least, double most, double *value)
{
    const char *text = query_value(query, name);
    if (text == NULL)
        return true;
    double sign = *text == '-' ? -1 : 1;
    if (*text == '-')
        text++;
    double read;
    if (!query_read_plain(text, strlen(text), &read) || sign * read < least || sign * read > most)
        return false;
    *value = sign * read;
    return true;
}

bool
query_boolean(const struct query *query, const char *name, bool *value)
{
    const char *text = query_value(query, name);
    if (text == NULL)
        return true;
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0;
}
