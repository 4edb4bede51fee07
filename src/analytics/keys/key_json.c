/* key_json.c - one row, one object. */
#include "keys/key_json.h"

#include <string.h>

#include "base/clock.h"

static json_t *
limit_as_json(int64_t limit)
{
    return limit > 0 ? json_integer(limit) : json_null();
}

static json_t *
time_as_json(int64_t wall_us)
{
    char text[CLOCK_TEXT_SIZE];

    if (wall_us == 0)
        return json_null();
    clock_format_wall_us(wall_us, text);
    return json_string(text);
}

static json_t *
limits_as_json(const char *limits)
{
    json_t *object = json_loads(limits, 0, NULL);

    return object != NULL ? object : json_object();
}

static json_t *
rights_as_json(const char *rights)
{
    json_t *list = json_array();

    while (*rights != '\0') {
        size_t size = strcspn(rights, ",");

        json_array_append_new(list, json_stringn(rights, size));
        rights += size;
        rights += *rights == ',';
    }
    return list;
}

json_t *
key_as_json(const struct key_row *row)
{
    return json_pack(
        "{s:I, s:s, s:o, s:o, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)row->id,
        "key_name", row->key_name, "daily_limit", limit_as_json(row->daily_limit), "monthly_limit",
        limit_as_json(row->monthly_limit), "daily_usage", (json_int_t)row->daily_usage,
        "monthly_usage", (json_int_t)row->monthly_usage, "is_active", row->is_active, "expires_at",
        time_as_json(row->expires_wall_us), "created_at", time_as_json(row->created_wall_us),
        "last_used", time_as_json(row->last_used_wall_us), "limits", limits_as_json(row->limits),
        "rights", rights_as_json(row->rights));
}
