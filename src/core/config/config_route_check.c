/* config_route_check.c - paths, names and requirements of a route, and what two routes may not share. */
#include "config/config_route_check.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-._";

/* Bytes that a path may hold as they are: pchar of RFC 3986 without "%". */
static const char path_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-._~!$&'()*+,;=:@";

/* Takes the next segment of *path, which stands at its "/"; false at the end. */
static bool
route_path_next(const char **path, struct bytes *segment)
{
    if (**path != '/')
        return false;
    *segment = bytes_of(*path + 1, strcspn(*path + 1, "/"));
    *path += 1 + segment->size;
    return true;
}

/* {name}, as a whole segment. */
static bool
route_segment_is_name(struct bytes segment)
{
    return segment.size > 2 && segment.data[0] == '{' && segment.data[segment.size - 1] == '}';
}

/* Without the braces. */
static struct bytes
route_segment_name(struct bytes segment)
{
    return bytes_of(segment.data + 1, segment.size - 2);
}

/* Plain text that a path may hold as it is, and no dot segment. */
static bool
route_segment_is_literal(struct bytes segment)
{
    for (size_t i = 0; i < segment.size; i++) {
        if (memchr(path_bytes, segment.data[i], sizeof path_bytes - 1) == NULL)
            return false;
    }
    return segment.size > 0 && !bytes_equal_text(segment, ".") && !bytes_equal_text(segment, "..");
}

static bool
route_path_has_name(const char *path, const char *name)
{
    struct bytes segment;

    while (route_path_next(&path, &segment)) {
        if (route_segment_is_name(segment) && bytes_equal_text(route_segment_name(segment), name))
            return true;
    }
    return false;
}

/* Two paths are the same when they match the same requests, whatever the {name}s are called. */
static bool
route_path_is_same(const char *a, const char *b)
{
    struct bytes segment;
    struct bytes other;

    while (route_path_next(&a, &segment)) {
        if (!route_path_next(&b, &other))
            return false;
        if (route_segment_is_name(segment) != route_segment_is_name(other) ||
            (!route_segment_is_name(segment) && !bytes_equal(segment, other)))
            return false;
    }
    return *b == '\0';
}

/* The next {name}; an empty text at the end. */
static struct bytes
next_name(const char **path)
{
    struct bytes segment;

    while (route_path_next(path, &segment)) {
        if (route_segment_is_name(segment))
            return segment;
    }
    return (struct bytes){0};
}

bool
config_route_has_same_names(const char *a, const char *b)
{
    struct bytes name, other;

    do {
        name = next_name(&a);
        other = next_name(&b);
        if (!bytes_equal(name, other))
            return false;
    } while (name.size > 0);
    return true;
}

/* Answered by the data listener itself. */
static const char *const own_paths[] = {"/livez", "/readyz", "/health"};
/* Query parameters that every route takes. */
static const char *const own_parameters[] = {"force_refresh", "ttl_override"};

static bool
is_listed(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, list[i]) == 0)
            return true;
    }
    return false;
}

static const struct parameter_config *
find_parameter(const struct route_config *route, struct bytes name)
{
    for (int64_t i = 0; i < route->parameter_count; i++) {
        if (bytes_equal_text(name, route->parameters[i].name))
            return &route->parameters[i];
    }
    return NULL;
}

/* Not linked yet. */
static bool
has_source(const struct route_config *route)
{
    return route->is_bulk || route->member[0] != '\0';
}

bool
config_route_is_name(const char *text)
{
    return text != NULL && text[0] != '\0' && text[strspn(text, name_bytes)] == '\0';
}

static void
check_segment(const struct field_reader *fields, const char *key, const struct route_config *route,
              struct bytes segment)
{
    const struct parameter_config *parameter;

    if (!route_segment_is_name(segment)) {
        if (!route_segment_is_literal(segment))
            field_error(fields, key, "segment \"%.*s\" must be plain text or a {name}",
                        BYTES_ARG(segment));
        return;
    }
    if (has_source(route)) /* the names are the source's: link_routes */
        return;
    parameter = find_parameter(route, route_segment_name(segment));
    if (parameter == NULL || !parameter->in_path)
        field_error(fields, key, "%.*s is not a parameter with in_path: true", BYTES_ARG(segment));
}

static void
check_path(const struct field_reader *fields, const char *key, const char *path,
           const struct route_config *route)
{
    const char *at = path;
    int placeholders = 0;
    struct bytes segment;

    if (path == NULL || path[0] != '/') {
        field_error(fields, key, "does not begin with /");
        return;
    }
    while (strcmp(path, "/") != 0 && route_path_next(&at, &segment)) {
        check_segment(fields, key, route, segment);
        placeholders += route_segment_is_name(segment) ? 1 : 0;
    }
    if (placeholders > ROUTE_PATH_PARAMS_MAX)
        field_error(fields, key, "has %d parameters, at most %d are read", placeholders,
                    ROUTE_PATH_PARAMS_MAX);
}

static bool
is_choice_of_two(const struct parameter_config *parameter)
{
    const char *bar = strchr(parameter->values, '|');

    return parameter->type == PARAMETER_CHOICE && bar != NULL && strchr(bar + 1, '|') == NULL;
}

static void
check_selects(const struct field_reader *fields, const struct route_config *route, int64_t index)
{
    const struct parameter_config *parameter = &route->parameters[index];

    if (!is_choice_of_two(parameter) || parameter->in_path)
        field_error(fields, "selects", "is only allowed for a choice of two values");
    if (parameter->upstream_name[0] != '\0')
        field_error(fields, "upstream_name", "is not allowed with selects, which is not sent");
    if (route->fallback_path[0] == '\0')
        field_error(fields, "selects", "requires fallback_path");
    for (int64_t i = 0; i < index; i++) {
        if (route->parameters[i].selects)
            field_error(fields, "selects", "%s already has selects", route->parameters[i].name);
    }
}

static void
check_parameter(const struct field_reader *fields, const struct route_config *route, int64_t index)
{
    const struct parameter_config *parameter = &route->parameters[index];
    struct bytes name = bytes_of_text(parameter->name);
    if (!config_route_is_name(parameter->name))
        field_error(fields, "name", "must consist of letters, digits, -, . and _");
    if (find_parameter(route, name) != parameter)
        field_error(fields, "name", "%s is defined twice", parameter->name);
    if (is_listed(parameter->name, own_parameters, COUNT(own_parameters)))
        field_error(fields, "name", "%s is a parameter of every route", parameter->name);
    if (parameter->upstream_name[0] != '\0' &&
        (parameter->in_path || !config_route_is_name(parameter->upstream_name)))
        field_error(fields, "upstream_name", "is not a valid name, or is used with in_path");
    if (parameter->in_path && (!route_path_has_name(route->path, parameter->name) ||
                               !route_path_has_name(route->upstream_path, parameter->name)))
        field_error(fields, "in_path", "{%s} is not in both path and upstream_path",
                    parameter->name);
    if (parameter->in_path && route->fallback_path[0] != '\0' &&
        !route_path_has_name(route->fallback_path, parameter->name))
        field_error(fields, "in_path", "{%s} is not in fallback_path", parameter->name);
    if (parameter->selects)
        check_selects(fields, route, index);
}

static void
check_parameters(const struct field_reader *fields, const struct route_config *route)
{
    struct field_reader inner = *fields;

    assert(route->parameters != NULL);
    inner.node = config_node_find(fields->node, "parameters")->first;
    for (int64_t i = 0; i < route->parameter_count; i++, inner.node = inner.node->next)
        check_parameter(&inner, route, i);
}

/* Checks "a, b+c", up to the end or a semicolon: every name is a parameter of the query. Blanks stand behind commas only. */
static void
check_alternatives(const struct field_reader *fields, const char *key, const char *text,
                   const struct route_config *route)
{
    for (text += strspn(text, " ");; text++) {
        struct bytes name = bytes_of(text, strcspn(text, " ,+;"));
        const struct parameter_config *parameter = find_parameter(route, name);

        if (parameter == NULL || parameter->in_path)
            field_error(fields, key, "\"%.*s\" is not a query parameter", BYTES_ARG(name));
        text += name.size;
        if (*text == '\0' || *text == ';')
            return;
        if (*text == ' ') {
            field_error(fields, key, "expected names joined by + and separated by a comma");
            return;
        }
        if (*text == ',')
            text += strspn(text + 1, " ");
    }
}

/* "a: b, c+d; e: f": what stands before a colon is one parameter. */
static void
check_needs(const struct field_reader *fields, const struct route_config *route)
{
    for (const char *text = route->require_with;; text += strspn(text, "; ")) {
        size_t size = strcspn(text, ":;");

        if (text[size] != ':' || find_parameter(route, bytes_of(text, size)) == NULL) {
            field_error(fields, "require_with", "does not begin with a parameter and \":\"");
            return;
        }
        check_alternatives(fields, "require_with", text + size + 1, route);
        text += strcspn(text, ";");
        if (*text == '\0')
            return;
    }
}

static void
check_requirements(const struct field_reader *fields, const struct route_config *route)
{
    if (route->require_one_of[0] != '\0')
        check_alternatives(fields, "require_one_of", route->require_one_of, route);
    if (route->require_with[0] != '\0')
        check_needs(fields, route);
}

/* "utm_source|utm_medium": names that the route does not take itself. */
static void
check_ignored(const struct field_reader *fields, const struct route_config *route)
{
    struct bytes names = bytes_of_text(route->ignore_parameters);
    char name[sizeof route->ignore_parameters];

    if (names.size > 0 && names.data[names.size - 1] == '|')
        field_error(fields, "ignore_parameters", "ends with |, expected names separated by |");
    while (names.size > 0) {
        struct bytes next = bytes_take_until(&names, '|');
        const struct parameter_config *parameter = find_parameter(route, next);

        bytes_copy_text(next, name, sizeof name);
        if (!config_route_is_name(name))
            field_error(fields, "ignore_parameters",
                        "\"%s\" is no name of letters, digits, -, . and _", name);
        else if (is_listed(name, own_parameters, COUNT(own_parameters)))
            field_error(fields, "ignore_parameters", "%s steers the cache", name);
        else if (parameter != NULL && !parameter->in_path)
            field_error(fields, "ignore_parameters", "%s is a parameter of this route", name);
    }
}

static void
check_alias(const struct field_reader *fields, const struct route_config *route, int64_t index)
{
    const char *alias = route->aliases[index];
    bool is_double = route_path_is_same(alias, route->path);

    check_path(fields, "aliases", alias, route);
    for (int64_t i = 0; i < index; i++)
        is_double = is_double || route_path_is_same(alias, route->aliases[i]);
    if (is_double)
        field_error(fields, "aliases", "%s is a path of this route already", alias);
    if (!config_route_has_same_names(alias, route->path))
        field_error(fields, "aliases", "%s must have the {name}s of path in the same order", alias);
    if (is_listed(alias, own_paths, COUNT(own_paths)))
        field_error(fields, "aliases", "%s is a path of the gateway itself", alias);
}

void
config_route_check(const struct field_reader *fields, const struct route_config *route)
{
    if (!config_route_is_name(route->name))
        field_error(fields, "name", "must consist of letters, digits, -, . and _");
    if (!config_route_is_name(route->endpoint) || strcmp(route->endpoint, "global") == 0)
        field_error(fields, "endpoint",
                    "is \"global\", or has other characters than letters, digits, -, . and _");
    check_path(fields, "path", route->path, route);
    if (!has_source(route))
        check_path(fields, "upstream_path", route->upstream_path, route);
    if (route->fallback_path[0] != '\0')
        check_path(fields, "fallback_path", route->fallback_path, route);
    if (is_listed(route->path, own_paths, COUNT(own_paths)))
        field_error(fields, "path", "%s is a path of the gateway itself", route->path);
    for (int64_t i = 0; i < route->alias_count; i++)
        check_alias(fields, route, i);
    if (route->parameter_count > 0)
        check_parameters(fields, route);
    check_requirements(fields, route);
    check_ignored(fields, route);
}

static bool
has_same_rate(const struct route_config *a, const struct route_config *b)
{
    return a->has_rate == b->has_rate && (!a->has_rate || (a->rate.count == b->rate.count &&
                                                           a->rate.period_ms == b->rate.period_ms));
}

static bool
has_path_parameter(const struct route_config *route, const char *name)
{
    const struct parameter_config *parameter = find_parameter(route, bytes_of_text(name));

    return parameter != NULL && parameter->in_path;
}

static bool
has_path_parameters_of(const struct route_config *route, const struct route_config *other)
{
    for (int64_t i = 0; i < other->parameter_count; i++) {
        if (other->parameters[i].in_path && !has_path_parameter(route, other->parameters[i].name))
            return false;
    }
    return true;
}

/* What tells the entries of two routes apart is in their signatures: endpoint, method, names in the path. A route that
 * lives off another one has none of its own. */
static void
check_endpoint(const struct field_reader *fields, const struct route_config *route,
               const struct route_config *earlier)
{
    if (strcmp(route->endpoint, earlier->endpoint) != 0)
        return;
    if (!has_same_rate(route, earlier))
        field_error(fields, "rate", "differs from that of route %s, which shares its endpoint",
                    earlier->name);
    if (route->source != NULL || earlier->source != NULL)
        return;
    if (strcmp(route->method, earlier->method) == 0 && has_path_parameters_of(route, earlier) &&
        has_path_parameters_of(earlier, route))
        field_error(fields, "endpoint",
                    "is also that of route %s, which has the same path parameters: "
                    "their cache keys would be equal",
                    earlier->name);
}

static bool
config_route_check_answers(const struct route_config *route, const char *path)
{
    if (route_path_is_same(route->path, path))
        return true;
    for (int64_t i = 0; i < route->alias_count; i++) {
        if (route_path_is_same(route->aliases[i], path))
            return true;
    }
    return false;
}

static void
check_paths(const struct field_reader *fields, const struct route_config *route,
            const struct route_config *earlier)
{
    if (config_route_check_answers(earlier, route->path))
        field_error(fields, "path", "%s %s is already served by route %s", route->method,
                    route->path, earlier->name);
    for (int64_t i = 0; i < route->alias_count; i++) {
        if (config_route_check_answers(earlier, route->aliases[i]))
            field_error(fields, "aliases", "%s %s is already served by route %s", route->method,
                        route->aliases[i], earlier->name);
    }
}

void
config_route_check_pair(const struct field_reader *fields, const struct route_config *route,
                        const struct route_config *earlier)
{
    if (strcmp(route->name, earlier->name) == 0)
        field_error(fields, "name", "%s is already the name of another route", route->name);
    if (strcmp(route->method, earlier->method) == 0)
        check_paths(fields, route, earlier);
    check_endpoint(fields, route, earlier);
}
