/* accept_encoding.c - one pass over the list; what browsers and tools send is known by its beginning. */
#include "http/accept_encoding.h"

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

#define WEIGHT_MOST 1000

static const char *
skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* "0", "0.5", "1.000": at most three decimals, at most 1. -1: none of that. */
static int
read_weight(const char **at)
{
    const char *next = *at;
    int weight, step = 100;

    if (*next != '0' && *next != '1')
        return -1;
    weight = (*next++ - '0') * WEIGHT_MOST;
    if (*next == '.') {
        for (next++; *next >= '0' && *next <= '9' && step > 0; next++, step /= 10)
            weight += (*next - '0') * step;
    }
    *at = next;
    return weight <= WEIGHT_MOST ? weight : -1;
}

/* What stands between a coding and the next comma: nothing, or its weight. -1: neither. */
static int
read_parameters(const char *at, const char *end)
{
    int weight = WEIGHT_MOST;

    at = skip_blanks(at);
    if (*at == ';') {
        at = skip_blanks(at + 1);
        if ((*at != 'q' && *at != 'Q') || at[1] != '=')
            return -1;
        at += 2;
        weight = read_weight(&at);
        at = skip_blanks(at);
    }
    return at == end ? weight : -1;
}

static void
add_member(struct accept_encoding *accepted, const char *member, const char *end)
{
    struct bytes name = bytes_of(member, strcspn(member, " \t;,"));
    int weight = read_parameters(member + name.size, end);

    if (weight < 0)
        return;
    if (bytes_is_name(name, "gzip") || bytes_is_name(name, "x-gzip"))
        accepted->gzip = weight;
    else if (bytes_is_name(name, "identity"))
        accepted->identity = weight;
    else if (bytes_is_name(name, "*"))
        accepted->any = weight;
}

void
accept_encoding_add(struct accept_encoding *accepted, const char *value)
{
    for (;;) {
        const char *end;

        value = skip_blanks(value);
        end = value + strcspn(value, ",");
        add_member(accepted, value, end);
        if (*end == '\0')
            return;
        value = end + 1;
    }
}

bool
accept_encoding_prefers_gzip(const struct accept_encoding *accepted)
{
    int weight = accepted->gzip >= 0 ? accepted->gzip : accepted->any;

    return weight > 0 && weight >= accepted->identity;
}

bool
accept_encoding_takes_gzip(const char *value)
{
    struct accept_encoding accepted = accept_encoding_none();

    /* "gzip, deflate, br": without weights nothing can be preferred to it */
    if (strncmp(value, "gzip", 4) == 0 && (value[4] == ',' || value[4] == '\0') &&
        strchr(value + 4, ';') == NULL)
        return true;
    accept_encoding_add(&accepted, value);
    return accept_encoding_prefers_gzip(&accepted);
}
