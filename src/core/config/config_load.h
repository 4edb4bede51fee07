/* config_load.h - one configuration from all of its sources; config_load and config_parse of config.h stand on it. */
#pragma once

#include <stddef.h>

#include "config.h"
#include "settings/config_env.h"
#include "settings/config_report.h"

/* The file name of the embedded YAML. */
#define CONFIG_BUILT_IN_NAME "rentcache.yaml (built in)"

/* Borrowed; later layers win over earlier ones. */
struct config_sources {
    const char *yaml_name;
    const char *yaml;
    size_t yaml_size;
    const struct variables *layers[2]; /* .env, environment; NULL: none */
};

/* NULL when the sources or report hold an error. Caller owns the result. */
struct config *config_build(const struct config_sources *sources, struct config_report *report);
