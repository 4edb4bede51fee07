/* config_print.c - a loaded configuration as YAML that can be loaded again, but for its secrets. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/config_routes.h"
#include "config/config_table.h"

/* Every byte of a text may become three, behind a quote and before one and a NUL. */
enum { VALUE_SIZE = 3 * CONFIG_TEXT_SIZE + 8 };

/* YAML 1.1 takes it as it is in a double-quoted scalar, and it ends no line. */
static bool
is_printable(uint32_t code)
{
    return (code >= 0x20 && code < 0x7f) ||
           (code >= 0xa0 && code < 0xfffe && code != 0x2028 && code != 0x2029 && code != 0xfeff) ||
           code >= 0x10000;
}

/* Writes text as a double-quoted scalar. */
static void
config_print_quote(const char *text, char *buffer, size_t size)
{
    size_t left = strlen(text);
    size_t used = 0;
    uint32_t code = 0;

    buffer[used++] = '"';
    while (left > 0 && used + 8 < size) {
        size_t length = utf8_decode(text, left, &code);

        if (length == 0) {
            length = 1;
            used += (size_t)snprintf(buffer + used, size - used, "\\ufffd");
        } else if (!is_printable(code)) {
            used += (size_t)snprintf(buffer + used, size - used, "\\u%04x", (unsigned)code);
        } else {
            if (code == '"' || code == '\\')
                buffer[used++] = '\\';
            if (strncmp(text, "${", 2) == 0) /* is no variable */
                buffer[used++] = '$';
            memcpy(buffer + used, text, length);
            used += length;
        }
        text += length;
        left -= length;
    }
    buffer[used++] = '"';
    buffer[used] = '\0';
}

/* In a comment: the name of a file may hold anything. */
static void
print_origin(const struct config_place *place, FILE *out)
{
    char origin[CONFIG_TEXT_SIZE];
    char quoted[VALUE_SIZE];

    config_place_format(place, origin, sizeof origin);
    config_print_quote(origin, quoted, sizeof quoted);
    fprintf(out, "%.*s", (int)strlen(quoted) - 2, quoted + 1);
}

static void
format_option(const struct config_row *row, const struct config *config, char value[VALUE_SIZE])
{
    const void *member = (const char *)config + row->offset;
    char hidden[CONFIG_TEXT_SIZE + 8];

    switch (row->type) {
    case CONFIG_INT:
        snprintf(value, VALUE_SIZE, "%lld", (long long)*(const int64_t *)member);
        break;
    case CONFIG_FLAG:
        snprintf(value, VALUE_SIZE, "%s", *(const bool *)member ? "true" : "false");
        break;
    case CONFIG_RATE:
        rate_format(member, value);
        break;
    case CONFIG_TEXT:
        config_hide_password(member, hidden, sizeof hidden);
        config_print_quote(hidden, value, VALUE_SIZE);
        break;
    case CONFIG_SECRET:
        snprintf(value, VALUE_SIZE, "%s", *(const char *)member != '\0' ? "(set)" : "(not set)");
        break;
    default: /* no option is one */
        assert(false);
    }
}

/* Secrets stand in a comment, so that "(set)" is never loaded as one. */
static void
print_option(const struct config *config, size_t row, FILE *out)
{
    const struct config_row *option = &option_rows[row];
    struct config_place place = {.file = "default"};
    char value[VALUE_SIZE];

    format_option(option, config, value);
    if (config->origins != NULL && config->origins->options[row].file != NULL)
        place = config->origins->options[row];
    fprintf(out, "  %s%s: %s  # ", option->type == CONFIG_SECRET ? "# " : "", option->name, value);
    print_origin(&place, out);
    fputc('\n', out);
}

static void
print_text(FILE *out, const char *indent, const char *key, const char *text)
{
    char value[VALUE_SIZE];

    if (text[0] == '\0')
        return;
    config_print_quote(text, value, sizeof value);
    fprintf(out, "%s%s: %s\n", indent, key, value);
}

static void
print_int(FILE *out, const char *indent, const char *key, int64_t value)
{
    fprintf(out, "%s%s: %lld\n", indent, key, (long long)value);
}

/* With as few decimals as give the same number again; the reader takes no exponent. */
static void
print_number(FILE *out, const char *indent, const char *key, double value)
{
    char text[64];

    for (int decimals = 0; decimals <= 20; decimals++) {
        snprintf(text, sizeof text, "%.*f", decimals, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fprintf(out, "%s%s: %s\n", indent, key, text);
}

static void
print_parameter(FILE *out, const struct parameter_config *parameter)
{
#define TYPE_NAME(name, text) text,
    static const char *const types[] = {PARAMETER_TYPES(TYPE_NAME)};
#undef TYPE_NAME
    static const char indent[] = "        ";
    bool is_numeric = parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_NUMBER;
    bool has_length = parameter->type == PARAMETER_TEXT || parameter->type == PARAMETER_DIGITS;

    fprintf(out, "      - name: %s\n", parameter->name);
    fprintf(out, "%stype: %s\n", indent, types[parameter->type]);
    if (parameter->in_path)
        fprintf(out, "%sin_path: true\n", indent);
    else if (parameter->required)
        fprintf(out, "%srequired: true\n", indent);
    print_text(out, indent, "default", parameter->default_text);
    if (is_numeric && parameter->least != -CONFIG_NUMBER_MOST)
        print_number(out, indent, "least", parameter->least);
    if (is_numeric && parameter->most != CONFIG_NUMBER_MOST)
        print_number(out, indent, "most", parameter->most);
    if (has_length)
        print_int(out, indent, "max_length", parameter->max_length);
    print_text(out, indent, "values", parameter->values);
    print_text(out, indent, "upstream_name", parameter->upstream_name);
    if (parameter->selects)
        fprintf(out, "%sselects: true\n", indent);
}

static void
print_aliases(FILE *out, const char *indent, const struct route_config *route)
{
    char text[ROUTE_ALIASES_MAX * sizeof *route->aliases] = "";

    for (int64_t i = 0; i < route->alias_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? "," : "",
                 route->aliases[i]);
    print_text(out, indent, "aliases", text);
}

static void
print_join(FILE *out, const char *indent, const struct route_config *route)
{
    const struct route_join *join = &route->join;
    char text[(ROUTE_JOIN_MAX + 1) * sizeof route->parameters->name] = "";

    if (join->part_count == 0)
        return;
    snprintf(text, sizeof text, "%s:", route->parameters[join->target].name);
    for (int64_t i = 0; i < join->part_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? "," : "",
                 route->parameters[join->parts[i]].name);
    print_text(out, indent, "join", text);
}

static void
print_rate(FILE *out, const char *indent, const struct route_config *route)
{
    char rate[RATE_TEXT_SIZE];

    rate_format(&route->rate, rate);
    fprintf(out, "%srate: %s%s\n", indent, rate, route->has_rate ? "" : "  # limits.per_route");
}

/* All that a route with a source may say. */
static void
print_head(FILE *out, const char *indent, const struct route_config *route)
{
    fprintf(out, "  - name: %s\n", route->name);
    print_text(out, indent, "endpoint", route->endpoint);
    print_text(out, indent, "method", route->method);
    print_text(out, indent, "path", route->path);
    print_aliases(out, indent, route);
    if (route->source != NULL)
        print_text(out, indent, route->is_bulk ? "bulk_of" : "derived_from", route->source->name);
    print_text(out, indent, "member", route->member);
    print_rate(out, indent, route);
}

static void
print_route(FILE *out, const struct route_config *route)
{
    static const char indent[] = "    ";

    print_head(out, indent, route);
    if (route->source != NULL)
        return;
    print_text(out, indent, "upstream_path", route->upstream_path);
    print_text(out, indent, "fallback_path", route->fallback_path);
    print_int(out, indent, "ttl_s", route->ttl_s);
    print_int(out, indent, "stale_while_revalidate_s", route->stale_while_revalidate_s);
    print_int(out, indent, "stale_if_error_s", route->stale_if_error_s);
    print_int(out, indent, "negative_ttl_s", route->negative_ttl_s);
    fprintf(out, "%scost_usd: \"%lld.%06lld\"\n", indent,
            (long long)(route->cost_micro_usd / 1000000),
            (long long)(route->cost_micro_usd % 1000000));
    fprintf(out, "%sshare: %s\n", indent, route->share == ROUTE_SHARE_ALL ? "all" : "key");
    fprintf(out, "%scredential: %s%s\n", indent,
            route->credential == ROUTE_CREDENTIAL_PASSTHROUGH ? "passthrough" : "config",
            route->has_credential ? "" : "  # upstream.credential");
    print_text(out, indent, "require_one_of", route->require_one_of);
    print_text(out, indent, "require_with", route->require_with);
    print_join(out, indent, route);
    if (route->parameter_count > 0)
        fprintf(out, "%sparameters:\n", indent);
    for (int64_t i = 0; i < route->parameter_count; i++)
        print_parameter(out, &route->parameters[i]);
}

static void
print_warming(const struct config *config, FILE *out)
{
    struct config_place place = {.file = "default"};
    char value[3 * WARMING_TARGET_SIZE + 8];

    if (config->origins != NULL)
        place.file = config->origins->warming_name;
    fprintf(out, "warming:%s  # ", config->warming_count == 0 ? " []" : "");
    print_origin(&place, out);
    fputc('\n', out);
    for (int64_t i = 0; i < config->warming_count; i++) {
        config_print_quote(config->warming[i].target, value, sizeof value);
        fprintf(out, "  - %s\n", value);
    }
}

void
config_print(const struct config *config, FILE *out)
{
    struct config_place place = {.file = "default"};
    const char *section = "";

    for (size_t i = 0; i < option_row_count; i++) {
        if (strcmp(option_rows[i].section, section) != 0) {
            section = option_rows[i].section;
            fprintf(out, "%s:\n", section);
        }
        print_option(config, i, out);
    }
    if (config->origins != NULL)
        place.file = config->origins->routes_name;
    fprintf(out, "routes:%s  # ", config->route_count == 0 ? " []" : "");
    print_origin(&place, out);
    fputc('\n', out);
    for (int64_t i = 0; i < config->route_count; i++)
        print_route(out, &config->routes[i]);
    print_warming(config, out);
}
