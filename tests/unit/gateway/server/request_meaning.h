/* request_meaning.h - what a request asks for, read without any of the code that makes keys.
 *
 * Only for requests that a plan accepts. Numbers are compared as numbers, lists as sets; the documented rules: empty is
 * absent, defaults are filled in, unknown names mean nothing. */
#pragma once

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routing/route_table.h"

enum {
    MEANING_TEXT_SIZE = 400,
    MEANING_NUMBERS_MAX = 40,
    MEANING_NAMES_MAX = 8,
    MEANING_VALUES = 10
};

/* What one parameter says: a text, or numbers and how they are meant. */
struct meaning_value {
    char
        how; /* '-' absent, 't' text, 'n' number, 'l' list of numbers, 'r' range, 's' set of names */
    char text[MEANING_TEXT_SIZE];
    double numbers[MEANING_NUMBERS_MAX]; /* of a list: in order, without doubles */
    size_t count;
};

struct meaning {
    const struct route_config *route;
    struct meaning_value values[MEANING_VALUES];
};

/* False: it does not fit. Broken escapes never come here accepted. */
static inline bool
meaning_decode(const char *from, size_t size, bool plus, char to[MEANING_TEXT_SIZE])
{
    size_t length = 0;

    for (size_t i = 0; i < size; i++) {
        char hex[3] = {0};

        if (length + 1 == MEANING_TEXT_SIZE)
            return false;
        if (from[i] == '%' && i + 2 < size) {
            hex[0] = from[i + 1];
            hex[1] = from[i + 2];
            to[length++] = (char)strtol(hex, NULL, 16);
            i += 2;
        } else {
            to[length++] = plus && from[i] == '+' ? ' ' : from[i];
        }
    }
    to[length] = '\0';
    return true;
}

static inline int
meaning_compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static inline void
meaning_read_list(const char *text, struct meaning_value *value)
{
    double read[MEANING_NUMBERS_MAX];
    size_t count = 0;

    for (const char *at = text; at != NULL && count < MEANING_NUMBERS_MAX;
         at = strchr(at, '|') != NULL ? strchr(at, '|') + 1 : NULL)
        read[count++] = strtod(at, NULL);
    qsort(read, count, sizeof *read, meaning_compare);
    value->how = 'l';
    for (size_t i = 0; i < count; i++)
        if (i == 0 || read[i] > read[i - 1])
            value->numbers[value->count++] = read[i];
}

/* An open end is -1. */
static inline void
meaning_read_range(const char *low, const char *high, struct meaning_value *value)
{
    value->how = *low == '*' && *high == '*' ? '-' : 'r';
    value->count = value->how == 'r' ? 2 : 0;
    value->numbers[0] = value->how == '-' ? 0 : *low == '*' ? -1 : strtod(low, NULL);
    value->numbers[1] = value->how == '-' ? 0 : *high == '*' ? -1 : strtod(high, NULL);
}

static inline void
meaning_read_set(const char *names, const char *text, struct meaning_value *value)
{
    value->how = 's';
    for (size_t bit = 0; *names != '\0'; bit++) {
        size_t size = strcspn(names, "|");

        for (const char *at = text; *at != '\0'; at += *at == '|') {
            size_t length = strcspn(at, "|");

            if (length == size && memcmp(at, names, size) == 0)
                value->text[bit] = '1';
            at += length;
        }
        names += size;
        names += *names == '|';
    }
}

static inline void
meaning_of(const struct parameter_config *parameter, const char *text, struct meaning_value *value)
{
    const char *colon = strchr(text, ':');

    value->how = '-';
    value->count = 0;
    memset(value->text, 0, MEANING_NAMES_MAX);
    if (*text == '\0')
        return;
    if (parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_NUMBER) {
        value->how = 'n';
        value->count = 1;
        value->numbers[0] = strtod(text, NULL) + 0.0; /* no -0 */
    } else if (parameter->type == PARAMETER_FLAG) {
        value->how = 'n';
        value->count = 1;
        value->numbers[0] = *text == '1' || tolower(*text) == 't';
    } else if (parameter->type == PARAMETER_CHOICES) {
        meaning_read_set(parameter->values, text, value);
    } else if (parameter->type == PARAMETER_DAYS && colon == NULL) {
        meaning_read_range("*", text, value);
    } else if ((parameter->type == PARAMETER_FILTER || parameter->type == PARAMETER_DAYS) &&
               colon != NULL) {
        meaning_read_range(text, colon + 1, value);
    } else if (parameter->type == PARAMETER_FILTER) {
        meaning_read_list(text, value);
    } else {
        value->how = 't';
        memcpy(value->text, text, strlen(text) + 1);
    }
}

static inline void
meaning_take(struct meaning *meaning, const char *name, const char *text, bool in_path)
{
    for (int64_t i = 0; i < meaning->route->parameter_count; i++) {
        const struct parameter_config *parameter = &meaning->route->parameters[i];

        if (parameter->in_path == in_path && strcmp(parameter->name, name) == 0)
            meaning_of(parameter, *text != '\0' ? text : parameter->default_text,
                       &meaning->values[i]);
    }
}

static inline bool
meaning_take_query(struct meaning *meaning, const char *query, size_t size)
{
    char name[MEANING_TEXT_SIZE], text[MEANING_TEXT_SIZE];

    while (size > 0) {
        const char *end = memchr(query, '&', size);
        size_t pair = end != NULL ? (size_t)(end - query) : size;
        const char *equals = memchr(query, '=', pair);
        size_t name_size = equals != NULL ? (size_t)(equals - query) : pair;

        if (!meaning_decode(query, name_size, true, name) ||
            !meaning_decode(query + name_size + (equals != NULL),
                            pair - name_size - (equals != NULL), true, text))
            return false;
        meaning_take(meaning, name, text, false);
        query += pair + (end != NULL);
        size -= pair + (end != NULL);
    }
    return true;
}

static inline bool
meaning_take_path(struct meaning *meaning, const struct route_match *match)
{
    const char *at = match->route->path;
    char name[MEANING_TEXT_SIZE], text[MEANING_TEXT_SIZE];

    for (size_t i = 0; i < match->path_value_count; i++) {
        at = strchr(at, '{') + 1;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "}"), at);
        if (!meaning_decode((const char *)match->path_values[i].data, match->path_values[i].size,
                            false, text))
            return false;
        meaning_take(meaning, name, text, true);
    }
    return true;
}

/* False: no route has this path. */
static inline bool
meaning_read(const struct route_table *table, struct bytes target, struct meaning *meaning)
{
    const uint8_t *mark = memchr(target.data, '?', target.size);
    size_t size = mark != NULL ? (size_t)(mark - target.data) : target.size;
    struct route_match match;

    route_table_match(table, bytes_of_text("GET"), bytes_of(target.data, size), &match);
    meaning->route = match.route;
    for (size_t i = 0; i < MEANING_VALUES; i++)
        meaning->values[i].count = 0;
    if (match.route == NULL)
        return false;
    for (int64_t i = 0; i < match.route->parameter_count; i++)
        meaning_of(&match.route->parameters[i], match.route->parameters[i].default_text,
                   &meaning->values[i]);
    return meaning_take_path(meaning, &match) &&
           (mark == NULL ||
            meaning_take_query(meaning, (const char *)mark + 1, target.size - size - 1));
}

static inline bool
meaning_is_same(const struct meaning *a, const struct meaning *b)
{
    if (a->route != b->route)
        return false;
    for (int64_t i = 0; i < a->route->parameter_count; i++) {
        const struct meaning_value *x = &a->values[i], *y = &b->values[i];

        if (x->how != y->how || x->count != y->count || strcmp(x->text, y->text) != 0)
            return false;
        for (size_t n = 0; n < x->count; n++)
            if (meaning_compare(&x->numbers[n], &y->numbers[n]) != 0)
                return false;
    }
    return true;
}

static inline void
meaning_mix(uint64_t hash[2], const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++) {
        hash[0] = (hash[0] ^ bytes[i]) * UINT64_C(1099511628211);
        hash[1] = (hash[1] + bytes[i] + 1) * UINT64_C(6364136223846793005) + (hash[0] >> 32);
    }
}

/* 128 bits that stand for a meaning among a million others. */
static inline void
meaning_hash(const struct meaning *meaning, const char *scope, char out[16])
{
    uint64_t hash[2] = {UINT64_C(14695981039346656037), 1};

    meaning_mix(hash, &meaning->route, sizeof meaning->route);
    meaning_mix(hash, scope, strlen(scope) + 1);
    for (int64_t i = 0; i < meaning->route->parameter_count; i++) {
        const struct meaning_value *value = &meaning->values[i];

        meaning_mix(hash, &value->how, 1);
        meaning_mix(hash, value->text, strlen(value->text) + 1);
        meaning_mix(hash, &value->count, sizeof value->count);
        meaning_mix(hash, value->numbers, value->count * sizeof *value->numbers);
    }
    memcpy(out, hash, 16);
}
