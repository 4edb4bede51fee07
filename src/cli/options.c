/* options.c - every option of every subcommand, and what it sets.
 *
 * Those of keys and of the cache become members of a request's body; what they may mean is checked where the body is read. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static const struct option every_option[] = {
    {"config", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, 'j'},
    {"yes", no_argument, NULL, 'y'},
    {"endpoint", required_argument, NULL, 'e'},
    {"days", required_argument, NULL, 'd'},
    {"older-than", required_argument, NULL, 'o'},
    {"invalid-only", no_argument, NULL, 'i'},
    {"daily-limit", required_argument, NULL, 'D'},
    {"monthly-limit", required_argument, NULL, 'M'},
    {"limits", required_argument, NULL, 'l'},
    {"no-limits", no_argument, NULL, 'n'},
    {"no-quota", no_argument, NULL, 'q'},
    {"rights", required_argument, NULL, 'r'},
    {"expires", required_argument, NULL, 'x'},
    {"active", no_argument, NULL, 'a'},
    {"inactive", no_argument, NULL, 'A'},
    {"only", required_argument, NULL, 'O'},
    {"host", required_argument, NULL, 'h'},
    {"port", required_argument, NULL, 'p'},
    {"log-level", required_argument, NULL, 'L'},
    {"reload", no_argument, NULL, 'R'},
};

/* The reference to value is taken. */
static bool
set_member(json_t *body, const char *member, json_t *value)
{
    return value != NULL && json_object_set_new(body, member, value) == 0;
}

static bool
set_hours(json_t *body, const char *text)
{
    char *end;
    long long hours = strtoll(text, &end, 10);

    return *text != '\0' && *end == '\0' && hours > 0 &&
           set_member(body, "older_than_hours", json_integer(hours));
}

static bool
set_limit(json_t *body, const char *member, const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (strcmp(text, "none") == 0)
        return set_member(body, member, json_string(text));
    return *text != '\0' && *end == '\0' && value >= 1 && value <= 1000000000 &&
           set_member(body, member, json_integer(value));
}

static bool
set_no_quota(json_t *body)
{
    return set_limit(body, "daily_limit", "none") && set_limit(body, "monthly_limit", "none");
}

static bool
set_no_limits(json_t *body)
{
    return set_member(body, "limits", json_pack("{s:s, s:s}", "global", "none", "*", "none")) &&
           set_no_quota(body);
}

/* "none" takes them away. */
static bool
set_rights(json_t *body, const char *text)
{
    if (strcmp(text, "none") == 0)
        return set_member(body, "rights", json_array());
    return strcmp(text, "extend_ttl") == 0 && set_member(body, "rights", json_pack("[s]", text));
}

static bool
options_set_member(json_t *body, int option, const char *value)
{
    switch (option) {
    case 'o':
        return set_hours(body, value);
    case 'i':
        return set_member(body, "invalid_only", json_true());
    case 'D':
        return set_limit(body, "daily_limit", value);
    case 'M':
        return set_limit(body, "monthly_limit", value);
    case 'l':
        return set_member(body, "limits", json_loads(value, JSON_REJECT_DUPLICATES, NULL));
    case 'n':
        return set_no_limits(body);
    case 'q':
        return set_no_quota(body);
    case 'r':
        return set_rights(body, value);
    case 'x':
        return set_member(body, "expires_at",
                          strcmp(value, "never") == 0 ? json_null() : json_string(value));
    case 'a':
    case 'A':
        return set_member(body, "is_active", json_boolean(option == 'a'));
    default:
        return false;
    }
}

static bool
set_days(struct options *options, const char *text)
{
    char *end;

    options->days = strtol(text, &end, 10);
    return options->days >= 1 && *end == '\0';
}

/* Some are another way of setting the environment, so that one table says what they mean. */
static bool
options_set(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'c':
        options->config = value;
        return true;
    case 'j':
        return options->as_json = true;
    case 'y':
        return options->is_agreed = true;
    case 'e':
        options->endpoint = value;
        return true;
    case 'd':
        return set_days(options, value);
    case 'O':
        options->only = value;
        return true;
    case 'h':
        return setenv("HOST", value, 1) == 0;
    case 'p':
        return setenv("PORT", value, 1) == 0;
    case 'L':
        return setenv("LOG_LEVEL", value, 1) == 0;
    case 'R':
        fputs("rentcache server: --reload does nothing here: a compiled program has no source to "
              "load again\n",
              stderr);
        return true;
    default:
        return options_set_member(options->body, option, value);
    }
}

bool
options_read(struct options *options, const char *takes, int argc, char **argv)
{
    struct option taken[COUNT(every_option) + 1] = {{NULL, 0, NULL, 0}};
    size_t count = 0;
    int option;

    for (size_t i = 0; i < COUNT(every_option); i++)
        if (strchr(takes, every_option[i].val) != NULL)
            taken[count++] = every_option[i];
    while ((option = getopt_long(argc, argv, "", taken, NULL)) != -1)
        if (!options_set(options, option, optarg))
            return false;
    options->arguments = argv + optind;
    options->argument_count = argc - optind;
    return true;
}
