/* config_routes.c - converts the raw routes and parameters of a YAML document. */
#include "config/config_routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "config/config_fields.h"
#include "config/config_value.h"

enum {
    SECONDS_MOST = 31536000,
    NEGATIVE_SECONDS_MOST = 86400,
    TEXT_LENGTH_DEFAULT = 256,
    TEXT_LENGTH_MOST = 1024,
    DIGITS_MOST = 64,
    DOLLARS_MOST = 1000000,
};

static const char type_names[] = ""
#define TYPE_NAME(name, text) text "|"
    PARAMETER_TYPES(TYPE_NAME)
#undef TYPE_NAME
    ;

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
read_type(const struct field_reader *reader, const struct raw_parameter *raw,
          struct parameter_config *parameter)
{
    char names[sizeof type_names];
    int type = PARAMETER_TEXT;

    snprintf(names, sizeof names, "%.*s", (int)sizeof type_names - 2, type_names);
    if (raw->type == NULL)
        field_error(reader, "type", "is absent, expected one of %s", names);
    field_choice(reader, "type", raw->type, names, &type);
    parameter->type = (enum parameter_type)type;
}

static void
read_bounds(const struct field_reader *reader, const struct raw_parameter *raw,
            struct parameter_config *parameter)
{
    parameter->least = -CONFIG_NUMBER_MOST;
    parameter->most = CONFIG_NUMBER_MOST;
    field_number(reader, "least", raw->least, &parameter->least);
    field_number(reader, "most", raw->most, &parameter->most);
    if (parameter->least > parameter->most)
        field_error(reader, "least", "is above most");
    if (parameter->type == PARAMETER_INTEGER &&
        ((double)(int64_t)parameter->least != parameter->least ||
         (double)(int64_t)parameter->most != parameter->most))
        field_error(reader, raw->least != NULL ? "least" : "most",
                    "is not a whole number, as an integer's bounds must be");
}

static void
read_length(const struct field_reader *reader, const struct raw_parameter *raw,
            struct parameter_config *parameter)
{
    bool is_digits = parameter->type == PARAMETER_DIGITS;

    parameter->max_length = TEXT_LENGTH_DEFAULT;
    if (is_digits && raw->max_length == NULL)
        field_error(reader, "max_length", "is absent, expected the number of digits");
    field_int(reader, "max_length", raw->max_length, 1, is_digits ? DIGITS_MOST : TEXT_LENGTH_MOST,
              &parameter->max_length);
}

static void
read_values(const struct field_reader *reader, const struct raw_parameter *raw,
            struct parameter_config *parameter)
{
    char value[sizeof parameter->values];

    if (raw->values == NULL)
        field_error(reader, "values", "is absent, expected values separated by |");
    field_text(reader, "values", raw->values, parameter->values, sizeof parameter->values);
    for (const char *at = parameter->values; raw->values != NULL; at++) {
        size_t size = strcspn(at, "|");

        snprintf(value, sizeof value, "%.*s", (int)size, at);
        if (size == 0)
            field_error(reader, "values", "holds an empty value");
        else if (at[size] == '|' && choice_find(at + size + 1, value) >= 0)
            field_error(reader, "values", "holds %s twice", value);
        at += size;
        if (*at == '\0')
            break;
    }
}

static bool
is_digits_of(const char *text, int64_t count)
{
    return (int64_t)strlen(text) == count && strspn(text, "0123456789") == (size_t)count;
}

/* What is wrong with a default, in *why; true: nothing. */
static bool
check_default(const struct parameter_config *parameter, char why[CONFIG_WHY_SIZE])
{
    const char *text = parameter->default_text;
    int64_t whole;
    double number;
    bool flag;

    snprintf(why, CONFIG_WHY_SIZE, "%s is no value of this parameter", text);
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
        return choice_find(parameter->values, text) >= 0;
    case PARAMETER_DIGITS:
        return is_digits_of(text, parameter->max_length);
    default:
        snprintf(why, CONFIG_WHY_SIZE, "a parameter of this type takes no default");
        return false;
    }
}

static void
read_default(const struct field_reader *reader, const struct raw_parameter *raw,
             struct parameter_config *parameter)
{
    char why[CONFIG_WHY_SIZE];

    field_text(reader, "default", raw->default_text, parameter->default_text,
               sizeof parameter->default_text);
    if (raw->default_text == NULL || parameter->default_text[0] == '\0')
        return;
    if (parameter->in_path || parameter->required)
        field_error(reader, "default", "stands with a parameter that is required");
    else if (!check_default(parameter, why))
        field_error(reader, "default", "%s", why);
}

/* Fields that this type does not know. */
static void
refuse_others(const struct field_reader *reader, const struct raw_parameter *raw,
              enum parameter_type type)
{
    static const char reason[] = "stands with a type that does not take it";

    if (!is_numeric(type) && raw->least != NULL)
        field_error(reader, "least", "%s", reason);
    if (!is_numeric(type) && raw->most != NULL)
        field_error(reader, "most", "%s", reason);
    if (!has_values(type) && raw->values != NULL)
        field_error(reader, "values", "%s", reason);
    if (!has_length(type) && raw->max_length != NULL)
        field_error(reader, "max_length", "%s", reason);
}

static void
read_parameter(const struct field_reader *reader, const struct raw_parameter *raw,
               struct parameter_config *parameter)
{
    int64_t count_before = reader->report->count;

    if (raw->name == NULL)
        field_error(reader, "name", "is absent");
    field_text(reader, "name", raw->name, parameter->name, sizeof parameter->name);
    field_text(reader, "upstream_name", raw->upstream_name, parameter->upstream_name,
               sizeof parameter->upstream_name);
    field_flag(reader, "in_path", raw->in_path, &parameter->in_path);
    field_flag(reader, "required", raw->required, &parameter->required);
    field_flag(reader, "selects", raw->selects, &parameter->selects);
    parameter->required |= parameter->in_path;
    read_type(reader, raw, parameter);
    if (reader->report->count != count_before)
        return;
    refuse_others(reader, raw, parameter->type);
    if (is_numeric(parameter->type))
        read_bounds(reader, raw, parameter);
    if (has_length(parameter->type))
        read_length(reader, raw, parameter);
    if (has_values(parameter->type))
        read_values(reader, raw, parameter);
    if (reader->report->count == count_before)
        read_default(reader, raw, parameter);
}

static void
read_parameters(const struct field_reader *reader, const struct raw_route *raw,
                struct route_config *route)
{
    struct field_reader inner = *reader;

    route->parameters = config_allocate(raw->parameters_count, sizeof *route->parameters);
    route->parameter_count = raw->parameters_count;
    for (uint32_t i = 0; i < raw->parameters_count; i++) {
        snprintf(inner.path, sizeof inner.path, "%.128s.parameters[%u]", reader->path, i);
        read_parameter(&inner, &raw->parameters[i], &route->parameters[i]);
    }
}

static void
read_names(const struct field_reader *reader, const struct raw_route *raw,
           struct route_config *route)
{
    if (raw->name == NULL)
        field_error(reader, "name", "is absent");
    if (raw->path == NULL)
        field_error(reader, "path", "is absent");
    if (raw->upstream_path == NULL && !config_route_has_source(raw))
        field_error(reader, "upstream_path", "is absent");
    field_text(reader, "name", raw->name, route->name, sizeof route->name);
    memcpy(route->endpoint, route->name, sizeof route->endpoint);
    field_text(reader, "endpoint", raw->endpoint, route->endpoint, sizeof route->endpoint);
    field_text(reader, "path", raw->path, route->path, sizeof route->path);
    field_text(reader, "upstream_path", raw->upstream_path, route->upstream_path,
               sizeof route->upstream_path);
    field_text(reader, "fallback_path", raw->fallback_path, route->fallback_path,
               sizeof route->fallback_path);
    config_route_read_aliases(reader, raw->aliases, route);
    field_text(reader, "require_one_of", raw->require_one_of, route->require_one_of,
               sizeof route->require_one_of);
    field_text(reader, "require_with", raw->require_with, route->require_with,
               sizeof route->require_with);
}

static void
read_choices(const struct field_reader *reader, const struct raw_route *raw,
             struct route_config *route)
{
    static const char *const methods[] = {"GET", "POST"};
    int method = 0;
    int kind = ROUTE_HTTP;
    int share = ROUTE_SHARE_KEY;
    int credential = ROUTE_CREDENTIAL_CONFIG;

    field_choice(reader, "method", raw->method, "GET|POST", &method);
    field_choice(reader, "kind", raw->kind, "http", &kind);
    field_choice(reader, "share", raw->share, "key|all", &share);
    field_choice(reader, "credential", raw->credential, "config|passthrough", &credential);
    snprintf(route->method, sizeof route->method, "%s", methods[method]);
    route->kind = (enum route_kind)kind;
    route->share = (enum route_share)share;
    route->has_share = raw->share != NULL;
    route->credential = (enum route_credential)credential;
    route->has_credential = raw->credential != NULL;
}

static void
read_amounts(const struct field_reader *reader, const struct raw_route *raw,
             struct route_config *route)
{
    char why[CONFIG_WHY_SIZE];

    route->ttl_s = -1;
    field_int(reader, "ttl_s", raw->ttl_s, 0, SECONDS_MOST, &route->ttl_s);
    field_int(reader, "stale_while_revalidate_s", raw->stale_while_revalidate_s, 0, SECONDS_MOST,
              &route->stale_while_revalidate_s);
    field_int(reader, "stale_if_error_s", raw->stale_if_error_s, 0, SECONDS_MOST,
              &route->stale_if_error_s);
    field_int(reader, "negative_ttl_s", raw->negative_ttl_s, 0, NEGATIVE_SECONDS_MOST,
              &route->negative_ttl_s);
    if (raw->cost_usd != NULL && !config_value_money(raw->cost_usd, &route->cost_micro_usd, why))
        field_error(reader, "cost_usd", "%s", why);
    else if (route->cost_micro_usd > DOLLARS_MOST * INT64_C(1000000))
        field_error(reader, "cost_usd", "%s is not in 0..%d", raw->cost_usd, DOLLARS_MOST);
    if (raw->rate != NULL && !config_value_rate(raw->rate, &route->rate, why))
        field_error(reader, "rate", "%s", why);
    route->has_rate = raw->rate != NULL;
}

void
config_routes_read(const struct yaml_document *document, struct config *config,
                   struct config_report *report)
{
    const struct raw_config *raw = document->raw;
    struct field_reader reader = {.document = document, .report = report};
    int64_t count_before = report->count;

    config_routes_free(config);
    config->routes = config_allocate(raw != NULL ? raw->routes_count : 0, sizeof *config->routes);
    for (uint32_t i = 0; raw != NULL && i < raw->routes_count; i++) {
        struct route_config *route = &config->routes[config->route_count++];
        int64_t count_of_route = report->count;

        snprintf(reader.path, sizeof reader.path, "routes[%u]", i);
        read_names(&reader, &raw->routes[i], route);
        read_choices(&reader, &raw->routes[i], route);
        read_amounts(&reader, &raw->routes[i], route);
        read_parameters(&reader, &raw->routes[i], route);
        config_route_read_source(&reader, &raw->routes[i], route);
        if (report->count == count_of_route)
            config_route_read_join(&reader, raw->routes[i].join, route);
        if (report->count == count_of_route)
            config_route_check(&reader, route);
    }
    if (report->count == count_before)
        config_routes_link(document, config, report);
    if (report->count == count_before)
        config_routes_check(document, config, report);
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
