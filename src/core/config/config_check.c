/* config_check.c - the rules that the option table cannot say. */
#include "config/config_check.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/bytes.h"
#include "base/network.h"
#include "base/redis_url.h"
#include "settings/config_table.h"
#include "settings/config_value.h"
#include "settings/config_yaml.h"

enum { L2_BYTES_LEAST = 1 << 20 };

/* Returns what is wrong with the text, NULL: nothing. */
typedef const char *check_text(const char *text);

static const char *
check_not_empty(const char *text)
{
    return text[0] != '\0' ? NULL : "is refused, expected a value";
}

static bool
begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *
check_database_url(const char *text)
{
    if (text[0] == '\0')
        return "is refused, database_url required: without the setting it is sqlite:, the "
               "embedded database in data_dir";
    if (strcmp(text, "sqlite:") == 0 || (begins_with(text, "sqlite:///") && text[10] != '\0') ||
        begins_with(text, "postgresql://") || begins_with(text, "postgres://"))
        return NULL;
    return "is none of sqlite:, sqlite:///path and postgresql://...";
}

static const char *
check_redis_url(const char *text)
{
    struct redis_url url;

    return text[0] != '\0' ? redis_url_parse(text, &url) : NULL;
}

const char *
config_check_credential(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x21 || *text > 0x7e)
            return "contains a space or another byte that is not a visible ASCII character";
    }
    return NULL;
}

/* Goes into responses as it is. */
static const char *
check_field_list(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_*, []\"'";

    return text[strspn(text, allowed)] == '\0' ? NULL : "is neither * nor a list of names";
}

/* "*", or scheme://host[:port] as browsers send it: no path behind it. */
static const char *
check_origins(const char *text)
{
    static const char between[] = ", []\"'";
    size_t count = 0;

    for (text += strspn(text, between); *text != '\0'; text += strspn(text, between)) {
        size_t size = strcspn(text, between);
        const char *host = strstr(text, "://");

        if ((size != 1 || *text != '*') &&
            (host == NULL || host == text || host + 3 >= text + size ||
             memchr(host + 3, '/', (size_t)(text + size - host) - 3) != NULL))
            return "is neither *, nor a list of scheme://host[:port]";
        if (++count > 32)
            return "has more than 32 origins";
        text += size;
    }
    return NULL;
}

static const char *
check_endpoint(const char *text)
{
    struct sockaddr_un address;

    if (begins_with(text, "inproc://") && text[9] != '\0')
        return NULL;
    if (!begins_with(text, "ipc://") || text[6] == '\0')
        return "is neither inproc://NAME nor ipc://PATH";
    return strlen(text + 6) < sizeof address.sun_path ? NULL : "has a path longer than 107 bytes";
}

static const char *
check_networks(const char *text)
{
    struct network_list list;

    if (network_list_parse(bytes_of_text(text), &list, NULL))
        return NULL;
    return "is not a list of at most 32 addresses and networks, as 10.0.0.0/8, ::1";
}

static const char *
check_hosts(const char *text)
{
    static const char wrong[] = "is not a list of host names, as api.example.com, *.example.com";
    static const char host_bytes[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]";
    size_t count = 0;

    for (text += strspn(text, ", \t"); *text != '\0'; text += strspn(text, ", \t")) {
        size_t size = strcspn(text, ", \t");
        size_t star = text[0] == '*' ? 1 : 0;

        if (star + strspn(text + star, host_bytes) < size ||
            (star == 1 && size > 1 && (text[1] != '.' || size == 2)))
            return wrong;
        text += size;
        count++;
    }
    return count > 0 ? NULL : wrong;
}

static const struct {
    const char *path;
    check_text *check;
} text_checks[] = {
    {"server.instance", check_not_empty},
    {"server.data_dir", check_not_empty},
    {"server.database_url", check_database_url},
    {"gateway.host", check_not_empty},
    {"gateway.admin_host", check_not_empty},
    {"gateway.metrics_host", check_not_empty},
    {"gateway.admin_token", config_check_credential},
    {"gateway.trusted_proxies", check_networks},
    {"gateway.allowed_hosts", check_hosts},
    {"gateway.cors_origins", check_origins},
    {"gateway.cors_methods", check_field_list},
    {"gateway.cors_headers", check_field_list},
    {"cache.redis_url", check_redis_url},
    {"actors.cache_endpoint", check_endpoint},
    {"actors.upstream_endpoint", check_endpoint},
    {"actors.analytics_endpoint", check_endpoint},
};

/* Options that are one of a few words. */
static const struct {
    const char *path;
    const char *words;
    bool is_any_case;
    const char *wrong;
} word_checks[] = {
    {"server.environment", "production|test", false, "is neither production nor test"},
    {"server.log_level", "debug|info|warning|error", true, "is not DEBUG, INFO, WARNING or ERROR"},
    {"server.log_format", "json|text", true, "is neither json nor text"},
    {"analytics.unknown_charge", "charge|free", false, "is neither charge nor free"},
    {"ledger.unreachable", "refuse|spend", false, "is neither refuse nor spend"},
};

/* The place of an option for an error; of a default it is the YAML file. */
static struct config_place
option_place(const struct config *config, const char *path)
{
    struct config_place place = config->origins->options[config_option_find(path)];

    if (place.file == NULL)
        place.file = config->origins->yaml_name;
    return place;
}

static void __attribute__((format(printf, 4, 5)))
option_error(const struct config *config, struct config_report *report, const char *path,
             const char *format, ...)
{
    struct config_place place = option_place(config, path);
    char message[CONFIG_WHY_SIZE + CONFIG_SHOWN_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    config_report_add(report, &place, path, "%s", message);
}

static const void *
option_value(const struct config *config, const char *path)
{
    return (const char *)config + option_rows[config_option_find(path)].offset;
}

static void
check_one_text(const struct config *config, const char *path, check_text *check,
               struct config_report *report)
{
    const char *text = option_value(config, path);
    bool is_secret = option_rows[config_option_find(path)].type == CONFIG_SECRET;
    const char *wrong = check(text);
    char shown[CONFIG_SHOWN_SIZE];

    if (wrong != NULL)
        option_error(config, report, path, "%s %s",
                     is_secret ? "the secret" : config_show(text, shown), wrong);
}

static bool
is_word(const char *text, const char *words, bool is_any_case)
{
    char lower[CONFIG_TEXT_SIZE];

    snprintf(lower, sizeof lower, "%s", text);
    for (char *at = lower; *at != '\0' && is_any_case; at++)
        *at = (char)tolower((unsigned char)*at);
    return config_choice_find(words, lower) >= 0;
}

static void
check_words(const struct config *config, struct config_report *report)
{
    char shown[CONFIG_SHOWN_SIZE];

    for (size_t i = 0; i < COUNT(word_checks); i++) {
        const char *text = option_value(config, word_checks[i].path);

        if (!is_word(text, word_checks[i].words, word_checks[i].is_any_case))
            option_error(config, report, word_checks[i].path, "%s %s", config_show(text, shown),
                         word_checks[i].wrong);
    }
}

void
config_check_options(const struct config *config, struct config_report *report)
{
    int64_t ring_records = config->spool.ring_records;

    for (size_t i = 0; i < COUNT(text_checks); i++)
        check_one_text(config, text_checks[i].path, text_checks[i].check, report);
    check_words(config, report);
    if (config->cache.max_l2_bytes != 0 && config->cache.max_l2_bytes < L2_BYTES_LEAST)
        option_error(config, report, "cache.max_l2_bytes", "%lld is neither 0 nor at least %d",
                     (long long)config->cache.max_l2_bytes, L2_BYTES_LEAST);
    if ((ring_records & (ring_records - 1)) != 0)
        option_error(config, report, "spool.ring_records", "%lld is not a power of two",
                     (long long)ring_records);
}

/* What must be at most what; factor times the first. */
static const struct {
    const char *path;
    int64_t factor;
    const char *most_path;
} bounds[] = {
    {"upstream.max_body_bytes", 1, "actors.max_message_body_bytes"},
    {"gateway.max_request_body_bytes", 1, "actors.max_message_body_bytes"},
    {"actors.heartbeat_ms", 2, "actors.heartbeat_timeout_ms"},
};

static void
check_bounds(const struct config *config, struct config_report *report)
{
    for (size_t i = 0; i < COUNT(bounds); i++) {
        int64_t value = *(const int64_t *)option_value(config, bounds[i].path);
        int64_t most = *(const int64_t *)option_value(config, bounds[i].most_path);

        if (value * bounds[i].factor > most)
            option_error(config, report, bounds[i].path, "%lld is too large for %s (%lld)",
                         (long long)value, bounds[i].most_path, (long long)most);
    }
}

static void
check_ports(const struct config *config, struct config_report *report)
{
    const int64_t metrics_port = config->gateway.metrics_port;

    if (config->gateway.port != 0 && config->gateway.port == config->gateway.admin_port)
        option_error(config, report, "gateway.admin_port", "%lld is gateway.port too",
                     (long long)config->gateway.admin_port);
    if (metrics_port != 0 && metrics_port == config->gateway.port)
        option_error(config, report, "gateway.metrics_port", "%lld is gateway.port too",
                     (long long)metrics_port);
    if (metrics_port != 0 && metrics_port == config->gateway.admin_port)
        option_error(config, report, "gateway.metrics_port", "%lld is gateway.admin_port too",
                     (long long)metrics_port);
}

static void
check_endpoints(const struct config *config, struct config_report *report)
{
    const char *cache = config->actors.cache_endpoint;
    const char *upstream = config->actors.upstream_endpoint;
    const char *analytics = config->actors.analytics_endpoint;
    struct config_place place = option_place(config, "actors.cache_endpoint");

    if (strcmp(cache, upstream) == 0 || strcmp(cache, analytics) == 0 ||
        strcmp(upstream, analytics) == 0)
        config_report_add(report, &place, "actors", "two actors have the same endpoint");
}

static void
check_segments(const struct config *config, struct config_report *report)
{
    if (config->spool.segments_max_bytes != 0 &&
        config->spool.segments_max_bytes < config->spool.segment_bytes)
        option_error(config, report, "spool.segments_max_bytes",
                     "%lld is neither 0 nor at least spool.segment_bytes (%lld)",
                     (long long)config->spool.segments_max_bytes,
                     (long long)config->spool.segment_bytes);
}

static void
check_l1(const struct config *config, struct config_report *report)
{
    if (config->cache.redis_enabled && config->cache.redis_url[0] == '\0')
        option_error(config, report, "cache.redis_enabled",
                     "is true, but cache.redis_url is not set");
}

/* Nobody else can say that a request came by HTTPS: without a trusted proxy every one would be refused. */
static void
check_https(const struct config *config, struct config_report *report)
{
    if (config->gateway.require_https &&
        config->gateway.trusted_proxies[strspn(config->gateway.trusted_proxies, ", \t")] == '\0')
        option_error(config, report, "gateway.require_https",
                     "requires gateway.trusted_proxies: the proxy that terminates HTTPS");
}

void
config_check_together(const struct config *config, struct config_report *report)
{
    check_bounds(config, report);
    check_ports(config, report);
    check_endpoints(config, report);
    check_segments(config, report);
    check_l1(config, report);
    check_https(config, report);
}

/* "postgresql+asyncpg://..." names a driver of another language. */
static void
cut_driver(char *url)
{
    char *plus = strchr(url, '+');
    char *colon = strchr(url, ':');

    if (plus != NULL && colon != NULL && plus < colon)
        memmove(plus, colon, strlen(colon) + 1);
}

void
config_adjust(struct config *config)
{
    cut_driver(config->server.database_url);
    if (config->server.debug)
        memcpy(config->server.log_level, "DEBUG", sizeof "DEBUG");
}

static void
config_check_lower(int64_t *value, int64_t most)
{
    if (*value > most)
        *value = most;
}

void
config_settle(struct config *config)
{
    config_check_lower(&config->gateway.max_target_bytes, config->gateway.max_head_bytes);
    for (int64_t i = 0; i < config->route_count; i++) {
        struct route_config *route = &config->routes[i];

        if (route->ttl_s < 0)
            route->ttl_s = config->cache.default_ttl_s;
        if (!route->has_rate)
            route->rate = config->limits.per_route;
    }
}
