/* config_origin.c - remembers which file or variable an option's value came from. */
#include "config/config_origin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static char *
copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = config_allocate(size, 1);

    memcpy(copy, text, size);
    return copy;
}

struct config_origins *
config_origins_create(const char *yaml_name)
{
    struct config_origins *origins =
        config_allocate(1, sizeof *origins + option_row_count * sizeof origins->options[0]);

    origins->yaml_name = copy_text(yaml_name);
    origins->routes_name = copy_text(yaml_name);
    origins->warming_name = copy_text(yaml_name);
    return origins;
}

void
config_origins_destroy(struct config_origins **origins)
{
    if (*origins == NULL)
        return;
    free((*origins)->yaml_name);
    free((*origins)->routes_name);
    free((*origins)->warming_name);
    free(*origins);
    *origins = NULL;
}

size_t
config_option_find(const char *path)
{
    char known[CONFIG_SHOWN_SIZE];

    for (size_t i = 0; i < option_row_count; i++) {
        config_option_path(&option_rows[i], known, sizeof known);
        if (strcmp(known, path) == 0)
            return i;
    }
    assert(false);
    return 0;
}

struct config_place
config_origin_place(const struct config *config, size_t row)
{
    struct config_place place = config->origins->options[row];

    if (place.file == NULL)
        place.file = config->origins->yaml_name;
    return place;
}

void
config_option_path(const struct option_row *row, char *path, size_t size)
{
    snprintf(path, size, "%s.%s", row->section, row->name);
}
