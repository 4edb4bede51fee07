/* config_lines.c - the lines of paths, in the order of the text. */
#include "config/config_lines.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_report.h"

struct config_line {
    char *path; /* owned */
    int64_t line;
};

static void
config_lines_grow(struct config_lines *lines)
{
    size_t capacity = lines->capacity > 0 ? lines->capacity * 2 : 64;
    struct config_line *entries = config_allocate(capacity, sizeof *entries);

    if (lines->count > 0)
        memcpy(entries, lines->entries, lines->count * sizeof *entries);
    free(lines->entries);
    lines->entries = entries;
    lines->capacity = capacity;
}

void
config_lines_add(struct config_lines *lines, const char *path, int64_t line)
{
    size_t size = strlen(path) + 1;
    char *copy = config_allocate(size, 1);

    memcpy(copy, path, size);
    if (lines->count == lines->capacity)
        config_lines_grow(lines);
    lines->entries[lines->count++] = (struct config_line){.path = copy, .line = line};
}

void
config_lines_fini(struct config_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->entries[i].path);
    free(lines->entries);
    *lines = (struct config_lines){.is_empty = true};
}

static const struct config_line *
find_entry(const struct config_lines *lines, const char *path, size_t size, size_t first)
{
    for (size_t i = first; i < lines->count; i++) {
        if (strncmp(lines->entries[i].path, path, size) == 0 &&
            lines->entries[i].path[size] == '\0')
            return &lines->entries[i];
    }
    return NULL;
}

bool
config_lines_has(const struct config_lines *lines, const char *path, size_t first)
{
    return find_entry(lines, path, strlen(path), first) != NULL;
}

/* Shortens the path until something is known of it. */
int64_t
config_lines_find(const struct config_lines *lines, const char *path)
{
    size_t size = strlen(path);

    while (size > 0) {
        const struct config_line *entry = find_entry(lines, path, size, 0);

        if (entry != NULL)
            return entry->line;
        do
            size--;
        while (size > 0 && path[size] != '.' && path[size] != '[');
    }
    return 0;
}
