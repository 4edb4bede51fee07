/* config_print.c - a loaded configuration as YAML that can be loaded again, but for its secrets. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/config_routes.h"
#include "config/config_upstreams.h"
#include "settings/config_table.h"

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

/* With as few decimals as give the same number again; the reader takes no exponent. */
static void
format_number(double number, char value[VALUE_SIZE])
{
    for (int decimals = 0; decimals <= 20; decimals++) {
        snprintf(value, VALUE_SIZE, "%.*f", decimals, number);
        if (strtod(value, NULL) == number)
            return;
    }
}

/* The index-th of the choices "a|b|c". */
static struct bytes
find_choice(const char *choices, int index)
{
    struct bytes rest = bytes_of_text(choices), choice;

    do
        choice = bytes_take_until(&rest, '|');
    while (index-- > 0);
    return choice;
}

/* A member as YAML; false: it says nothing, and its row is left out. */
static bool
format_value(const struct config_row *row, const void *from, char value[VALUE_SIZE])
{
    const void *member = (const char *)from + row->offset;
    char hidden[CONFIG_TEXT_SIZE + 8];
    int64_t number = 0;

    if (row->type == CONFIG_INT || row->type == CONFIG_MONEY)
        memcpy(&number, member, sizeof number);
    switch (row->type) {
    case CONFIG_INT:
        snprintf(value, VALUE_SIZE, "%lld", (long long)number);
        return true;
    case CONFIG_MONEY:
        snprintf(value, VALUE_SIZE, "\"%lld.%06lld\"", (long long)(number / 1000000),
                 (long long)(number % 1000000));
        return true;
    case CONFIG_FLAG:
        snprintf(value, VALUE_SIZE, "%s", *(const bool *)member ? "true" : "false");
        return true;
    case CONFIG_RATE:
        rate_format(member, value);
        return true;
    case CONFIG_NUMBER:
        format_number(*(const double *)member, value);
        return true;
    case CONFIG_CHOICE:
        snprintf(value, VALUE_SIZE, "%.*s",
                 BYTES_ARG(find_choice(row->choices, *(const int *)member)));
        return true;
    case CONFIG_TEXT:
    case CONFIG_WORD:
        config_hide_password(member, hidden, sizeof hidden);
        config_print_quote(hidden, value, VALUE_SIZE);
        return *(const char *)member != '\0';
    case CONFIG_SECRET:
        snprintf(value, VALUE_SIZE, "%s", *(const char *)member != '\0' ? "(set)" : "(not set)");
        return true;
    default:
        return false;
    }
}

/* Secrets stand in a comment, so that "(set)" is never loaded as one. */
static void
print_option(const struct config *config, size_t row, FILE *out)
{
    const struct config_row *option = &option_rows[row];
    struct config_place place = {.file = "default"};
    char value[VALUE_SIZE];

    (void)format_value(option, config, value); /* of an empty text: "" */
    if (config->origins->options[row].file != NULL)
        place = config->origins->options[row];
    fprintf(out, "  %s%s: %s  # ", option->type == CONFIG_SECRET ? "# " : "", option->name, value);
    print_origin(&place, out);
    fputc('\n', out);
}

static void
print_text(FILE *out, const char *key, const char *text)
{
    char value[VALUE_SIZE];

    config_print_quote(text, value, sizeof value);
    if (text[0] != '\0')
        fprintf(out, "    %s: %s\n", key, value);
}

/* Whether a field of a parameter is set, or has a value that its type knows. */
static bool
is_shown(const struct config_row *row, const struct parameter_config *parameter)
{
    bool is_numeric = parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_NUMBER;
    double bound;

    if (row->type == CONFIG_FLAG)
        return *(const bool *)((const char *)parameter + row->offset) &&
               (row->offset != offsetof(struct parameter_config, required) || !parameter->in_path);
    if (row->type != CONFIG_NUMBER)
        return true;
    memcpy(&bound, (const char *)parameter + row->offset, sizeof bound);
    return is_numeric && bound != -CONFIG_NUMBER_MOST && bound != CONFIG_NUMBER_MOST;
}

static void
print_parameter(FILE *out, const struct parameter_config *parameter)
{
    bool has_length = parameter->type == PARAMETER_TEXT || parameter->type == PARAMETER_DIGITS;
    char value[VALUE_SIZE];

    for (size_t i = 0; i < config_parameter_table.count; i++) {
        const struct config_row *row = &config_parameter_table.rows[i];

        if (is_shown(row, parameter) && format_value(row, parameter, value))
            fprintf(out, "      %s %s: %s\n", i == 0 ? "-" : " ", row->name, value);
    }
    if (has_length)
        fprintf(out, "        max_length: %lld\n", (long long)parameter->max_length);
}

static void
print_aliases(FILE *out, const struct route_config *route)
{
    char text[ROUTE_ALIASES_MAX * sizeof *route->aliases] = "";

    for (int64_t i = 0; i < route->alias_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? "," : "",
                 route->aliases[i]);
    print_text(out, "aliases", text);
}

static void
print_join(FILE *out, const struct route_config *route)
{
    const struct route_join *join = &route->join;
    char text[(ROUTE_JOIN_MAX + 1) * sizeof route->parameters->name] = "";

    if (join->part_count == 0)
        return;
    snprintf(text, sizeof text, "%s:", route->parameters[join->target].name);
    for (int64_t i = 0; i < join->part_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? "," : "",
                 route->parameters[join->parts[i]].name);
    print_text(out, "join", text);
}

/* The option that a field was left to; NULL: it was given, or has a default of its own. */
static const char *
option_of(const struct config_row *row, const struct route_config *route)
{
    if (row->type == CONFIG_RATE && !route->has_rate)
        return "limits.per_route";
    if (row->offset == offsetof(struct route_config, credential) && !route->has_credential)
        return "the upstream's credential.use";
    return NULL;
}

/* Fields that would be refused beside what the others say. */
static bool
is_out_of_place(const struct config_row *row, const struct route_config *route)
{
    bool bounds_unknown = row->offset == offsetof(struct route_config, unknown_parameters_max) ||
                          row->offset == offsetof(struct route_config, unknown_parameters_bytes);

    return (route->source != NULL && !config_route_says_itself(row->name)) ||
           (bounds_unknown && route->unknown_parameters != ROUTE_UNKNOWN_FORWARD);
}

static void
print_fields(FILE *out, const struct route_config *route)
{
    char value[VALUE_SIZE];

    for (size_t i = 0; i < config_route_table.count; i++) {
        const struct config_row *row = &config_route_table.rows[i];
        const char *option = option_of(row, route);

        if (is_out_of_place(row, route))
            continue;
        if (format_value(row, route, value))
            fprintf(out, "  %s %s: %s%s%s\n", i == 0 ? "-" : " ", row->name, value,
                    option != NULL ? "  # " : "", option != NULL ? option : "");
    }
}

static void
print_route(FILE *out, const struct route_config *route)
{
    print_fields(out, route);
    print_aliases(out, route);
    if (route->source != NULL) {
        print_text(out, route->is_bulk ? "bulk_of" : "derived_from", route->source->name);
        return;
    }
    print_join(out, route);
    if (route->parameter_count > 0)
        fprintf(out, "    parameters:\n");
    for (int64_t i = 0; i < route->parameter_count; i++)
        print_parameter(out, &route->parameters[i]);
}

/* Secrets stand in a comment, as those of options do. */
static void
print_upstream_row(FILE *out, const char *indent, const struct config_row *row, const void *from)
{
    char value[VALUE_SIZE];

    if (format_value(row, from, value))
        fprintf(out, "%s%s%s: %s\n", indent, row->type == CONFIG_SECRET ? "# " : "", row->name,
                value);
}

static void
print_headers(FILE *out, const struct upstream_config *upstream)
{
    char name[VALUE_SIZE], value[VALUE_SIZE];

    if (upstream->header_count > 0)
        fprintf(out, "    headers:\n");
    for (int64_t i = 0; i < upstream->header_count; i++) {
        config_print_quote(upstream->headers[i].name, name, sizeof name);
        config_print_quote(upstream->headers[i].value, value, sizeof value);
        fprintf(out, "      %s: %s\n", name, value);
    }
}

/* What an entry says itself; the rest is in the section `upstream`. */
static void
print_upstream(const struct config *config, int64_t index, FILE *out)
{
    const struct upstream_config *upstream = &config->upstreams[index];

    for (size_t i = 0; i < config_upstream_table.count; i++)
        if (config_upstream_place(config, index, i)->file != NULL)
            print_upstream_row(out, i == 0 ? "  - " : "    ", &config_upstream_table.rows[i],
                               upstream);
    if (upstream->has_credential)
        fprintf(out, "    credential:\n");
    for (size_t i = 0; i < config_credential_table.count && upstream->has_credential; i++)
        print_upstream_row(out, "      ", &config_credential_table.rows[i], &upstream->credential);
    print_headers(out, upstream);
}

/* The line above a list, with where the list came from. */
static void
print_list(FILE *out, const char *key, int64_t count, const char *origin)
{
    struct config_place place = {.file = origin};

    fprintf(out, "%s:%s  # ", key, count == 0 ? " []" : "");
    print_origin(&place, out);
    fputc('\n', out);
}

static void
print_warming(const struct config *config, FILE *out)
{
    char value[3 * WARMING_TARGET_SIZE + 8];

    print_list(out, "warming", config->warming_count, config->origins->warming_name);
    for (int64_t i = 0; i < config->warming_count; i++) {
        config_print_quote(config->warming[i].target, value, sizeof value);
        fprintf(out, "  - %s\n", value);
    }
}

void
config_print(const struct config *config, FILE *out)
{
    const char *section = "";

    for (size_t i = 0; i < option_row_count; i++) {
        if (strcmp(option_rows[i].section, section) != 0) {
            section = option_rows[i].section;
            fprintf(out, "%s:\n", section);
        }
        print_option(config, i, out);
    }
    print_list(out, "upstreams", config->upstream_count, config->origins->upstreams_name);
    for (int64_t i = 0; i < config->upstream_count; i++)
        print_upstream(config, i, out);
    print_list(out, "routes", config->route_count, config->origins->routes_name);
    for (int64_t i = 0; i < config->route_count; i++)
        print_route(out, &config->routes[i]);
    print_warming(config, out);
}
