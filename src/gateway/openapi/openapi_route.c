/* openapi_route.c - a configured route as an OpenAPI operation: its parameters as JSON schemas, its body where it is a bulk
 * route, its responses. Pure. */
#include "openapi/openapi_route.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/text.h"

#define DESCRIPTION_SIZE 2048
#define BOUND_MOST       1e12 /* bounds beyond are those of the number type, not of the parameter */
#define PATTERN_SIZE     2048

static const char filter_pattern[] = "^(\\*|[0-9.]+)(:(\\*|[0-9.]+))?$|^[0-9.]+(\\|[0-9.]+)*$";
static const char days_pattern[] = "^(\\*|[0-9]+)(:(\\*|[0-9]+))?$";

static const int problem_statuses[] = {400, 401, 403, 404, 422, 429, 500, 502, 503, 504};

/* Of a body beside them. */
static const int bulk_statuses[] = {413, 415};
static const char *const bulk_headers[] = {"X-Response-Time-MS",    "X-Estimated-Cost",
                                           "X-Request-ID",          "X-RateLimit-Limit",
                                           "X-RateLimit-Remaining", "X-RateLimit-Reset"};

static const char *const response_headers[] = {
    "X-Cache-Hit",
    "X-Cache-Level",
    "X-Response-Time-MS",
    "X-Estimated-Cost",
    "X-Request-ID",
    "Age",
    "Cache-Status",
    "ETag",
    "Last-Modified",
    "Content-Encoding",
    "X-Total-Count",
    "X-Limit",
    "X-Offset",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
};

/* Every proxied route understands them; they are in web/openapi.json. */
static const char *const common_parameters[] = {"ForceRefresh", "TtlOverride", "IfNoneMatch",
                                                "IfModifiedSince"};

json_t *
openapi_reference(const char *kind, const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/%s/%s", kind, name));
}

static json_t *
number_as_json(double value)
{
    return value == floor(value) ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *
ranged_as_json(const char *type, const struct parameter_config *parameter)
{
    json_t *schema = json_pack("{s:s}", "type", type);

    if (fabs(parameter->least) < BOUND_MOST)
        json_object_set_new(schema, "minimum", number_as_json(parameter->least));
    if (fabs(parameter->most) < BOUND_MOST)
        json_object_set_new(schema, "maximum", number_as_json(parameter->most));
    return schema;
}

static json_t *
values_as_json(const char *values)
{
    json_t *list = json_array();

    for (;;) {
        size_t size = strcspn(values, "|");

        json_array_append_new(list, json_stringn(values, size));
        if (values[size] == '\0')
            return list;
        values += size + 1;
    }
}

/* ^(a|b)(\|(a|b))*$ with what means something in a pattern escaped. */
static json_t *
choices_as_json(const char *values)
{
    char one[PATTERN_SIZE / 2 - 8], whole[PATTERN_SIZE];
    size_t size = 0;

    for (; *values != '\0' && size + 2 < sizeof one; values++) {
        if (strchr("\\^$.*+?()[]{}/", *values) != NULL)
            one[size++] = '\\';
        one[size++] = *values;
    }
    one[size] = '\0';
    snprintf(whole, sizeof whole, "^(%s)(\\|(%s))*$", one, one);
    return json_pack("{s:s, s:s}", "type", "string", "pattern", whole);
}

static json_t *
digits_as_json(const struct parameter_config *parameter)
{
    char pattern[32];

    snprintf(pattern, sizeof pattern, "^[0-9]{%d}$", (int)parameter->max_length);
    return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *
type_as_json(const struct parameter_config *parameter)
{
    switch (parameter->type) {
    case PARAMETER_INTEGER:
        return ranged_as_json("integer", parameter);
    case PARAMETER_NUMBER:
        return ranged_as_json("number", parameter);
    case PARAMETER_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case PARAMETER_CHOICE:
        return json_pack("{s:s, s:o}", "type", "string", "enum", values_as_json(parameter->values));
    case PARAMETER_CHOICES:
        return choices_as_json(parameter->values);
    case PARAMETER_FILTER:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", filter_pattern);
    case PARAMETER_DAYS:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", days_pattern);
    case PARAMETER_DIGITS:
        return digits_as_json(parameter);
    case PARAMETER_TEXT:
    case PARAMETER_TYPE_COUNT:
        break;
    }
    return json_pack("{s:s, s:I}", "type", "string", "maxLength",
                     (json_int_t)parameter->max_length);
}

/* The configuration's own texts were checked when it was loaded. */
static json_t *
default_as_json(const struct parameter_config *parameter)
{
    const char *text = parameter->default_text;

    if (parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_NUMBER)
        return number_as_json(strtod(text, NULL));
    if (parameter->type == PARAMETER_FLAG)
        return json_boolean(strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0);
    return json_string(text);
}

static json_t *
parameter_schema(const struct parameter_config *parameter)
{
    json_t *schema = type_as_json(parameter);

    if (parameter->default_text[0] != '\0')
        json_object_set_new(schema, "default", default_as_json(parameter));
    return schema;
}

/* An item has the members that the single request has as parameters. */
static json_t *
item_as_schema(const struct route_config *source)
{
    json_t *properties = json_object();
    json_t *required = json_array();

    for (int64_t i = 0; i < source->parameter_count; i++) {
        const struct parameter_config *parameter = &source->parameters[i];

        json_object_set_new(properties, parameter->name, parameter_schema(parameter));
        if (parameter->required)
            json_array_append_new(required, json_string(parameter->name));
    }
    json_object_set_new(properties, "force_refresh", json_pack("{s:s}", "type", "boolean"));
    json_object_set_new(properties, "ttl_override",
                        json_pack("{s:s, s:i}", "type", "integer", "minimum", 1));
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
                     required);
}

static json_t *
bulk_body(const struct config *config, const struct route_config *source)
{
    json_t *items =
        json_pack("{s:s, s:i, s:I, s:o}", "type", "array", "minItems", 1, "maxItems",
                  (json_int_t)config->gateway.bulk_max_items, "items", item_as_schema(source));

    return json_pack("{s:b, s:{s:{s:{s:[{s:s, s:{s:O}, s:[s]}, o]}}}}", "required", 1, "content",
                     "application/json", "schema", "anyOf", "type", "object", "properties",
                     "requests", items, "required", "requests", items);
}

static json_t *
bulk_schema(const json_t *schema)
{
    json_t *data = schema != NULL ? json_deep_copy(schema) : json_true();

    json_t *results =
        json_pack("{s:s, s:{s:{s:o}}}", "type", "array", "items", "properties", "data", data);

    return json_pack("{s:[o, {s:{s:o}}]}", "allOf", openapi_reference("schemas", "BulkAnswer"),
                     "properties", "results", results);
}

/* The key of a path in x-responses: what its {name}s are called does not matter. */
static void
shorten_names(const char *path, char *shape, size_t size)
{
    size_t used = 0;

    for (bool is_name = false; *path != '\0' && used + 1 < size; path++) {
        if (*path == '}')
            is_name = false;
        if (!is_name)
            shape[used++] = *path;
        if (*path == '{')
            is_name = true;
    }
    shape[used] = '\0';
}

static json_t *
parameter_as_json(const struct parameter_config *parameter, const json_t *names)
{
    const char *meaning = json_string_value(json_object_get(names, parameter->name));
    json_t *object =
        json_pack("{s:s, s:s, s:b, s:o}", "name", parameter->name, "in",
                  parameter->in_path ? "path" : "query", "required",
                  parameter->in_path || parameter->required, "schema", parameter_schema(parameter));

    if (meaning != NULL)
        json_object_set_new(object, "description", json_string(meaning));
    return object;
}

/* Any further parameter of the query (OpenAPI 3.1, style form). */
static json_t *
unknown_as_json(const struct route_config *route)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:s, s:{s:s, s:I, s:{s:s}}}", "name", "unknown", "in",
                     "query", "style", "form", "explode", 1, "description",
                     "any other parameters, sent on as they are", "schema", "type", "object",
                     "maxProperties", (json_int_t)route->unknown_parameters_max,
                     "additionalProperties", "type", "string");
}

/* Of the route whose entries it answers from; those of a bulk request stand in its body. */
static json_t *
parameters_as_json(const struct route_config *route, const json_t *names)
{
    json_t *list = json_array();

    if (route->is_bulk)
        return list;
    route = route_source(route);
    for (int64_t i = 0; i < route->parameter_count; i++)
        json_array_append_new(list, parameter_as_json(&route->parameters[i], names));
    if (route->unknown_parameters == ROUTE_UNKNOWN_FORWARD)
        json_array_append_new(list, unknown_as_json(route));
    for (size_t i = 0; i < COUNT(common_parameters); i++)
        json_array_append_new(list, openapi_reference("parameters", common_parameters[i]));
    return list;
}

/* The paid API's response, a member of it, or many of them. The caller's. */
static json_t *
schema_of(const struct route_config *route, const json_t *response)
{
    json_t *schema = json_object_get(response, "schema");
    const char *reference = json_string_value(json_object_get(schema, "$ref"));

    if (route->is_bulk)
        return bulk_schema(schema);
    if (route->member[0] == '\0')
        return schema != NULL ? json_incref(schema) : json_true();
    if (reference == NULL)
        return json_true();
    return json_pack("{s:o}", "$ref", json_sprintf("%s/properties/%s", reference, route->member));
}

static json_t *
headers_of(const struct route_config *route)
{
    size_t count = route->is_bulk ? COUNT(bulk_headers) : COUNT(response_headers);
    const char *const *names = route->is_bulk ? bulk_headers : response_headers;
    json_t *headers = json_object();

    for (size_t i = 0; i < count; i++)
        json_object_set_new(headers, names[i], openapi_reference("headers", names[i]));
    if (!route->is_bulk && route_source(route)->unknown_parameters == ROUTE_UNKNOWN_IGNORE)
        json_object_set_new(headers, "X-Ignored-Parameters",
                            openapi_reference("headers", "X-Ignored-Parameters"));
    return headers;
}

static json_t *
response_as_json(const struct route_config *route, const json_t *response)
{
    return json_pack("{s:s, s:o, s:{s:{s:o}}}", "description", "OK", "headers", headers_of(route),
                     "content", "application/json", "schema", schema_of(route, response));
}

static void
add_problem_references(json_t *responses, const int *statuses, size_t count)
{
    char code[16], name[32];

    for (size_t i = 0; i < count; i++) {
        snprintf(code, sizeof code, "%d", statuses[i]);
        snprintf(name, sizeof name, "Problem%d", statuses[i]);
        json_object_set_new(responses, code, openapi_reference("responses", name));
    }
}

static json_t *
responses_as_json(const struct route_config *route, const json_t *response)
{
    json_t *responses = json_pack("{s:o}", "200", response_as_json(route, response));

    if (route->is_bulk)
        add_problem_references(responses, bulk_statuses, COUNT(bulk_statuses));
    else
        json_object_set_new(responses, "304", openapi_reference("responses", "NotModified"));
    add_problem_references(responses, problem_statuses, COUNT(problem_statuses));
    return responses;
}

static void
describe_needs(struct text *text, const struct route_config *route)
{
    struct bytes rules = bytes_of_text(route->require_with);

    if (route->require_one_of[0] != '\0') {
        text_add(text, " Needs one of: ");
        text_add(text, route->require_one_of);
        text_add(text, ".");
    }
    while (rules.size > 0) {
        struct bytes rule = bytes_take_until(&rules, ';');
        struct bytes name = bytes_take_until(&rule, ':');

        text_add(text, name.size > 0 && name.data[0] == ' ' ? "" : " ");
        text_add_bytes(text, name);
        text_add(text, " needs one of:");
        text_add_bytes(text, rule);
        text_add(text, ".");
    }
    for (int64_t i = 0; i < route->join.part_count; i++) {
        text_add(text, i == 0 ? " Joined into one " : ", ");
        text_add(text, i == 0 ? route->parameters[route->join.target].name : "");
        text_add(text, i == 0 ? ": " : "");
        text_add(text, route->parameters[route->join.parts[i]].name);
        text_add(text, i + 1 == route->join.part_count ? "." : "");
    }
}

static json_t *
description_of(const struct route_config *route)
{
    char buffer[DESCRIPTION_SIZE], rate_text[RATE_TEXT_SIZE];
    struct text text = text_of(buffer, sizeof buffer);
    const struct route_config *source = route_source(route);

    rate_format(&route->rate, rate_text);
    text_add(&text, "Endpoint ");
    text_add(&text, route->endpoint);
    text_add(&text, "; rate limit ");
    text_add(&text, rate_text);
    text_add(&text, " per key; estimated cost of a call $");
    text_add_usd(&text, source->cost_micro_usd);
    text_add(&text, "; ");
    if (source->ttl_s == 0) {
        text_add(&text, "never cached.");
    } else {
        text_add(&text, "TTL ");
        text_add_int(&text, source->ttl_s);
        text_add(&text, " s.");
    }
    if (source != route) {
        text_add(&text, route->is_bulk ? " Many requests in one, each as for "
                                       : " Shares its cache entries with ");
        text_add(&text, source->name);
        text_add(&text, ".");
    }
    describe_needs(&text, source);
    return json_stringn(text.data, text.size);
}

static json_t *
operation_of(const struct config *config, const struct route_config *route, const json_t *responses,
             const json_t *names)
{
    char shape[sizeof route->upstream_path];
    const json_t *response;
    const char *summary;
    json_t *operation;

    shorten_names(route_source(route)->upstream_path, shape, sizeof shape);
    response = json_object_get(responses, shape);
    summary = json_string_value(json_object_get(response, "summary"));
    if (summary == NULL || route_source(route) != route)
        summary = route->name;
    operation =
        json_pack("{s:s, s:[s], s:s, s:o, s:[{s:[]}], s:o, s:o}", "operationId", route->name,
                  "tags", "data", "summary", summary, "description", description_of(route),
                  "security", "ApiKey", "parameters", parameters_as_json(route, names), "responses",
                  responses_as_json(route, response));
    if (route->is_bulk)
        json_object_set_new(operation, "requestBody", bulk_body(config, route_source(route)));
    return operation;
}

/* operation is taken over. */
static void
add_operation(json_t *paths, const char *path, const char *method, json_t *operation)
{
    json_t *item = json_object_get(paths, path);
    char member[16];
    size_t size = 0;

    if (item == NULL) {
        json_object_set_new(paths, path, json_object());
        item = json_object_get(paths, path);
    }
    for (; method[size] != '\0' && size + 1 < sizeof member; size++)
        member[size] = (char)tolower((unsigned char)method[size]);
    member[size] = '\0';
    json_object_set_new(item, member, operation);
}

void
openapi_add_route(json_t *paths, const struct config *config, const struct route_config *route,
                  const json_t *responses, const json_t *names)
{
    json_t *operation = operation_of(config, route, responses, names);

    for (int64_t i = 0; i < route->alias_count; i++) {
        json_t *alias = json_deep_copy(operation);

        json_object_set_new(alias, "operationId",
                            json_sprintf("%s_alias_%d", route->name, (int)i + 1));
        json_object_set_new(alias, "description", json_sprintf("The same as %s.", route->path));
        add_operation(paths, route->aliases[i], route->method, alias);
    }
    add_operation(paths, route->path, route->method, operation);
}
