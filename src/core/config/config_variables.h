/* config_variables.h - replaces the variables in all values of a YAML document. */
#pragma once

#include <stdbool.h>

#include "config/config_env.h"
#include "config/config_report.h"
#include "config/config_yaml.h"

/* layers: count of them, later ones win. A variable that holds a secret (as the option table says) may stand only in the value of a
 * secret, or of server.database_url. False: errors went to report, and the document should not be used. */
bool config_variables_replace(struct yaml_document *document, const struct variables *const *layers,
                              size_t count, struct config_report *report);
