/* key_request.c - one table of members; each is read by one function. */
#include "key_request.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "gateway.h"

#define KEY_LIMIT_MOST 1000000000

struct reading {
    const struct config *config;
    struct key_request *request;
    char *why; /* of the problem; filled in only where there is more to say than the table does */
    size_t why_size;
    bool is_update;
};

typedef bool member_reader(struct reading *reading, const json_t *value);

static bool
read_name(struct reading *reading, const json_t *value)
{
    const char *name = json_string_value(value);

    return api_key_name_is_valid(name) && strlen(name) == json_string_length(value) &&
           bytes_copy_text(bytes_of_text(name), reading->request->name,
                           sizeof reading->request->name);
}

static bool
read_own_key(struct reading *reading, const json_t *value)
{
    struct bytes key = bytes_of(json_string_value(value), json_string_length(value));

    if (!api_key_is_usable(key) || api_key_is_well_formed(key))
        return false;
    api_key_hash_hex(key, reading->request->own_hash);
    OPENSSL_cleanse((uint8_t *)(uintptr_t)key.data,
                    key.size); /* the document lives on for a while */
    return true;
}

/* A number; "none" or, in an update, null for no limit. */
static bool
read_limit(const struct reading *reading, const json_t *value, int64_t *limit)
{
    if (json_is_null(value) && !reading->is_update)
        return true;
    *limit = 0;
    if (json_is_null(value))
        return true;
    if (json_is_string(value))
        return strcmp(json_string_value(value), "none") == 0;
    *limit = json_integer_value(value);
    return json_is_integer(value) && *limit >= 1 && *limit <= KEY_LIMIT_MOST;
}

static bool
read_daily_limit(struct reading *reading, const json_t *value)
{
    return read_limit(reading, value, &reading->request->daily_limit);
}

static bool
read_monthly_limit(struct reading *reading, const json_t *value)
{
    return read_limit(reading, value, &reading->request->monthly_limit);
}

static bool
read_is_active(struct reading *reading, const json_t *value)
{
    reading->request->is_active = json_is_true(value);
    return json_is_boolean(value);
}

/* A key may be ended by an expiry in the past, but none is born dead. */
static bool
read_expiry(struct reading *reading, const json_t *value)
{
    int64_t wall_us = 0;

    if (json_is_null(value))
        return true;
    if (!json_is_string(value) || !clock_parse_wall_us(json_string_value(value), &wall_us))
        return false;
    reading->request->expires_wall_ms = wall_us / 1000;
    if (reading->is_update || wall_us > clock_wall_us())
        return wall_us >= 1000;
    snprintf(reading->why, reading->why_size,
             "%.40s is in the past: the expiry must be in the future (a date without a time means "
             "00:00 UTC)",
             json_string_value(value));
    return false;
}

static bool
read_limits(struct reading *reading, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
    bool is_valid = json_is_null(value) ||
                    (text != NULL &&
                     gateway_check_limits(reading->config, text, reading->why, reading->why_size) &&
                     bytes_copy_text(bytes_of_text(text), reading->request->limits,
                                     sizeof reading->request->limits));

    free(text);
    return is_valid;
}

/* The rights that exist, comma-separated. */
static bool
read_rights(struct reading *reading, const json_t *value)
{
    if (json_is_null(value))
        return true;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *right = json_string_value(json_array_get(value, i));

        if (right == NULL || strcmp(right, "extend_ttl") != 0)
            return false;
        bytes_copy_text(bytes_of_text(right), reading->request->rights,
                        sizeof reading->request->rights);
    }
    return json_is_array(value);
}

struct member {
    const char *name;
    member_reader *read;
    int64_t bit; /* 0: of a creation alone */
    bool is_of_update_alone;
    const char *type, *expected;
};

static const struct member members[] = {
    {"key_name", read_name, 0, false, "string_pattern_mismatch",
     "expected 1 to 100 letters, digits, '_' or '-'"},
    {"rentcast_api_key", read_own_key, 0, false, "string_pattern_mismatch",
     "expected the client's own key of the paid API: 1 to 256 letters, digits or -._~+/=, not a "
     "key created here"},
    {"daily_limit", read_daily_limit, KEY_MEMBER_DAILY_LIMIT, false, "int_type",
     "expected a whole number from 1 to 1000000000, or \"none\""},
    {"monthly_limit", read_monthly_limit, KEY_MEMBER_MONTHLY_LIMIT, false, "int_type",
     "expected a whole number from 1 to 1000000000, or \"none\""},
    {"is_active", read_is_active, KEY_MEMBER_IS_ACTIVE, true, "bool_type",
     "expected true or false"},
    {"expires_at", read_expiry, KEY_MEMBER_EXPIRES, false, "datetime_parsing",
     "expected a date or time in ISO 8601, such as 2030-01-31"},
    {"limits", read_limits, KEY_MEMBER_LIMITS, false, "value_error",
     "expected an object such as {\"properties\": \"60/minute\", \"*\": \"none\"}"},
    {"rights", read_rights, KEY_MEMBER_RIGHTS, false, "enum",
     "expected a list of permissions: \"extend_ttl\""},
};

static void
key_request_refuse(struct key_request_problem *problem, const char *member, const char *type,
                   const char *message)
{
    snprintf(problem->member, sizeof problem->member, "%.60s", member);
    problem->type = type;
    if (problem->message[0] == '\0')
        snprintf(problem->message, sizeof problem->message, "%s", message);
}

static const struct member *
find_member(const char *name, bool is_update)
{
    for (size_t i = 0; i < COUNT(members); i++)
        if (strcmp(members[i].name, name) == 0)
            return (is_update ? members[i].bit != 0 : !members[i].is_of_update_alone) ? &members[i]
                                                                                      : NULL;
    return NULL;
}

static bool
read_members(struct reading *reading, const json_t *body, struct key_request_problem *problem)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        const struct member *member = find_member(name, reading->is_update);

        if (member == NULL) {
            key_request_refuse(problem, name, "extra_forbidden", "unknown field");
            return false;
        }
        if (!member->read(reading, value)) {
            key_request_refuse(problem, name, member->type, member->expected);
            return false;
        }
        reading->request->members |= member->bit;
    }
    return true;
}

static bool
read_body(struct reading *reading, const json_t *body, struct key_request_problem *problem)
{
    *problem = (struct key_request_problem){.type = ""};
    reading->why = problem->message;
    reading->why_size = sizeof problem->message;
    return read_members(reading, body, problem);
}

bool
key_request_of_creation(const struct config *config, const json_t *body,
                        struct key_request *request, struct key_request_problem *problem)
{
    struct reading reading = {.config = config, .request = request};

    *request = (struct key_request){.daily_limit = config->limits.daily_limit,
                                    .monthly_limit = config->limits.monthly_limit,
                                    .is_active = true};
    if (!read_body(&reading, body, problem))
        return false;
    if (request->name[0] == '\0')
        key_request_refuse(problem, "key_name", "missing", members[0].expected);
    return request->name[0] != '\0';
}

bool
key_request_of_update(const struct config *config, const json_t *body, struct key_request *request,
                      struct key_request_problem *problem)
{
    struct reading reading = {.config = config, .request = request, .is_update = true};

    *request = (struct key_request){0};
    if (!read_body(&reading, body, problem))
        return false;
    if (request->members == 0)
        key_request_refuse(problem, "*", "missing", "expected at least one field to change");
    return request->members != 0;
}

bool
key_request_of_rotation(const json_t *body, int64_t *overlap_s, struct key_request_problem *problem)
{
    const char *name;
    json_t *value;

    *problem = (struct key_request_problem){.type = ""};
    *overlap_s = KEY_OVERLAP_USUAL_S;
    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        if (strcmp(name, "overlap_s") != 0) {
            key_request_refuse(problem, name, "extra_forbidden", "there is no such member");
            return false;
        }
        *overlap_s = json_integer_value(value);
        if (!json_is_integer(value) || *overlap_s < 0 || *overlap_s > KEY_OVERLAP_MOST_S) {
            key_request_refuse(problem, name, "int_type",
                               "a whole number of seconds from 0 to 2592000 (30 days)");
            return false;
        }
    }
    return true;
}

struct key_rotate
key_request_as_rotate(int64_t api_key_id, const char *hash, int64_t overlap_s)
{
    /* Without an overlap the end is past for every clock that looks at it, the coarse one too. */
    int64_t rest_ms = overlap_s > 0 ? overlap_s * 1000 : -1000;

    return (struct key_rotate){
        .api_key_id = api_key_id,
        .key_hash = bytes_of_text(hash),
        .previous_until_wall_ms = clock_wall_ms() + rest_ms,
    };
}

struct key_create
key_request_as_create(const struct key_request *request, const char *hash)
{
    return (struct key_create){
        .key_name = bytes_of_text(request->name),
        .key_hash = bytes_of_text(hash),
        .daily_limit = request->daily_limit,
        .monthly_limit = request->monthly_limit,
        .expires_wall_ms = request->expires_wall_ms,
        .limits = bytes_of_text(request->limits),
        .rights = bytes_of_text(request->rights),
    };
}

struct key_update
key_request_as_update(const struct key_request *request, int64_t api_key_id)
{
    return (struct key_update){
        .api_key_id = api_key_id,
        .members = request->members,
        .daily_limit = request->daily_limit,
        .monthly_limit = request->monthly_limit,
        .is_active = request->is_active,
        .expires_wall_ms = request->expires_wall_ms,
        .limits = bytes_of_text(request->limits),
        .rights = bytes_of_text(request->rights),
    };
}

bool
key_request_mint(char key[API_KEY_SIZE], char hash[API_KEY_HEX_SIZE])
{
    uint8_t entropy[40];

    if (getrandom(entropy, sizeof entropy, 0) != (ssize_t)sizeof entropy)
        return false;
    api_key_mint(entropy, key);
    api_key_hash_hex(bytes_of_text(key), hash);
    OPENSSL_cleanse(entropy, sizeof entropy);
    return true;
}
