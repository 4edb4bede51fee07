/* config_routes.c - reads routes and their parameters: fields by their table, then what one field needs of another.
 *
 * A route may live off the entries of another one: derived_from gives a member of its responses, bulk_of many of them at
 * once. Such a route is linked to its source once all routes are read. */
#include "config/config_routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "config/config_route_check.h"
#include "settings/config_value.h"

enum { TEXT_LENGTH_DEFAULT = 256, TEXT_LENGTH_MOST = 1024, DIGITS_MOST = 64 };
enum { UNKNOWN_COUNT_DEFAULT = 16, UNKNOWN_BYTES_DEFAULT = 2048 };

static bool
is_numeric(enum parameter_type type)
{
    return type == PARAMETER_INTEGER || type == PARAMETER_NUMBER;
}

static bool
has_values(enum parameter_type type)
{
    return type == PARAMETER_CHOICE || type == PARAMETER_CHOICES;
}

static bool
has_length(enum parameter_type type)
{
    return type == PARAMETER_TEXT || type == PARAMETER_DIGITS;
}

static void
check_bounds(const struct field_reader *fields, const struct parameter_config *parameter)
{
    if (parameter->least > parameter->most)
        field_error(fields, "least", "is above most");
    if (parameter->type == PARAMETER_INTEGER &&
        ((double)(int64_t)parameter->least != parameter->least ||
         (double)(int64_t)parameter->most != parameter->most))
        field_error(fields, field_is_there(fields, "least") ? "least" : "most",
                    "is not a whole number, as an integer's bounds must be");
}

static void
read_length(const struct field_reader *fields, struct parameter_config *parameter)
{
    bool is_digits = parameter->type == PARAMETER_DIGITS;
    const char *text = field_text(fields, "max_length");
    char why[CONFIG_WHY_SIZE];

    parameter->max_length = TEXT_LENGTH_DEFAULT;
    if (is_digits && text == NULL)
        field_error(fields, "max_length", "is missing, expected the number of digits");
    if (text != NULL && !config_value_int(text, 1, is_digits ? DIGITS_MOST : TEXT_LENGTH_MOST,
                                          &parameter->max_length, why))
        field_error(fields, "max_length", "%s", why);
}

static void
check_values(const struct field_reader *fields, const struct parameter_config *parameter)
{
    char value[sizeof parameter->values];

    if (!field_is_there(fields, "values")) {
        field_error(fields, "values", "is missing, expected values separated by |");
        return;
    }
    for (const char *at = parameter->values;; at++) {
        size_t size = strcspn(at, "|");

        snprintf(value, sizeof value, "%.*s", (int)size, at);
        if (size == 0)
            field_error(fields, "values", "contains an empty value");
        else if (at[size] == '|' && config_choice_find(at + size + 1, value) >= 0)
            field_error(fields, "values", "contains %s twice", value);
        at += size;
        if (*at == '\0')
            return;
    }
}

static bool
is_digits_of(const char *text, int64_t count)
{
    return (int64_t)strlen(text) == count && strspn(text, "0123456789") == (size_t)count;
}

/* What is wrong with a default, in *why; true: nothing. */
static bool
is_right_default(const struct parameter_config *parameter, char why[CONFIG_WHY_SIZE])
{
    const char *text = parameter->default_text;
    int64_t whole;
    double number;
    bool flag;

    snprintf(why, CONFIG_WHY_SIZE, "%s is not a valid value of this parameter", text);
    switch (parameter->type) {
    case PARAMETER_TEXT:
        return (int64_t)strlen(text) <= parameter->max_length;
    case PARAMETER_INTEGER:
        return config_value_int(text, (int64_t)parameter->least, (int64_t)parameter->most, &whole,
                                why);
    case PARAMETER_NUMBER:
        return config_value_number(text, &number, why) && number >= parameter->least &&
               number <= parameter->most;
    case PARAMETER_FLAG:
        return config_value_flag(text, &flag, why);
    case PARAMETER_CHOICE:
        return config_choice_find(parameter->values, text) >= 0;
    case PARAMETER_DIGITS:
        return is_digits_of(text, parameter->max_length);
    default:
        snprintf(why, CONFIG_WHY_SIZE, "a parameter of this type takes no default");
        return false;
    }
}

static void
check_default(const struct field_reader *fields, const struct parameter_config *parameter)
{
    char why[CONFIG_WHY_SIZE];

    if (parameter->default_text[0] == '\0')
        return;
    if (parameter->in_path || parameter->required)
        field_error(fields, "default", "is not allowed for a required parameter");
    else if (!is_right_default(parameter, why))
        field_error(fields, "default", "%s", why);
}

/* Fields that this type does not know. */
static void
refuse_fields_of_other_types(const struct field_reader *fields, enum parameter_type type)
{
    const struct {
        const char *key;
        bool is_taken;
    } of_types[] = {
        {"least", is_numeric(type)},
        {"most", is_numeric(type)},
        {"values", has_values(type)},
        {"max_length", has_length(type)},
    };

    for (size_t i = 0; i < COUNT(of_types); i++) {
        if (!of_types[i].is_taken && field_is_there(fields, of_types[i].key))
            field_error(fields, of_types[i].key, "is not allowed with this type");
    }
}

static void
read_parameter(const struct field_reader *fields, struct parameter_config *parameter)
{
    int64_t count_before = fields->reader->report->count;

    parameter->least = -CONFIG_NUMBER_MOST;
    parameter->most = CONFIG_NUMBER_MOST;
    config_read_mapping(fields->reader, &config_parameter_table, fields->node, parameter, NULL);
    if (!field_is_there(fields, "name"))
        field_error(fields, "name", "is missing");
    if (!field_is_there(fields, "type"))
        field_error(fields, "type", "is missing, expected one of %s", PARAMETER_TYPE_NAMES);
    parameter->required |= parameter->in_path;
    if (fields->reader->report->count != count_before)
        return;
    refuse_fields_of_other_types(fields, parameter->type);
    if (is_numeric(parameter->type))
        check_bounds(fields, parameter);
    if (has_length(parameter->type))
        read_length(fields, parameter);
    if (has_values(parameter->type))
        check_values(fields, parameter);
    if (fields->reader->report->count == count_before)
        check_default(fields, parameter);
}

static void
read_parameters(const struct field_reader *fields, struct route_config *route)
{
    const struct config_node *sequence = config_node_find(fields->node, "parameters");
    struct config_node *entry;

    if (sequence == NULL || sequence->kind != NODE_SEQUENCE)
        return;
    route->parameter_count = config_read_count(fields->reader, sequence, ROUTE_PARAMETERS_MAX);
    route->parameters = config_allocate((size_t)route->parameter_count, sizeof *route->parameters);
    entry = sequence->first;
    for (int64_t i = 0; i < route->parameter_count; i++, entry = entry->next) {
        struct field_reader inner = {.reader = fields->reader, .node = entry};

        if (config_read_is(fields->reader, entry, NODE_MAPPING))
            read_parameter(&inner, &route->parameters[i]);
    }
}

/* Takes the next item of a list separated by commas, without the blanks around it. False: the list is over. */
static bool
next_item(const char **list, struct bytes *item)
{
    size_t size;

    if (*list == NULL)
        return false;
    *list += strspn(*list, " ");
    size = strcspn(*list, ",");
    *item = bytes_of(*list, size);
    while (item->size > 0 && item->data[item->size - 1] == ' ')
        item->size--;
    *list = (*list)[size] == ',' ? *list + size + 1 : NULL;
    return true;
}

static void
read_aliases(const struct field_reader *fields, struct route_config *route)
{
    const char *text = field_text(fields, "aliases");
    struct bytes alias;

    while (next_item(&text, &alias)) {
        if (route->alias_count == ROUTE_ALIASES_MAX) {
            field_error(fields, "aliases", "has more than %d paths", ROUTE_ALIASES_MAX);
            return;
        }
        if (!bytes_copy_text(alias, route->aliases[route->alias_count], sizeof *route->aliases)) {
            field_error(fields, "aliases", "%zu bytes of one path are too many, at most %zu fit",
                        alias.size, sizeof *route->aliases - 1);
            return;
        }
        route->alias_count++;
    }
}

/* The index of a parameter of the query; -1: it is none. */
static int64_t
find_in_query(const struct route_config *route, struct bytes name)
{
    for (int64_t i = 0; i < route->parameter_count; i++) {
        if (bytes_equal_text(name, route->parameters[i].name))
            return route->parameters[i].in_path ? -1 : i;
    }
    return -1;
}

static bool
is_part(const struct route_join *join, int64_t index)
{
    for (int64_t i = 0; i < join->part_count; i++) {
        if (join->parts[i] == index)
            return true;
    }
    return false;
}

/* What forbids the parameter to be a part; NULL: nothing. */
static const char *
why_no_part(const struct route_config *route, int64_t index)
{
    const struct parameter_config *parameter = &route->parameters[index];

    if (index == route->join.target || is_part(&route->join, index))
        return "is listed twice";
    if (parameter->required || parameter->default_text[0] != '\0' || parameter->selects)
        return "is required, selects or has a default: a part may be absent";
    return NULL;
}

static bool
read_part(const struct field_reader *fields, struct bytes name, struct route_config *route)
{
    struct route_join *join = &route->join;
    int64_t index = find_in_query(route, name);
    const char *why = index >= 0 ? why_no_part(route, index) : "is not a query parameter";

    if (why == NULL && join->part_count == ROUTE_JOIN_MAX)
        why = "is one part too many";
    if (why != NULL) {
        field_error(fields, "join", "\"%.*s\" %s", BYTES_ARG(name), why);
        return false;
    }
    join->parts[join->part_count++] = index;
    return true;
}

static void
read_join(const struct field_reader *fields, struct route_config *route)
{
    const char *text = field_text(fields, "join");
    const char *colon = text != NULL ? strchr(text, ':') : NULL;
    struct bytes name;

    if (text == NULL)
        return;
    if (colon != NULL)
        route->join.target = find_in_query(route, bytes_of(text, (size_t)(colon - text)));
    if (colon == NULL || route->join.target < 0 ||
        route->parameters[route->join.target].type != PARAMETER_TEXT) {
        field_error(fields, "join", "does not begin with a text of the query and \":\"");
        return;
    }
    text = colon + 1;
    while (next_item(&text, &name) && read_part(fields, name, route))
        continue;
}

/* The field that names the source; NULL: the route has entries of its own. */
static const char *
source_key(const struct field_reader *fields)
{
    if (field_is_there(fields, "bulk_of"))
        return "bulk_of";
    return field_is_there(fields, "derived_from") ? "derived_from" : NULL;
}

bool
config_route_says_itself(const char *key)
{
    static const char own_fields[] =
        "name|endpoint|method|path|kind|aliases|rate|derived_from|member|bulk_of";

    return config_choice_find(own_fields, key) >= 0;
}

static void
refuse_fields_of_source(const struct field_reader *fields, const char *key)
{
    for (const struct config_node *node = fields->node->first; node != NULL; node = node->next) {
        bool is_list = node->kind != NODE_TEXT;

        if (!config_route_says_itself(node->key) && (!is_list || node->first != NULL))
            field_error(fields, node->key, "is not allowed with %s: %s that route's", key,
                        is_list ? "they are" : "it is");
    }
}

static void
check_unknown(const struct field_reader *fields, const struct route_config *route)
{
    static const char *const bounds[] = {"unknown_parameters_max", "unknown_parameters_bytes"};

    for (size_t i = 0; i < COUNT(bounds); i++)
        if (route->unknown_parameters != ROUTE_UNKNOWN_FORWARD && field_is_there(fields, bounds[i]))
            field_error(fields, bounds[i], "stands without unknown_parameters: forward");
}

static void
check_member(const struct field_reader *fields, const struct route_config *route)
{
    bool is_derived = field_is_there(fields, "derived_from");

    if (is_derived && !config_route_is_name(route->member))
        field_error(fields, "member", "must consist of letters, digits, -, . and _");
    if (!is_derived && field_is_there(fields, "member"))
        field_error(fields, "member", "is only allowed with derived_from");
}

static void
check_source(const struct field_reader *fields, struct route_config *route)
{
    const char *key = source_key(fields);

    route->is_bulk = field_is_there(fields, "bulk_of");
    check_member(fields, route);
    if (route->is_bulk && field_is_there(fields, "derived_from"))
        field_error(fields, "bulk_of", "is not allowed with derived_from");
    if (strcmp(route->method, route->is_bulk ? "POST" : "GET") != 0)
        field_error(fields, "method", "is not %s, %s bulk_of", route->is_bulk ? "POST" : "GET",
                    route->is_bulk ? "with" : "without");
    if (key != NULL)
        refuse_fields_of_source(fields, key);
    else if (!field_is_there(fields, "upstream_path"))
        field_error(fields, "upstream_path", "is missing");
}

static void
read_route(const struct field_reader *fields, struct route_config *route)
{
    const struct config_report *report = fields->reader->report;
    int64_t count_before = report->count;

    route->line = fields->node->line;
    route->ttl_s = -1;
    route->unknown_parameters_max = UNKNOWN_COUNT_DEFAULT;
    route->unknown_parameters_bytes = UNKNOWN_BYTES_DEFAULT;
    memcpy(route->method, "GET", sizeof "GET");
    config_read_mapping(fields->reader, &config_route_table, fields->node, route, NULL);
    if (!field_is_there(fields, "name"))
        field_error(fields, "name", "is missing");
    if (!field_is_there(fields, "path"))
        field_error(fields, "path", "is missing");
    if (!field_is_there(fields, "endpoint"))
        memcpy(route->endpoint, route->name, sizeof route->endpoint);
    route->has_rate = field_is_there(fields, "rate");
    route->has_share = field_is_there(fields, "share");
    route->has_credential = field_is_there(fields, "credential");
    read_parameters(fields, route);
    read_aliases(fields, route);
    check_source(fields, route);
    check_unknown(fields, route);
    if (report->count == count_before)
        read_join(fields, route);
    if (report->count == count_before)
        config_route_check(fields, route);
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
    route->unknown_parameters = source->unknown_parameters;
    route->unknown_parameters_max = source->unknown_parameters_max;
    route->unknown_parameters_bytes = source->unknown_parameters_bytes;
    route->share = source->share;
    route->has_share = source->has_share;
    route->credential = source->credential;
    route->has_credential = source->has_credential;
}

static void
link_route(const struct field_reader *fields, const struct config *config,
           struct route_config *route)
{
    const char *key = source_key(fields);
    const char *name = key != NULL ? field_text(fields, key) : NULL;
    const struct route_config *source = name != NULL ? config_route(config, name) : NULL;

    if (key == NULL)
        return;
    if (source == NULL)
        field_error(fields, key, "%s is not the name of a route", name);
    else if (source->is_bulk || source->member[0] != '\0')
        field_error(fields, key, "%s has no entries of its own", name);
    else if (route->is_bulk && strchr(source->path, '{') != NULL)
        field_error(fields, key, "%s has parameters in its path", name);
    else if (!config_route_has_same_names(route->path, source->path))
        field_error(fields, "path", "must have the {name}s of the path of %s in the same order",
                    name);
    else
        take_over(route, source);
}

static void
link_routes(struct field_reader fields, const struct config_node *routes, struct config *config)
{
    fields.node = routes->first;
    for (int64_t i = 0; i < config->route_count; i++, fields.node = fields.node->next)
        link_route(&fields, config, &config->routes[i]);
}

static void
check_pairs(struct field_reader fields, const struct config_node *routes,
            const struct config *config)
{
    fields.node = routes->first;
    for (int64_t i = 0; i < config->route_count && !config_report_is_full(fields.reader->report);
         i++, fields.node = fields.node->next) {
        for (int64_t earlier = 0; earlier < i; earlier++)
            config_route_check_pair(&fields, &config->routes[i], &config->routes[earlier]);
    }
}

void
config_routes_read(const struct config_reader *reader, const struct config_node *routes,
                   struct config *config)
{
    struct field_reader fields = {.reader = reader};
    int64_t count_before = reader->report->count;
    int64_t count = config_read_count(reader, routes, ROUTES_MOST);
    struct config_node *entry = routes->first;

    config_routes_free(config);
    config->routes = config_allocate((size_t)count, sizeof *config->routes);
    for (; config->route_count < count && !config_report_is_full(reader->report);
         entry = entry->next) {
        struct route_config *route = &config->routes[config->route_count++];

        fields.node = entry;
        if (config_read_is(reader, entry, NODE_MAPPING))
            read_route(&fields, route);
    }
    if (reader->report->count == count_before)
        link_routes(fields, routes, config);
    if (reader->report->count == count_before)
        check_pairs(fields, routes, config);
}

void
config_routes_free(struct config *config)
{
    for (int64_t i = 0; i < config->route_count; i++)
        free(config->routes[i].parameters);
    free(config->routes);
    config->routes = NULL;
    config->route_count = 0;
}
