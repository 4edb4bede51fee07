/* config_walk.h - reads the shape of a YAML text with libyaml: errors of structure, lines of
 * values.
 *
 * libcyaml ends at the first error and tells lines only for that one. This pass, along the same
 * schema, reports all unknown and doubled keys and wrong kinds, and remembers the line of each
 * value. */
#pragma once

#include <cyaml/cyaml.h>
#include <stddef.h>

#include "config/config_lines.h"
#include "config/config_report.h"

/* Fills *lines, which the caller ends with config_lines_fini; name is shown as the file. */
void config_walk(struct config_lines *lines, const char *name, const char *yaml, size_t yaml_size,
                 const cyaml_schema_value_t *schema, struct config_report *report);
