/* faults_json.c - reads and writes one fault as JSON. */
#include "control/faults.h"
#include "http/field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[FAULT_KIND_COUNT] = {
    [FAULT_NONE] = "",
    [FAULT_LATENCY] = "latency",
    [FAULT_STATUS] = "status",
    [FAULT_RESET] = "reset",
    [FAULT_TRUNCATE] = "truncate",
    [FAULT_GARBAGE] = "garbage",
    [FAULT_CONTENT_TYPE] = "content_type",
    [FAULT_TRICKLE] = "trickle",
    [FAULT_CLOSE] = "close",
    [FAULT_HOLD] = "hold",
};

static const char *const distribution_names[DISTRIBUTION_COUNT] = {
    [DISTRIBUTION_FIXED] = "fixed",
    [DISTRIBUTION_UNIFORM] = "uniform",
    [DISTRIBUTION_NORMAL] = "normal",
    [DISTRIBUTION_EXPONENTIAL] = "exponential",
};

static const char *const members[] = {
    "path",  "key_hash", "probability",  "kind",      "latency_ms",  "status",
    "times", "headers",  "distribution", "spread_ms", "piece_bytes",
};

static bool
is_member(const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (strcmp(members[i], name) == 0)
            return true;
    return false;
}

/* The position of a string member among names; otherwise when it is missing, -1 when it is none
 * of them. */
static int
read_name(const json_t *entry, const char *member, const char *const *names, int count,
          int otherwise)
{
    const json_t *value = json_object_get(entry, member);
    if (value == NULL)
        return otherwise;
    for (int i = 0; json_is_string(value) && i < count; i++)
        if (names[i][0] != '\0' && strcmp(names[i], json_string_value(value)) == 0)
            return i;
    return -1;
}

/* False when it is there and no integer from least to most. */
static bool
read_integer(const json_t *entry, const char *member, int64_t least, int64_t most, int64_t *value)
{
    const json_t *found = json_object_get(entry, member);
    if (found == NULL || json_is_null(found))
        return true;
    *value = json_integer_value(found);
    return json_is_integer(found) && *value >= least && *value <= most;
}

/* Missing or null leaves it empty. */
static bool
read_string(const json_t *entry, const char *member, char *out, size_t size)
{
    const json_t *found = json_object_get(entry, member);
    out[0] = '\0';
    if (found == NULL || json_is_null(found))
        return true;
    if (!json_is_string(found) || json_string_length(found) >= size)
        return false;
    memcpy(out, json_string_value(found), json_string_length(found) + 1);
    return true;
}

static bool
is_header_text(const char *text, bool is_name)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f || (is_name && (byte <= ' ' || byte == ':')))
            return false;
    }
    return true;
}

static bool
read_headers(const json_t *entry, struct fault *fault)
{
    json_t *headers = json_object_get(entry, "headers");
    const char *name;
    json_t *value;
    size_t used = 0;
    if (headers != NULL && !json_is_object(headers))
        return false;
    json_object_foreach(headers, name, value)
    {
        const char *content = json_string_value(value);
        if (content == NULL || *name == '\0' || !is_header_text(name, true) ||
            !is_header_text(content, false))
            return false;
        int length = snprintf(fault->headers + used, sizeof fault->headers - used, "%s: %s\r\n",
                              name, content);
        used += (size_t)length;
        if (used >= sizeof fault->headers)
            return false;
    }
    return true;
}

static const char *
read_numbers(const json_t *entry, struct fault *fault)
{
    int64_t status = 500;
    int64_t piece_bytes = 16;
    const json_t *probability = json_object_get(entry, "probability");
    fault->times = -1;
    fault->probability = probability == NULL ? 1 : json_number_value(probability);
    bool is_probability = (probability == NULL || json_is_number(probability)) &&
                          fault->probability >= 0 && fault->probability <= 1;
    if (!is_probability)
        return "'probability' must be a number from 0.0 to 1.0";
    if (!read_integer(entry, "latency_ms", 0, FAULT_LATENCY_MOST_MS, &fault->latency_ms))
        return "'latency_ms' must be an integer from 0 to 600000";
    if (!read_integer(entry, "spread_ms", 0, FAULT_LATENCY_MOST_MS, &fault->spread_ms))
        return "'spread_ms' must be an integer from 0 to 600000";
    if (!read_integer(entry, "status", 200, 599, &status))
        return "'status' must be an integer from 200 to 599";
    if (!read_integer(entry, "times", 1, INT32_MAX, &fault->times))
        return "'times' must be an integer of at least 1";
    if (!read_integer(entry, "piece_bytes", 1, 65536, &piece_bytes))
        return "'piece_bytes' must be an integer from 1 to 65536";
    fault->status = (int)status;
    fault->piece_bytes = (uint32_t)piece_bytes;
    return NULL;
}

static const char *
read_members(json_t *entry)
{
    const char *name;
    json_t *value;
    json_object_foreach(entry, name, value)
    {
        if (!is_member(name))
            return "a member is none of path, key_hash, probability, kind, latency_ms, status, "
                   "times, headers, distribution, spread_ms, piece_bytes";
    }
    return json_is_object(entry) ? NULL : "must be an object";
}

const char *
fault_read(json_t *entry, struct fault *fault)
{
    *fault = (struct fault){0};
    const char *wrong = read_members(entry);
    if (wrong == NULL)
        wrong = read_numbers(entry, fault);
    if (wrong != NULL)
        return wrong;
    int kind = read_name(entry, "kind", kind_names, FAULT_KIND_COUNT, -1);
    int distribution = read_name(entry, "distribution", distribution_names, DISTRIBUTION_COUNT,
                                 DISTRIBUTION_FIXED);
    if (kind < 0)
        return "'kind' must be latency, status, reset, truncate, garbage, content_type, trickle, "
               "close or hold";
    if (distribution < 0)
        return "'distribution' must be fixed, uniform, normal or exponential";
    fault->kind = (enum fault_kind)kind;
    fault->distribution = (enum fault_distribution)distribution;
    if (!read_string(entry, "path", fault->path, sizeof fault->path))
        return "'path' must be null or a string of at most 255 bytes";
    if (!read_string(entry, "key_hash", fault->key_hash, sizeof fault->key_hash))
        return "'key_hash' must be null or 64 hexadecimal digits";
    if (!read_headers(entry, fault))
        return "'headers' must be an object of at most 1 KB whose values are clean strings";
    return NULL;
}

static void
write_headers(const char *headers, struct text *text)
{
    field_open(text, "headers", '{');
    while (*headers != '\0') {
        char name[FAULT_HEADERS_SIZE];
        char value[FAULT_HEADERS_SIZE];
        size_t name_length = strcspn(headers, ":");
        size_t length = strcspn(headers, "\r");
        snprintf(name, sizeof name, "%.*s", (int)name_length, headers);
        snprintf(value, sizeof value, "%.*s", (int)(length - name_length - 2),
                 headers + name_length + 2);
        field_string(text, name, value);
        headers += length + 2;
    }
    field_close(text, '}');
}

void
fault_write(const struct fault *fault, struct text *text)
{
    field_open(text, NULL, '{');
    field_string(text, "path", fault->path[0] == '\0' ? NULL : fault->path);
    field_string(text, "key_hash", fault->key_hash[0] == '\0' ? NULL : fault->key_hash);
    field_scaled(text, "probability", llround(fault->probability * 1e6), 6);
    field_string(text, "kind", kind_names[fault->kind]);
    field_integer(text, "latency_ms", fault->latency_ms);
    field_integer(text, "status", fault->status);
    if (fault->times > 0)
        field_integer(text, "times", fault->times);
    if (fault->distribution != DISTRIBUTION_FIXED) {
        field_string(text, "distribution", distribution_names[fault->distribution]);
        field_integer(text, "spread_ms", fault->spread_ms);
    }
    if (fault->kind == FAULT_TRICKLE)
        field_integer(text, "piece_bytes", fault->piece_bytes);
    if (fault->headers[0] != '\0')
        write_headers(fault->headers, text);
    field_close(text, '}');
}
