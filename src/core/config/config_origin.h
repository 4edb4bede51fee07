/* config_origin.h - where each option of a loaded configuration came from; struct config keeps it.
 */
#pragma once

#include <stdbool.h>

#include "config.h"
#include "config/config_report.h"

/* Owned by the configuration; option i of option_rows has options[i]. */
struct config_origins {
    char *yaml_name;               /* owned; places of options borrow it */
    char *routes_name;             /* owned; the text that the routes came from */
    char *warming_name;            /* owned; the text that the warming list came from */
    struct config_place options[]; /* file NULL: the default */
};

struct config_origins *config_origins_create(const char *yaml_name);
void config_origins_destroy(struct config_origins **origins);

/* The row of "section.name", which must exist. */
size_t config_option_find(const char *path);
/* The place of an option for an error; of a default it is the YAML file. */
struct config_place config_origin_place(const struct config *config, size_t row);
/* "section.name", at most size bytes with NUL. */
void config_option_path(const struct option_row *row, char *path, size_t size);
