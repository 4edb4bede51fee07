/* config_route_sources.c - routes that live off the entries of another one: derived_from gives a member of its answers,
 * bulk_of many of them at once. */
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "config/config_fields.h"
#include "config/config_route_paths.h"
#include "config/config_routes.h"

/* What such a route says itself; all else is its source's, so that the two cannot drift apart. */
static const char own_fields[] =
    "name|endpoint|method|path|kind|aliases|rate|derived_from|member|bulk_of";

struct raw_field {
    const char *key;
    size_t offset;
};

#define RAW_ROUTE_FIELD(member, key, help) {key, offsetof(struct raw_route, member)},
static const struct raw_field raw_fields[] = {ROUTE_FIELDS(RAW_ROUTE_FIELD)};

bool
config_route_has_source(const struct raw_route *raw)
{
    return raw->derived_from != NULL || raw->bulk_of != NULL;
}

static const char *
source_key(const struct raw_route *raw)
{
    return raw->bulk_of != NULL ? "bulk_of" : "derived_from";
}

static void
refuse_others(const struct field_reader *reader, const struct raw_route *raw)
{
    for (size_t i = 0; i < COUNT(raw_fields); i++) {
        char *text;

        memcpy(&text, (const char *)raw + raw_fields[i].offset, sizeof text);
        if (text != NULL && choice_find(own_fields, raw_fields[i].key) < 0)
            field_error(reader, raw_fields[i].key, "stands with %s: it is that route's",
                        source_key(raw));
    }
    if (raw->parameters_count > 0)
        field_error(reader, "parameters", "stands with %s: they are that route's", source_key(raw));
}

static void
read_member(const struct field_reader *reader, const struct raw_route *raw,
            struct route_config *route)
{
    field_text(reader, "member", raw->member, route->member, sizeof route->member);
    if (raw->derived_from != NULL && !config_route_is_name(raw->member))
        field_error(reader, "member", "is not made of letters, digits, -, . and _");
    if (raw->derived_from == NULL && raw->member != NULL)
        field_error(reader, "member", "stands without derived_from");
}

void
config_route_read_source(const struct field_reader *reader, const struct raw_route *raw,
                         struct route_config *route)
{
    route->is_bulk = raw->bulk_of != NULL;
    read_member(reader, raw, route);
    if (raw->derived_from != NULL && raw->bulk_of != NULL)
        field_error(reader, "bulk_of", "stands with derived_from");
    if (strcmp(route->method, route->is_bulk ? "POST" : "GET") != 0)
        field_error(reader, "method", "is not %s, %s bulk_of", route->is_bulk ? "POST" : "GET",
                    route->is_bulk ? "with" : "without");
    if (config_route_has_source(raw))
        refuse_others(reader, raw);
}

/* Plain numbers, for those who look at one route alone. */
static void
take_over(struct route_config *route, const struct route_config *source)
{
    route->source = source;
    route->ttl_s = source->ttl_s;
    route->stale_while_revalidate_s = source->stale_while_revalidate_s;
    route->stale_if_error_s = source->stale_if_error_s;
    route->negative_ttl_s = source->negative_ttl_s;
    route->cost_micro_usd = source->cost_micro_usd;
    route->share = source->share;
    route->has_share = source->has_share;
    route->credential = source->credential;
    route->has_credential = source->has_credential;
}

static void
link_route(const struct field_reader *reader, const struct config *config,
           const struct raw_route *raw, struct route_config *route)
{
    const char *key = source_key(raw);
    const char *name = route->is_bulk ? raw->bulk_of : raw->derived_from;
    const struct route_config *source = config_route(config, name);

    if (source == NULL)
        field_error(reader, key, "%s is the name of no route", name);
    else if (source->is_bulk || source->member[0] != '\0')
        field_error(reader, key, "%s has no entries of its own", name);
    else if (route->is_bulk && strchr(source->path, '{') != NULL)
        field_error(reader, key, "%s has parameters in its path", name);
    else if (!route_path_has_same_names(route->path, source->path))
        field_error(reader, "path", "has not the {name}s of the path of %s in its order", name);
    else
        take_over(route, source);
}

void
config_routes_link(const struct yaml_document *document, struct config *config,
                   struct config_report *report)
{
    const struct raw_config *raw = document->raw;
    struct field_reader reader = {.document = document, .report = report};

    for (uint32_t i = 0; raw != NULL && i < raw->routes_count; i++) {
        snprintf(reader.path, sizeof reader.path, "routes[%u]", i);
        if (config_route_has_source(&raw->routes[i]))
            link_route(&reader, config, &raw->routes[i], &config->routes[i]);
    }
}
