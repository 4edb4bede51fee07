/* config_upstreams.c - entries of upstreams: what they say themselves, and what they have from the section `upstream`. */
#include "config/config_upstreams.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/char_set.h"
#include "config/config_check.h"
#include "config/config_route_check.h"
#include "settings/config_value.h"

#define CLIENT_FIELD_DEFAULT "Authorization"

static const char *
check_base_url(const char *text)
{
    size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
                    : strncmp(text, "http://", 7) == 0 ? 7
                                                       : 0;

    if (scheme == 0 || strcspn(text + scheme, "/") == 0 || strpbrk(text + scheme, "?#@ ") != NULL)
        return "is not http://host or https://host";
    return NULL;
}

/* A path begins with a slash. */
static void
cut_slashes(char *url)
{
    size_t size = strlen(url);

    while (size > 0 && url[size - 1] == '/')
        url[--size] = '\0';
}

static bool
is_header_name(const char *text)
{
    return char_set_makes(char_set_token, bytes_of_text(text));
}

/* Written by the gateway itself, or by the library. */
static bool
is_own_header(const char *name)
{
    static const char *const own[] = {
        "Host",    "Content-Length", "Transfer-Encoding", "Connection",   "Keep-Alive", "TE",
        "Trailer", "Upgrade",        "Accept-Encoding",   "X-Request-ID", "X-Call-ID",
    };

    for (size_t i = 0; i < COUNT(own); i++)
        if (strcasecmp(own[i], name) == 0)
            return true;
    return false;
}

/* The header of an entry that has this name already; -1: none has. */
static int64_t
find_header(const struct upstream_config *upstream, const char *name)
{
    for (int64_t i = 0; i < upstream->header_count; i++)
        if (strcasecmp(upstream->headers[i].name, name) == 0)
            return i;
    return -1;
}

static void
read_header(const struct config_reader *reader, struct config_node *node,
            struct upstream_config *upstream)
{
    struct upstream_header *header = &upstream->headers[upstream->header_count];
    char why[CONFIG_WHY_SIZE];

    if (!config_read_is(reader, node, NODE_TEXT))
        return;
    if (!is_header_name(node->key) || strlen(node->key) >= sizeof header->name)
        config_read_error(reader, node, "is not the name of a header");
    else if (is_own_header(node->key))
        config_read_error(reader, node, "is a header that the gateway writes itself");
    else if (find_header(upstream, node->key) >= 0)
        config_read_error(reader, node, "is defined twice");
    else if (upstream->header_count == UPSTREAM_HEADERS_MAX)
        config_read_error(reader, node, "is one too many, at most %d fit", UPSTREAM_HEADERS_MAX);
    else if (!config_value_text(node->text, false, header->value, sizeof header->value, why))
        config_read_error(reader, node, "%s", why);
    else {
        memcpy(header->name, node->key, strlen(node->key) + 1);
        upstream->header_count++;
    }
}

static void
read_headers(const struct field_reader *fields, struct upstream_config *upstream)
{
    const struct config_node *mapping = config_node_find(fields->node, "headers");

    if (mapping == NULL || mapping->kind != NODE_MAPPING)
        return;
    for (struct config_node *node = mapping->first; node != NULL; node = node->next)
        if (!config_report_is_full(fields->reader->report) &&
            upstream->header_count <= UPSTREAM_HEADERS_MAX)
            read_header(fields->reader, node, upstream);
}

/* What its place asks of the name and of the key. */
static void
check_place(const struct field_reader *fields, const struct upstream_credential *credential)
{
    bool has_name = credential->in == CREDENTIAL_HEADER || credential->in == CREDENTIAL_QUERY;

    if (has_name && credential->name[0] == '\0')
        field_error(fields, "name", "is missing, expected the name of the %s",
                    credential->in == CREDENTIAL_HEADER ? "header" : "query parameter");
    if (!has_name && credential->name[0] != '\0')
        field_error(fields, "name", "is only allowed with in: header and in: query");
    if (credential->in == CREDENTIAL_HEADER && credential->name[0] != '\0' &&
        (!is_header_name(credential->name) || is_own_header(credential->name)))
        field_error(fields, "name", "%s is not the name of a header", credential->name);
    if (credential->in == CREDENTIAL_QUERY && credential->name[0] != '\0' &&
        !config_route_is_name(credential->name))
        field_error(fields, "name", "must consist of letters, digits, -, . and _");
    if (credential->in == CREDENTIAL_BASIC && credential->value[0] != '\0' &&
        strchr(credential->value, ':') == NULL)
        field_error(fields, "value", "the secret is not user:password");
}

static void
read_credential(const struct field_reader *outer, struct upstream_config *upstream)
{
    struct upstream_credential *credential = &upstream->credential;
    struct field_reader fields = {.reader = outer->reader,
                                  .node = config_node_find(outer->node, "credential")};
    int64_t count_before = outer->reader->report->count;
    const char *wrong;

    memcpy(credential->from, CLIENT_FIELD_DEFAULT, sizeof CLIENT_FIELD_DEFAULT);
    if (fields.node == NULL || fields.node->kind != NODE_MAPPING)
        return;
    config_read_mapping(fields.reader, &config_credential_table, fields.node, credential, NULL);
    if (fields.reader->report->count != count_before)
        return;
    upstream->has_credential = true;
    check_place(&fields, credential);
    if ((wrong = config_check_credential(credential->value)) != NULL)
        field_error(&fields, "value", "the secret %s", wrong);
    if (!is_header_name(credential->from))
        field_error(&fields, "from", "%s is not the name of a header", credential->from);
}

static struct config_place *
places_of(const struct config *config, int64_t index)
{
    return &config->origins->upstreams[(size_t)index * config_upstream_table.count];
}

const struct config_place *
config_upstream_place(const struct config *config, int64_t index, size_t row)
{
    return &places_of(config, index)[row];
}

static void
read_upstream(const struct field_reader *fields, struct config *config, int64_t index)
{
    struct upstream_config *upstream = &config->upstreams[index];
    int64_t count_before = fields->reader->report->count;
    char shown[CONFIG_SHOWN_SIZE];
    const char *wrong;

    upstream->line = fields->node->line;
    upstream->index = index;
    config_read_mapping(fields->reader, &config_upstream_table, fields->node, upstream,
                        places_of(config, index));
    read_credential(fields, upstream);
    read_headers(fields, upstream);
    if (!field_is_there(fields, "name"))
        field_error(fields, "name", "is missing");
    else if (!config_route_is_name(upstream->name))
        field_error(fields, "name", "must consist of letters, digits, -, . and _");
    if (!field_is_there(fields, "base_url"))
        field_error(fields, "base_url", "is missing");
    else if (fields->reader->report->count == count_before &&
             (wrong = check_base_url(upstream->base_url)) != NULL)
        field_error(fields, "base_url", "%s %s", config_show(upstream->base_url, shown), wrong);
    cut_slashes(upstream->base_url);
    for (int64_t i = 0; i < index && upstream->name[0] != '\0'; i++)
        if (strcmp(config->upstreams[i].name, upstream->name) == 0)
            field_error(fields, "name", "%s is the name of an upstream in line %lld, too",
                        upstream->name, (long long)config->upstreams[i].line);
}

void
config_upstreams_read(const struct config_reader *reader, const struct config_node *list,
                      struct config *config)
{
    struct field_reader fields = {.reader = reader};
    int64_t count = config_read_count(reader, list, UPSTREAMS_MAX);
    struct config_node *entry = list->first;

    config_upstreams_free(config);
    config->upstreams = config_allocate((size_t)count, sizeof *config->upstreams);
    config->origins->upstreams_name = reader->name;
    config->origins->upstreams = config_allocate((size_t)count * config_upstream_table.count,
                                                 sizeof *config->origins->upstreams);
    for (; config->upstream_count < count && !config_report_is_full(reader->report);
         entry = entry->next) {
        fields.node = entry;
        if (config_read_is(reader, entry, NODE_MAPPING))
            read_upstream(&fields, config, config->upstream_count);
        config->upstream_count++;
    }
}

void
config_upstreams_free(struct config *config)
{
    if (config->upstreams != NULL) /* it has keys */
        explicit_bzero(config->upstreams,
                       (size_t)config->upstream_count * sizeof *config->upstreams);
    free(config->upstreams);
    free(config->origins != NULL ? config->origins->upstreams : NULL);
    config->upstreams = NULL;
    config->upstream_count = 0;
    if (config->origins != NULL)
        config->origins->upstreams = NULL;
}

/* The rows of the section, behind those that only entries have. */
static bool
is_inherited(const struct config_row *row)
{
    return row->section[0] != '\0';
}

static size_t
row_of(const char *name)
{
    for (size_t i = 0; i < config_upstream_table.count; i++)
        if (strcmp(config_upstream_table.rows[i].name, name) == 0)
            return i;
    return 0;
}

static bool
says(const struct config *config, int64_t index, const char *name)
{
    return config_upstream_place(config, index, row_of(name))->file != NULL;
}

static void
take_from_section(struct config *config, int64_t index)
{
    struct config_table section = config_table_section("upstream");

    for (size_t i = 0, option = 0; i < config_upstream_table.count; i++) {
        const struct config_row *row = &config_upstream_table.rows[i];

        if (!is_inherited(row))
            continue;
        if (config_upstream_place(config, index, i)->file == NULL)
            memcpy((char *)&config->upstreams[index] + row->offset,
                   (const char *)config + section.rows[option].offset, row->size);
        option++;
    }
}

static void
cap(int64_t *value, int64_t most)
{
    if (*value > most)
        *value = most;
}

/* A longer timeout of its own is one of the first byte, too, unless it says that one as well. */
static void
settle_times(struct config *config, int64_t index)
{
    struct upstream_config *upstream = &config->upstreams[index];

    if (says(config, index, "timeout_ms") && !says(config, index, "first_byte_timeout_ms"))
        upstream->first_byte_timeout_ms = upstream->timeout_ms;
    cap(&upstream->first_byte_timeout_ms, upstream->timeout_ms);
    cap(&upstream->connect_timeout_ms, upstream->timeout_ms);
    cap(&upstream->max_idle_connections, upstream->max_connections);
}

static void
upstream_error(const struct config *config, int64_t index, const char *name,
               struct config_report *report, const char *why)
{
    const struct config_place place = {.file = config->origins->upstreams_name,
                                       .line = config->upstreams[index].line};
    char path[CONFIG_PATH_SIZE];

    snprintf(path, sizeof path, "upstreams[%lld].%s", (long long)index, name);
    config_report_add(report, &place, path, "%s", why);
}

static void
check_body(const struct config *config, int64_t index, struct config_report *report)
{
    if (says(config, index, "max_body_bytes") &&
        config->upstreams[index].max_body_bytes > config->actors.max_message_body_bytes)
        upstream_error(config, index, "max_body_bytes", report,
                       "is too large for actors.max_message_body_bytes");
}

/* A call goes on without its client, and is stored; but it looks as if the setting had no effect. */
static void
warn_of_timeout(const struct config *config, int64_t index, struct config_report *report)
{
    const struct config_place *place = config_upstream_place(config, index, row_of("timeout_ms"));

    if (place->file != NULL &&
        config->upstreams[index].timeout_ms > config->gateway.request_timeout_ms)
        config_report_warn(report, place,
                           "upstreams[%lld].timeout_ms: clients wait for at most "
                           "gateway.request_timeout_ms (%lld)",
                           (long long)index, (long long)config->gateway.request_timeout_ms);
}

static void __attribute__((format(printf, 5, 6)))
route_error(const struct config *config, int64_t index, const char *name,
            struct config_report *report, const char *format, ...)
{
    const struct config_place place = {.file = config->origins->routes_name,
                                       .line = config->routes[index].line};
    char path[CONFIG_PATH_SIZE], message[CONFIG_WHY_SIZE + CONFIG_PATH_SIZE];
    va_list arguments;

    snprintf(path, sizeof path, "routes[%lld].%s", (long long)index, name);
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    config_report_add(report, &place, path, "%s", message);
}

/* "/v1" at the end of the URL and at the beginning of the path: one of them is too many. */
static bool
doubles_segment(const struct upstream_config *upstream, const struct route_config *route)
{
    size_t size = strcspn(route->upstream_path + 1, "/") + 1;
    size_t url_size = strlen(upstream->base_url);

    return route->upstream_path[0] == '/' && url_size > size &&
           strncmp(upstream->base_url + url_size - size, route->upstream_path, size) == 0 &&
           upstream->base_url[url_size - size - 1] != '/';
}

static void
link_route(struct config *config, int64_t index, struct config_report *report)
{
    struct route_config *route = &config->routes[index];

    if (route->source != NULL)
        return;
    if (route->upstream_name[0] != '\0')
        route->upstream = config_upstream(config, bytes_of_text(route->upstream_name));
    else if (config->upstream_count == 1)
        route->upstream = &config->upstreams[0];
    if (route->upstream == NULL && route->upstream_name[0] != '\0')
        route_error(config, index, "upstream", report, "%s is not the name of an upstream",
                    route->upstream_name);
    else if (route->upstream == NULL)
        route_error(config, index, "upstream", report,
                    config->upstream_count == 0
                        ? "there is no upstream, expected one in the list upstreams"
                        : "is missing, expected the name of one of the upstreams");
    else if (doubles_segment(route->upstream, route))
        upstream_error(config, route->upstream - config->upstreams, "base_url", report,
                       "ends with what the routes' upstream_path begins with");
}

static void
link_routes(struct config *config, struct config_report *report)
{
    for (int64_t i = 0; i < config->route_count && !config_report_is_full(report); i++)
        link_route(config, i, report);
    for (int64_t i = 0; i < config->route_count; i++)
        if (config->routes[i].source != NULL)
            config->routes[i].upstream = config->routes[i].source->upstream;
}

/* Each client has its own contract with the provider then: who gets an entry has to be said. */
static void
settle_credential(struct config *config, int64_t index, struct config_report *report)
{
    struct route_config *route = &config->routes[index];

    if (!route->has_credential)
        route->credential = route->upstream->credential.use;
    if (route->credential != CREDENTIAL_PASSTHROUGH)
        return;
    if (!route->upstream->has_credential)
        route_error(config, index, "credential", report,
                    "is passthrough, but its upstream %s does not say where a key stands",
                    route->upstream->name);
    if (!route->has_share)
        route_error(config, index, "share", report,
                    "is missing: with credential passthrough each client has its own contract "
                    "with the provider, so route %s must say who gets its entries: key or all",
                    route->name);
}

void
config_upstreams_settle(struct config *config, struct config_report *report)
{
    for (int64_t i = 0; i < config->upstream_count; i++) {
        take_from_section(config, i);
        settle_times(config, i);
        check_body(config, i, report);
        warn_of_timeout(config, i, report);
    }
    if (report->count == 0) /* else the routes are not to blame */
        link_routes(config, report);
    for (int64_t i = 0; i < config->route_count; i++)
        if (config->routes[i].upstream != NULL)
            settle_credential(config, i, report);
}
