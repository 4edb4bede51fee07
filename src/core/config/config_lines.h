/* config_lines.h - which line of a YAML text each value stands in, by path: "routes[2].ttl_s". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH_SIZE 192

struct config_line;

struct config_lines {
    struct config_line *entries; /* owned */
    size_t count, capacity;
    bool is_empty;        /* the document holds nothing */
    bool has_routes;      /* "routes" has a value, maybe an empty sequence */
    bool has_warming;     /* the same of "warming" */
    bool is_loadable;     /* libcyaml can load it, unknown keys ignored */
    bool has_unknown_key; /* reported */
};

void config_lines_add(struct config_lines *lines, const char *path, int64_t line);
void config_lines_fini(struct config_lines *lines);

/* The line of a path ("gateway.port", "routes[2].ttl_s"), else of what holds it; 0: unknown. */
int64_t config_lines_find(const struct config_lines *lines, const char *path);
/* Looks among the entries from the first on. */
bool config_lines_has(const struct config_lines *lines, const char *path, size_t first);
