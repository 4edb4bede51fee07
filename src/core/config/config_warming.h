/* config_warming.h - the warming list of a YAML document. */
#pragma once

#include "config/config_yaml.h"

/* Replaces config's list by the document's; errors go to report. */
void config_warming_read(const struct yaml_document *document, struct config *config,
                         struct config_report *report);
void config_warming_free(struct config *config);
