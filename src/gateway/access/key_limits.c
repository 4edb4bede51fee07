/* key_limits.c - reads a key's limits from JSON: everything is checked first, then applied. Pure. */

#include "access/key_limits.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char name_of_global[] = "global";
static const char name_of_others[] = "*";

/* Index of the limit, or limits->count. */
static size_t
find_name(const struct key_limits *limits, const char *name)
{
    size_t i = 0;

    while (i < limits->count && strcmp(limits->names[i], name) != 0)
        i++;
    return i;
}

static bool
is_known(const struct key_limits *limits, const char *name)
{
    return strcmp(name, name_of_global) == 0 || strcmp(name, name_of_others) == 0 ||
           find_name(limits, name) < limits->count;
}

static bool
read_rate(json_t *value, struct rate *rate)
{
    return json_is_string(value) &&
           rate_parse(bytes_of(json_string_value(value), json_string_length(value)), rate);
}

static bool
key_limits_check(json_t *object, const struct key_limits *limits, char *why, size_t why_size)
{
    const char *name;
    json_t *value;
    struct rate rate;

    json_object_foreach(object, name, value)
    {
        if (!is_known(limits, name) && !limits->skips_unknown) {
            snprintf(
                why, why_size,
                "unknown limit \"%.64s\": expected \"global\", \"*\" or the name of an endpoint",
                name);
            return false;
        }
        if (!read_rate(value, &rate)) {
            snprintf(why, why_size,
                     "the limit \"%.64s\" is not valid: expected \"60/minute\" or \"none\"", name);
            return false;
        }
    }
    return true;
}

/* "*" first, so that names win over it. */
static void
key_limits_apply(json_t *object, const struct key_limits *limits)
{
    json_t *others = json_object_get(object, name_of_others);
    const char *name;
    json_t *value;
    struct rate rate;

    if (others != NULL && read_rate(others, &rate))
        for (size_t i = 0; i < limits->count; i++)
            limits->rates[i] = rate;
    json_object_foreach(object, name, value)
    {
        size_t i = find_name(limits, name);

        if (!read_rate(value, &rate))
            continue;
        if (strcmp(name, name_of_global) == 0)
            *limits->global = rate;
        else if (i < limits->count)
            limits->rates[i] = rate;
    }
}

bool
key_limits_read(struct bytes json, const struct key_limits *limits, char *why, size_t why_size)
{
    json_error_t error;
    json_t *object;
    bool is_valid;

    if (json.size == 0)
        return true;
    if (json.size >= KEY_LIMITS_SIZE) {
        snprintf(why, why_size, "limits must not be longer than %d bytes", KEY_LIMITS_SIZE - 1);
        return false;
    }
    object = json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(object)) {
        snprintf(why, why_size, "limits must be a JSON object: %.100s",
                 object != NULL ? "it is of another type" : error.text);
        json_decref(object);
        return false;
    }
    is_valid = key_limits_check(object, limits, why, why_size);
    if (is_valid)
        key_limits_apply(object, limits);
    json_decref(object);
    return is_valid;
}
