/* config_expand.c - replaces variables from left to right, once. */
#include "settings/config_expand.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { NAME_MOST_BYTES = 127 };

#define NAME_START "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_BYTES NAME_START "0123456789"

/* One replacement being read: the name, and the default or NULL. */
struct reference {
    char name[NAME_MOST_BYTES + 1];
    struct bytes fallback;
};

bool
config_expand_is_needed(const char *text)
{
    return strstr(text, "${") != NULL;
}

/* False: they do not fit. */
static bool
config_expand_put(char *expanded, size_t *used, const char *bytes, size_t size)
{
    if (size >= CONFIG_EXPANDED_SIZE - *used)
        return false;
    memcpy(expanded + *used, bytes, size);
    *used += size;
    expanded[*used] = '\0';
    return true;
}

/* *text stands behind "${"; afterwards behind "}". */
static bool
read_reference(const char **text, struct reference *reference)
{
    const char *at = *text;
    size_t size = strspn(at, NAME_BYTES);
    size_t rest;

    if (size == 0 || size > NAME_MOST_BYTES || strchr(NAME_START, *at) == NULL)
        return false;
    memcpy(reference->name, at, size);
    reference->name[size] = '\0';
    reference->fallback = bytes_of(NULL, 0);
    at += size;
    if (strncmp(at, ":-", 2) == 0) {
        rest = strcspn(at + 2, "}");
        reference->fallback = bytes_of(at + 2, rest);
        at += 2 + rest;
    }
    *text = at + 1;
    return *at == '}';
}

static bool
config_expand_replace(const struct reference *reference, config_lookup *lookup, void *context,
                      char *expanded, size_t *used, char *why)
{
    struct bytes with = reference->fallback;
    const char *value = NULL;

    if (!lookup(context, reference->name, &value, why))
        return false;
    if (value == NULL && with.data == NULL) {
        snprintf(why, CONFIG_WHY_SIZE, "the variable %.100s is not set, and has no default",
                 reference->name);
        return false;
    }
    if (value != NULL && (value[0] != '\0' || with.data == NULL))
        with = bytes_of(value, strlen(value));
    if (config_expand_put(expanded, used, (const char *)with.data, with.size))
        return true;
    snprintf(why, CONFIG_WHY_SIZE, "it is longer than %d bytes with its variables",
             CONFIG_EXPANDED_SIZE - 1);
    return false;
}

bool
config_expand(const char *text, config_lookup *lookup, void *context, char *expanded,
              char why[CONFIG_WHY_SIZE])
{
    struct reference reference;
    size_t used = 0;

    expanded[0] = '\0';
    snprintf(why, CONFIG_WHY_SIZE, "it is longer than %d bytes", CONFIG_EXPANDED_SIZE - 1);
    while (*text != '\0') {
        bool is_escape = strncmp(text, "$${", 3) == 0;
        size_t plain = is_escape ? 3 : 1;

        if (strncmp(text, "${", 2) != 0) {
            if (!config_expand_put(expanded, &used, is_escape ? text + 1 : text, is_escape ? 2 : 1))
                return false;
            text += plain;
            continue;
        }
        text += 2;
        if (!read_reference(&text, &reference)) {
            snprintf(why, CONFIG_WHY_SIZE,
                     "invalid ${, expected ${NAME} or ${NAME:-default}, or $${ for a literal ${");
            return false;
        }
        if (!config_expand_replace(&reference, lookup, context, expanded, &used, why))
            return false;
    }
    return true;
}
