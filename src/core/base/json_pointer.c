/* json_pointer.c - down a JSON text, one step of the pointer at a time. */
#include "base/json_pointer.h"

#include <ctype.h>

#include "base/json_scan.h"

#define INDEX_DIGITS_MOST 9

bool
json_pointer_is_well_formed(const char *pointer)
{
    if (pointer[0] != '\0' && pointer[0] != '/')
        return false;
    for (const char *at = pointer; *at != '\0'; at++)
        if (*at == '~' && at[1] != '0' && at[1] != '1')
            return false;
    return true;
}

/* The member's name is what the step says, where "~1" means "/" and "~0" means "~". */
static bool
is_name_of(struct bytes name, struct bytes step)
{
    size_t at = 0;

    for (size_t i = 0; i < step.size; i++, at++) {
        uint8_t byte = step.data[i];

        if (byte == '~' && i + 1 < step.size)
            byte = step.data[++i] == '1' ? '/' : '~';
        if (at == name.size || name.data[at] != byte)
            return false;
    }
    return at == name.size;
}

static bool
find_member(struct bytes json, struct bytes step, struct bytes *value)
{
    struct bytes seen_name, seen_value;
    bool is_found = false;

    while (json_members_next(&json, &seen_name, &seen_value)) {
        if (is_name_of(seen_name, step)) {
            *value = seen_value;
            is_found = true;
        }
    }
    return is_found;
}

/* Digits without a useless zero; -1: it is none. */
static long
index_of(struct bytes step)
{
    long index = 0;

    if (step.size == 0 || step.size > INDEX_DIGITS_MOST || (step.data[0] == '0' && step.size > 1))
        return -1;
    for (size_t i = 0; i < step.size; i++) {
        if (!isdigit(step.data[i]))
            return -1;
        index = index * 10 + (step.data[i] - '0');
    }
    return index;
}

static bool
find_item(struct bytes json, struct bytes step, struct bytes *value)
{
    long index = index_of(step);

    for (long i = 0; i <= index; i++)
        if (!json_items_next(&json, value))
            return false;
    return index >= 0;
}

static bool
take_step(struct bytes json, struct bytes step, struct bytes *value)
{
    if (json_members_open(&json))
        return find_member(json, step, value);
    return json_items_open(&json) && find_item(json, step, value);
}

bool
json_pointer_find(struct bytes json, const char *pointer, struct bytes *value)
{
    *value = json;
    while (*pointer == '/') {
        size_t size = strcspn(pointer + 1, "/");

        if (!take_step(*value, bytes_of(pointer + 1, size), value))
            return false;
        pointer += 1 + size;
    }
    return *pointer == '\0';
}
