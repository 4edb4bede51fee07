/* config_yaml.h - a YAML text as raw texts with the lines they stand in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/config_lines.h"
#include "config/config_report.h"
#include "config/config_schema.h"

struct yaml_document {
    const char *name;       /* borrowed; the file in errors */
    struct raw_config *raw; /* owned; NULL: nothing was read */
    struct config_lines lines;
};

/* Fills *document, which the caller ends with config_yaml_fini; errors go to report. */
void config_yaml_read(struct yaml_document *document, const char *name, const char *yaml,
                      size_t yaml_size, struct config_report *report);
void config_yaml_fini(struct yaml_document *document);

struct config_place config_yaml_place(const struct yaml_document *document, const char *path);
