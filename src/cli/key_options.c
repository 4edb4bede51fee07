/* key_options.c - texts of the command line to JSON; what they may mean is checked where the body is read. */
#include "key_options.h"

#include <stdlib.h>
#include <string.h>

static bool
set_limit(json_t *body, const char *member, const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (strcmp(text, "none") == 0)
        return json_object_set_new(body, member, json_string(text)) == 0;
    if (*text == '\0' || *end != '\0' || value < 1 || value > 1000000000)
        return false;
    return json_object_set_new(body, member, json_integer(value)) == 0;
}

static bool
set_no_quota(json_t *body)
{
    return set_limit(body, "daily_limit", "none") && set_limit(body, "monthly_limit", "none");
}

static bool
set_no_limits(json_t *body)
{
    return json_object_set_new(body, "limits",
                               json_pack("{s:s, s:s}", "global", "none", "*", "none")) == 0 &&
           set_no_quota(body);
}

static bool
set_limits(json_t *body, const char *text)
{
    json_t *limits = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    return limits != NULL && json_object_set_new(body, "limits", limits) == 0;
}

/* "none" takes them away. */
static bool
set_rights(json_t *body, const char *text)
{
    if (strcmp(text, "none") == 0)
        return json_object_set_new(body, "rights", json_array()) == 0;
    return strcmp(text, "extend_ttl") == 0 &&
           json_object_set_new(body, "rights", json_pack("[s]", text)) == 0;
}

static bool
set_expiry(json_t *body, const char *text)
{
    return json_object_set_new(body, "expires_at",
                               strcmp(text, "never") == 0 ? json_null() : json_string(text)) == 0;
}

bool
key_options_take(struct key_options *options, int option)
{
    switch (option) {
    case 'd':
        return set_limit(options->body, "daily_limit", optarg);
    case 'm':
        return set_limit(options->body, "monthly_limit", optarg);
    case 'l':
        return set_limits(options->body, optarg);
    case 'n':
        return set_no_limits(options->body);
    case 'q':
        return set_no_quota(options->body);
    case 'r':
        return set_rights(options->body, optarg);
    case 'e':
        return set_expiry(options->body, optarg);
    case 'c':
        options->config = optarg;
        return true;
    case 'j':
        options->as_json = true;
        return true;
    default:
        return false;
    }
}
