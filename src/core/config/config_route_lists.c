/* config_route_lists.c - the fields of a route that name several things: aliases, join. */
#include <string.h>

#include "base/bytes.h"
#include "config/config_fields.h"
#include "config/config_routes.h"

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

void
config_route_read_aliases(const struct field_reader *reader, const char *text,
                          struct route_config *route)
{
    struct bytes alias;

    while (next_item(&text, &alias)) {
        if (route->alias_count == ROUTE_ALIASES_MAX) {
            field_error(reader, "aliases", "holds more than %d paths", ROUTE_ALIASES_MAX);
            return;
        }
        if (!bytes_copy_text(alias, route->aliases[route->alias_count], sizeof *route->aliases)) {
            field_error(reader, "aliases", "%zu bytes of one path are too many, at most %zu fit",
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
        return "stands twice";
    if (parameter->required || parameter->default_text[0] != '\0' || parameter->selects)
        return "is required, picks or has a default: a part may be absent";
    return NULL;
}

static bool
read_part(const struct field_reader *reader, struct bytes name, struct route_config *route)
{
    struct route_join *join = &route->join;
    int64_t index = find_in_query(route, name);
    const char *why = index >= 0 ? why_no_part(route, index) : "is no parameter of the query";

    if (why == NULL && join->part_count == ROUTE_JOIN_MAX)
        why = "is one part too many";
    if (why != NULL) {
        field_error(reader, "join", "\"%.*s\" %s", BYTES_ARG(name), why);
        return false;
    }
    join->parts[join->part_count++] = index;
    return true;
}

void
config_route_read_join(const struct field_reader *reader, const char *text,
                       struct route_config *route)
{
    const char *colon = text != NULL ? strchr(text, ':') : NULL;
    struct bytes name;

    if (text == NULL)
        return;
    if (colon != NULL)
        route->join.target = find_in_query(route, bytes_of(text, (size_t)(colon - text)));
    if (colon == NULL || route->join.target < 0 ||
        route->parameters[route->join.target].type != PARAMETER_TEXT) {
        field_error(reader, "join", "does not begin with a text of the query and \":\"");
        return;
    }
    text = colon + 1;
    while (next_item(&text, &name) && read_part(reader, name, route))
        continue;
}
