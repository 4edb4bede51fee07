/* route_table.c - a tree of path segments; children are found by hash, so that the number of routes does not matter.
 *
 * An edge is (node, segment) -> node in one open-addressed table; each node has at most one child for {name}. */
#include "routing/route_table.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"

#define SEGMENTS_MAX 32
#define NO_NODE      (-1)

struct node {
    int any_child;   /* of {name}, or NO_NODE */
    int first_route; /* index in leaves, or NO_NODE */
};

/* A route that ends at a node; several with different methods may. */
struct leaf {
    int next;
    size_t route_index;
};

struct edge {
    int parent, child; /* parent NO_NODE: free */
    struct bytes segment;
};

struct route_table {
    const struct config *config;
    struct node *nodes;
    int node_count;
    struct leaf *leaves;
    int leaf_count;
    struct edge *edges;
    size_t edge_capacity; /* a power of two, at most half full */
    size_t *limit_of_route;
    const char **limit_names;
    struct rate *limit_rates;
    size_t limit_count;
};

static size_t
hash_segment(int parent, struct bytes segment)
{
    uint64_t hash = hash_fnv1a(segment, (unsigned)parent);

    return (size_t)(hash ^ (hash >> 29));
}

static struct edge *
find_edge(const struct route_table *table, int parent, struct bytes segment)
{
    for (size_t at = hash_segment(parent, segment);; at++) {
        struct edge *edge = &table->edges[at & (table->edge_capacity - 1)];

        if (edge->parent == NO_NODE ||
            (edge->parent == parent && bytes_equal(edge->segment, segment)))
            return edge;
    }
}

static int
add_node(struct route_table *table)
{
    table->nodes[table->node_count] = (struct node){NO_NODE, NO_NODE};
    return table->node_count++;
}

/* Takes the next segment off path, which starts with "/". */
static struct bytes
take_segment(struct bytes *path)
{
    struct bytes rest = bytes_skip(*path, 1);
    const uint8_t *slash = rest.size > 0 ? memchr(rest.data, '/', rest.size) : NULL;
    size_t size = slash != NULL ? (size_t)(slash - rest.data) : rest.size;

    *path = bytes_skip(rest, size);
    return bytes_of(rest.data, size);
}

static bool
is_name(struct bytes segment)
{
    return segment.size > 2 && segment.data[0] == '{';
}

static int
child_of(struct route_table *table, int parent, struct bytes segment)
{
    struct edge *edge;

    if (is_name(segment)) {
        if (table->nodes[parent].any_child == NO_NODE) {
            int child = add_node(table);

            table->nodes[parent].any_child = child;
        }
        return table->nodes[parent].any_child;
    }
    edge = find_edge(table, parent, segment);
    if (edge->parent == NO_NODE)
        *edge = (struct edge){parent, add_node(table), segment};
    return edge->child;
}

static void
add_path(struct route_table *table, size_t route_index, const char *text)
{
    struct bytes path = bytes_of_text(text);
    int node = 0;

    while (path.size > 0)
        node = child_of(table, node, take_segment(&path));
    table->leaves[table->leaf_count] = (struct leaf){table->nodes[node].first_route, route_index};
    table->nodes[node].first_route = table->leaf_count++;
}

static void
add_route(struct route_table *table, size_t route_index)
{
    const struct route_config *route = &table->config->routes[route_index];

    add_path(table, route_index, route->path);
    for (int64_t i = 0; i < route->alias_count; i++)
        add_path(table, route_index, route->aliases[i]);
}

static void
add_limit(struct route_table *table, size_t route_index)
{
    const struct route_config *route = &table->config->routes[route_index];
    size_t at = 0;

    while (at < table->limit_count && strcmp(table->limit_names[at], route->endpoint) != 0)
        at++;
    table->limit_of_route[route_index] = at;
    if (at < table->limit_count)
        return;
    table->limit_names[at] = route->endpoint;
    table->limit_rates[at] = route->rate;
    table->limit_count++;
}

static size_t
count_slashes(const char *path)
{
    size_t count = 0;

    for (const char *c = path; *c != '\0'; c++)
        count += *c == '/';
    return count;
}

/* Of all routes with their aliases. */
static void
count_paths(const struct config *config, size_t *paths, size_t *segments)
{
    *paths = 1;
    *segments = 1;
    for (int64_t i = 0; i < config->route_count; i++) {
        const struct route_config *route = &config->routes[i];

        *paths += 1 + (size_t)route->alias_count;
        *segments += count_slashes(route->path);
        for (int64_t alias = 0; alias < route->alias_count; alias++)
            *segments += count_slashes(route->aliases[alias]);
    }
}

static bool
make_room(struct route_table *table)
{
    size_t routes = (size_t)table->config->route_count;
    size_t paths, segments;

    count_paths(table->config, &paths, &segments);
    table->edge_capacity = 16;
    while (table->edge_capacity < 2 * segments)
        table->edge_capacity *= 2;
    table->nodes = calloc(segments + 1, sizeof *table->nodes);
    table->leaves = calloc(paths, sizeof *table->leaves);
    table->edges = calloc(table->edge_capacity, sizeof *table->edges);
    table->limit_of_route = calloc(routes + 1, sizeof *table->limit_of_route);
    table->limit_names = calloc(routes + 1, sizeof *table->limit_names);
    table->limit_rates = calloc(routes + 1, sizeof *table->limit_rates);
    if (table->nodes == NULL || table->leaves == NULL || table->edges == NULL ||
        table->limit_of_route == NULL || table->limit_names == NULL || table->limit_rates == NULL)
        return false;
    for (size_t i = 0; i < table->edge_capacity; i++)
        table->edges[i].parent = NO_NODE;
    return true;
}

struct route_table *
route_table_create(const struct config *config)
{
    struct route_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return NULL;
    table->config = config;
    if (!make_room(table)) {
        route_table_destroy(&table);
        return NULL;
    }
    add_node(table);
    for (size_t i = 0; i < (size_t)config->route_count; i++) {
        add_route(table, i);
        add_limit(table, i);
    }
    return table;
}

void
route_table_destroy(struct route_table **table)
{
    if (*table == NULL)
        return;
    free((*table)->nodes);
    free((*table)->leaves);
    free((*table)->edges);
    free((*table)->limit_of_route);
    free((*table)->limit_names);
    free((*table)->limit_rates);
    free(*table);
    *table = NULL;
}

/* The node where path ends, literal segments first; values of the {name}s on the way are left in match. */
static int
find_node(const struct route_table *table, int node, struct bytes path, struct route_match *match)
{
    struct bytes segment;
    const struct edge *edge;
    int found, any;

    if (path.size == 0)
        return table->nodes[node].first_route != NO_NODE ? node : NO_NODE;
    segment = take_segment(&path);
    edge = find_edge(table, node, segment);
    found = edge->parent != NO_NODE ? find_node(table, edge->child, path, match) : NO_NODE;
    any = table->nodes[node].any_child;
    if (found != NO_NODE || any == NO_NODE || segment.size == 0 ||
        match->path_value_count == ROUTE_PATH_PARAMS_MAX)
        return found;
    match->path_values[match->path_value_count++] = segment;
    found = find_node(table, any, path, match);
    if (found == NO_NODE)
        match->path_value_count--;
    return found;
}

/* Paths deeper than any route are not walked at all. */
static bool
is_path(struct bytes path)
{
    size_t segments = 0;

    for (size_t i = 0; i < path.size; i++)
        segments += path.data[i] == '/';
    return path.size > 0 && path.data[0] == '/' && segments <= SEGMENTS_MAX;
}

static bool
takes_method(const struct route_config *route, struct bytes method)
{
    return bytes_equal_text(method, route->method) ||
           (bytes_equal_text(method, "HEAD") && strcmp(route->method, "GET") == 0);
}

void
route_table_match(const struct route_table *table, struct bytes method, struct bytes path,
                  struct route_match *match)
{
    int node;

    memset(match, 0, sizeof *match);
    node = is_path(path) ? find_node(table, 0, path, match) : NO_NODE;
    if (node == NO_NODE)
        return;
    for (int at = table->nodes[node].first_route; at != NO_NODE; at = table->leaves[at].next) {
        match->route_index = table->leaves[at].route_index;
        match->route = &table->config->routes[match->route_index];
        match->source = route_source(match->route);
        match->limit_index = table->limit_of_route[match->route_index];
        match->is_method_allowed = takes_method(match->route, method);
        if (match->is_method_allowed)
            return;
    }
}

void
route_table_allow(const struct route_table *table, struct bytes path, char *text, size_t size)
{
    struct text allowed = text_of(text, size - 1);
    struct route_match match = {0};
    int node = is_path(path) ? find_node(table, 0, path, &match) : NO_NODE;
    int at = node != NO_NODE ? table->nodes[node].first_route : NO_NODE;

    for (; at != NO_NODE; at = table->leaves[at].next) {
        const char *method = table->config->routes[table->leaves[at].route_index].method;

        text_add(&allowed, allowed.size > 0 ? ", " : "");
        text_add(&allowed, method);
        if (strcmp(method, "GET") == 0)
            text_add(&allowed, ", HEAD");
    }
    text[allowed.size] = '\0';
}

size_t
route_table_limit_count(const struct route_table *table)
{
    return table->limit_count;
}

size_t
route_table_limit_find(const struct route_table *table, const char *name)
{
    size_t at = 0;

    while (at + 1 < table->limit_count && strcmp(table->limit_names[at], name) != 0)
        at++;
    return at;
}

const char *const *
route_table_limit_names(const struct route_table *table)
{
    return (const char *const *)table->limit_names;
}

const struct rate *
route_table_limit_rates(const struct route_table *table)
{
    return table->limit_rates;
}
