/* options.c - every option of every subcommand: how it is written, which values it takes, what it does, what it sets.
 *
 * Those of keys and of the cache become members of a request's body; what needs the configuration is checked where the
 * body is read. */
#include "options.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "key_request.h"

#define URL_VARIABLE "RENTCACHE_ADMIN_URL"
#define LIMIT_MOST   1000000000
#define DAYS_MOST    3660
#define HOURS_MOST   876000 /* a hundred years */
#define PORT_MOST    65535
#define HELP_COLUMN  26

struct command_option {
    const char *name;
    int letter;        /* in struct command's `takes` */
    const char *value; /* how help writes it; NULL: the option takes none */
    /* False: the value is none of those that are expected. */
    bool (*set)(struct options *options, const struct command_option *option, const char *value);
    const char *target;   /* a member of the body, or a variable of the environment */
    int64_t least, most;  /* of a number */
    const char *expected; /* said behind a value that is wrong; NULL: the bounds say it */
    const char *help;
};

bool
options_refuse(struct options *options, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(options->wrong, sizeof options->wrong, format, arguments);
    va_end(arguments);
    return false;
}

/* The reference to value is taken. */
static bool
set_member(json_t *body, const char *member, json_t *value)
{
    return value != NULL && json_object_set_new(body, member, value) == 0;
}

static bool
read_within(const struct command_option *option, const char *text, int64_t *number)
{
    return bytes_read_number(bytes_of_text(text), number) && *number >= option->least &&
           *number <= option->most;
}

static bool
set_text(struct options *options, const struct command_option *option, const char *value)
{
    switch (option->letter) {
    case 'c':
        options->config = value;
        break;
    case 'e':
        options->endpoint = value;
        break;
    case 't':
        options->token_file = value;
        break;
    default:
        return false;
    }
    return value[0] != '\0';
}

static bool
set_flag(struct options *options, const struct command_option *option, const char *value)
{
    (void)value;
    switch (option->letter) {
    case 'j':
        return options->as_json = true;
    case 'y':
        return options->is_agreed = true;
    case 'F':
        return options->is_offline = true;
    case 'i':
        return set_member(options->body, option->target, json_true());
    case 'a':
    case 'A':
        return set_member(options->body, option->target, json_boolean(option->letter == 'a'));
    default:
        return false;
    }
}

/* Nothing but a scheme, a host, a port and perhaps a path: a name and a password would be printed with it. */
static bool
is_admin_url(const char *text)
{
    static const CURLUPart refused[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
                                        CURLUPART_FRAGMENT};
    CURLU *url = curl_url();
    char *part = NULL;
    bool is_valid = (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0) &&
                    url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK;

    for (size_t i = 0; is_valid && i < COUNT(refused); i++) {
        is_valid = curl_url_get(url, refused[i], &part, 0) != CURLUE_OK;
        curl_free(part);
        part = NULL;
    }
    curl_url_cleanup(url);
    return is_valid;
}

static bool
set_url(struct options *options, const struct command_option *option, const char *value)
{
    (void)option;
    options->url = value;
    options->url_source = "--url";
    return is_admin_url(value);
}

static bool
set_days(struct options *options, const struct command_option *option, const char *value)
{
    return read_within(option, value, &options->days);
}

static bool
set_by(struct options *options, const struct command_option *option, const char *value)
{
    (void)option;
    options->by = value;
    return strcmp(value, "key") == 0 || strcmp(value, "route") == 0 || strcmp(value, "day") == 0;
}

static bool
set_month(struct options *options, const struct command_option *option, const char *value)
{
    char day[sizeof "2026-01-01"];
    int64_t wall_us;

    (void)option;
    options->month = value;
    snprintf(day, sizeof day, "%.7s-01", value);
    return strlen(value) == strlen("2026-01") && clock_parse_wall_us(day, &wall_us);
}

/* A parameter of a query, checked by the command that takes it. */
static bool
set_parameter(struct options *options, const struct command_option *option, const char *value)
{
    return value[0] != '\0' && set_member(options->body, option->target, json_string(value));
}

static bool
set_number(struct options *options, const struct command_option *option, const char *value)
{
    int64_t number;

    return read_within(option, value, &number) &&
           set_member(options->body, option->target, json_integer(number));
}

static bool
set_limit(struct options *options, const struct command_option *option, const char *value)
{
    if (strcmp(value, "none") == 0)
        return set_member(options->body, option->target, json_string(value));
    return set_number(options, option, value);
}

static bool
set_limits(struct options *options, const struct command_option *option, const char *value)
{
    json_t *limits = json_loads(value, JSON_REJECT_DUPLICATES, NULL);

    if (json_is_object(limits))
        return set_member(options->body, option->target, limits);
    json_decref(limits);
    return false;
}

static bool
set_no_quota(struct options *options, const struct command_option *option, const char *value)
{
    (void)option;
    (void)value;
    return set_member(options->body, "daily_limit", json_string("none")) &&
           set_member(options->body, "monthly_limit", json_string("none"));
}

static bool
set_no_limits(struct options *options, const struct command_option *option, const char *value)
{
    return set_member(options->body, "limits",
                      json_pack("{s:s, s:s}", "global", "none", "*", "none")) &&
           set_no_quota(options, option, value);
}

/* "none" takes them away. */
static bool
set_rights(struct options *options, const struct command_option *option, const char *value)
{
    if (strcmp(value, "none") == 0)
        return set_member(options->body, option->target, json_array());
    return strcmp(value, "extend_ttl") == 0 &&
           set_member(options->body, option->target, json_pack("[s]", value));
}

static bool
set_expiry(struct options *options, const struct command_option *option, const char *value)
{
    int64_t wall_us;

    if (strcmp(value, "never") == 0)
        return set_member(options->body, option->target, json_null());
    return clock_parse_wall_us(value, &wall_us) &&
           set_member(options->body, option->target, json_string(value));
}

/* A whole number and s, m, h or d. */
static bool
set_overlap(struct options *options, const struct command_option *option, const char *value)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    size_t size = strlen(value);
    int64_t number;

    if (size < 2 || !bytes_read_number(bytes_of(value, size - 1), &number) ||
        number > KEY_OVERLAP_MOST_S)
        return false;
    for (size_t i = 0; i < COUNT(units); i++)
        if (value[size - 1] == units[i].unit && number * units[i].seconds <= KEY_OVERLAP_MOST_S)
            return set_member(options->body, option->target,
                              json_integer(number * units[i].seconds));
    return false;
}

/* Another way of setting the environment, so that one table says what the values mean. */
static bool
set_variable(struct options *options, const struct command_option *option, const char *value)
{
    int64_t number;

    (void)options;
    return (option->most == 0 || read_within(option, value, &number)) &&
           setenv(option->target, value, 1) == 0;
}

static bool
set_log_level(struct options *options, const struct command_option *option, const char *value)
{
    static const char *const levels[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

    for (size_t i = 0; i < COUNT(levels); i++)
        if (strcasecmp(value, levels[i]) == 0)
            return set_variable(options, option, value);
    return false;
}

static bool
set_part(struct options *options, const struct command_option *option, const char *value)
{
    static const char *const parts[] = {"gateway", "cache", "upstream", "analytics"};

    (void)option;
    options->only = value;
    for (size_t i = 0; i < COUNT(parts); i++)
        if (strcmp(value, parts[i]) == 0)
            return true;
    return false;
}

static bool
note_reload(struct options *options, const struct command_option *option, const char *value)
{
    (void)options;
    (void)option;
    (void)value;
    fputs("rentcache server: --reload does nothing here: a compiled program has no source to "
          "load again\n",
          stderr);
    return true;
}

/* In the order of help. */
static const struct command_option every_option[] = {
    {"daily-limit", 'D', "N|none", set_limit, "daily_limit", 1, LIMIT_MOST,
     "a whole number from 1 to 1000000000, or none", "requests per UTC day; none: no limit"},
    {"monthly-limit", 'M', "N|none", set_limit, "monthly_limit", 1, LIMIT_MOST,
     "a whole number from 1 to 1000000000, or none", "requests per UTC month; none: no limit"},
    {"limits", 'l', "JSON", set_limits, "limits", 0, 0,
     "a JSON object like {\"properties\": \"100/minute\", \"*\": \"none\"}",
     "rates by endpoint instead of the configured ones: \"N/second\", minute, hour, day or none; "
     "\"global\" is all requests together, \"*\" every endpoint"},
    {"no-limits", 'n', NULL, set_no_limits, NULL, 0, 0, NULL, "no rates and no quota"},
    {"no-quota", 'q', NULL, set_no_quota, NULL, 0, 0, NULL, "no daily and no monthly limit"},
    {"rights", 'r', "RIGHT|none", set_rights, "rights", 0, 0, "extend_ttl or none",
     "extend_ttl: may ask for entries that are kept longer than their route says"},
    {"expires", 'x', "TIME|never", set_expiry, "expires_at", 0, 0,
     "YYYY-MM-DD (00:00 UTC of that day), YYYY-MM-DDThh:mm:ssZ, or never",
     "when the key stops working, YYYY-MM-DD (00:00 UTC of that day) or YYYY-MM-DDThh:mm:ssZ"},
    {"overlap", 'v', "DURATION", set_overlap, "overlap_s", 0, 0,
     "a duration like 90s, 30m, 24h or 7d, at most 30d",
     "how long the present secret goes on working: 90s, 30m, 24h, 7d ...; at most 30d; 0s ends it "
     "at once; without it 24h"},
    {"active", 'a', NULL, set_flag, "is_active", 0, 0, NULL, "let the key work again"},
    {"inactive", 'A', NULL, set_flag, "is_active", 0, 0, NULL, "revoke the key until --active"},
    {"endpoint", 'e', "NAME", set_text, NULL, 0, 0, "the name of an endpoint",
     "this endpoint alone"},
    {"days", 'd', "N", set_days, NULL, 1, DAYS_MOST, NULL, "so many days back; without it 7"},
    {"by", 'B', "key|route|day", set_by, NULL, 0, 0, "key, route or day",
     "what a month cost and saved, by key, route or day"},
    {"month", 'm', "YYYY-MM", set_month, NULL, 0, 0, "a month as YYYY-MM",
     "the month of --by; without it the present one (UTC)"},
    {"name", 'N', "NAME", set_parameter, "name", 0, 0, "the name of a key", "of this key alone"},
    {"key-id", 'k', "ID", set_parameter, "key_id", 0, 0, "the id of a key",
     "of this key alone, also when it is deleted"},
    {"status", 'S', "N", set_parameter, "status", 0, 0, "a status from 100 to 599",
     "answered with this HTTP status"},
    {"decision", 'W', "WORD", set_parameter, "decision", 0, 0,
     "hit, stale, collapsed, miss, refused or error",
     "hit, stale, collapsed, miss, refused or error"},
    {"from", 'f', "TIME", set_parameter, "from", 0, 0, "a time",
     "not earlier: YYYY-MM-DD (00:00 UTC of that day) or YYYY-MM-DDThh:mm:ssZ"},
    {"to", 'T', "TIME", set_parameter, "to", 0, 0, "a time", "earlier than this"},
    {"min-ms", 's', "N", set_parameter, "min_ms", 0, 0, "a number of milliseconds",
     "that took as many milliseconds or more"},
    {"limit", 'I', "N", set_parameter, "limit", 0, 0, "a number from 1 to 1000",
     "so many at most, 1 to 1000; without it 100"},
    {"before", 'b', "PLACE", set_parameter, "before", 0, 0, "what an earlier page ended with",
     "the next page: what the last one ended with"},
    {"older-than", 'o', "HOURS", set_number, "older_than_hours", 1, HOURS_MOST, NULL,
     "only what was fetched longer ago than this many hours"},
    {"invalid-only", 'i', NULL, set_flag, "invalid_only", 0, 0, NULL,
     "only what has expired already"},
    {"only", 'O', "PART", set_part, NULL, 0, 0, "gateway, cache, upstream or analytics",
     "run this part alone: gateway, cache, upstream or analytics"},
    {"host", 'h', "ADDRESS", set_variable, "HOST", 0, 0, NULL,
     "address of the data listener, as the setting HOST"},
    {"port", 'p', "N", set_variable, "PORT", 0, PORT_MOST, NULL,
     "port of the data listener, as the setting PORT; 0 picks a free one"},
    {"log-level", 'L', "LEVEL", set_log_level, "LOG_LEVEL", 0, 0, "DEBUG, INFO, WARNING or ERROR",
     "DEBUG, INFO, WARNING or ERROR, as the setting LOG_LEVEL"},
    {"reload", 'R', NULL, note_reload, NULL, 0, 0, NULL, "accepted and does nothing"},
    {"yes", 'y', NULL, set_flag, NULL, 0, 0, NULL, "do not ask first"},
    {"json", 'j', NULL, set_flag, NULL, 0, 0, NULL, "print JSON"},
    {"url", 'u', "URL", set_url, NULL, 0, 0, "http://HOST:PORT or https://HOST:PORT",
     "admin listener of the server to ask; without it " URL_VARIABLE
     ", else ADMIN_HOST and ADMIN_PORT"},
    {"token-file", 't', "FILE", set_text, NULL, 0, 0, "the name of a file",
     "file that holds the admin token; without it RENTCACHE_ADMIN_TOKEN, else ADMIN_TOKEN, else "
     "DATA_DIR/admin-token"},
    {"offline", 'F', NULL, set_flag, NULL, 0, 0, NULL,
     "ask no server: work on the database in DATA_DIR, which is made if it is not there"},
    {"config", 'c', "FILE", set_text, NULL, 0, 0, "the name of a file",
     "configuration to read; without it RENTCACHE_CONFIG, else the one built in"},
};

static const struct command_option *
find_option(int letter)
{
    for (size_t i = 0; i < COUNT(every_option); i++)
        if (every_option[i].letter == letter)
            return &every_option[i];
    return NULL;
}

static bool
refuse_value(struct options *options, const char *name, const struct command_option *option,
             const char *value)
{
    if (option->expected != NULL)
        return options_refuse(options, "%s: \"%.100s\" is not %s", name, value, option->expected);
    return options_refuse(options, "%s: \"%.100s\" is not a whole number from %lld to %lld", name,
                          value, (long long)option->least, (long long)option->most);
}

static bool
take_option(struct options *options, const struct command_option *option, const char *value)
{
    char name[32];

    if (option->set(options, option, value))
        return true;
    snprintf(name, sizeof name, "--%s", option->name);
    return refuse_value(options, name, option, value);
}

/* What getopt stopped at. text: the argument itself. */
static bool
refuse_option(struct options *options, int found, const char *text)
{
    bool is_long = strncmp(text, "--", 2) == 0; /* letters are for this file alone */
    const struct command_option *option = is_long ? find_option(optopt) : NULL;

    if (found == ':' && option != NULL)
        return options_refuse(options, "--%s: a value is missing: %s", option->name, option->value);
    if (option != NULL)
        return options_refuse(options, "--%s takes no value", option->name);
    return options_refuse(options, "there is no option \"%.100s\"", text);
}

static void
fill_accepted(struct option accepted[COUNT(every_option) + 1], const char *takes)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT(every_option); i++)
        if (strchr(takes, every_option[i].letter) != NULL)
            accepted[count++] =
                (struct option){every_option[i].name,
                                every_option[i].value != NULL ? required_argument : no_argument,
                                NULL, every_option[i].letter};
    accepted[count] = (struct option){NULL, 0, NULL, 0};
}

/* Which server a command asks stands in the environment of a shell that works with one. */
static bool
take_url_variable(struct options *options)
{
    const char *url = getenv(URL_VARIABLE);

    if (options->url != NULL || options->is_offline || url == NULL || url[0] == '\0')
        return true;
    options->url = url;
    options->url_source = URL_VARIABLE;
    return is_admin_url(url) || refuse_value(options, URL_VARIABLE, find_option('u'), url);
}

bool
options_read(struct options *options, const char *takes, int argc, char **argv)
{
    struct option accepted[COUNT(every_option) + 1];
    int found;

    fill_accepted(accepted, takes);
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", accepted, NULL)) != -1) {
        const struct command_option *option = find_option(found);

        if (option == NULL)
            return refuse_option(options, found, argv[optind - 1]);
        if (!take_option(options, option, optarg))
            return false;
    }
    options->arguments = argv + optind;
    options->argument_count = argc - optind;
    if (options->is_offline && options->url != NULL)
        return options_refuse(options, "--offline and --url exclude each other");
    return strchr(takes, 'u') == NULL || take_url_variable(options);
}

static void
write_bounds(const struct command_option *option, FILE *out)
{
    if (option->most > 0)
        fprintf(out, " (%lld to %lld)", (long long)option->least, (long long)option->most);
}

void
options_explain(const char *takes, FILE *out)
{
    for (size_t i = 0; i < COUNT(every_option); i++) {
        const struct command_option *option = &every_option[i];
        char form[64];

        if (strchr(takes, option->letter) == NULL)
            continue;
        snprintf(form, sizeof form, "--%s%s%s", option->name, option->value != NULL ? " " : "",
                 option->value != NULL ? option->value : "");
        fprintf(out, "  %-*s %s", HELP_COLUMN, form, option->help);
        write_bounds(option, out);
        fputc('\n', out);
    }
}

/* A bar would end the cell. */
static void
write_cell(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

void
options_tabulate(const char *takes, FILE *out)
{
    for (size_t i = 0; i < COUNT(every_option); i++) {
        const struct command_option *option = &every_option[i];

        if (strchr(takes, option->letter) == NULL)
            continue;
        fprintf(out, "| `--%s`%s", option->name, option->value != NULL ? " " : "");
        write_cell(option->value != NULL ? option->value : "", out);
        fputs(" | ", out);
        write_cell(option->help, out);
        write_bounds(option, out);
        fputs(" |\n", out);
    }
}
