/* warming_list.h - what is fetched at start where cache.warming says so; part of the configuration. */
#pragma once

#include <stdint.h>
#include <stdio.h>

struct config;

#define WARMING_MOST        256
#define WARMING_TARGET_SIZE 1024

/* One entry, as a client would ask for it. */
struct warming_config {
    char target[WARMING_TARGET_SIZE]; /* "/api/v1/properties?city=Austin&state=TX" */
    int64_t line;                     /* where it stands in its file; 0: unknown */
};

/* One error of a warming target, in the form of config_load's: "FILE:LINE: warming[INDEX]: why". Whether a target can be
 * asked is for the gateway to say, which knows routes and parameters. */
void config_warming_error(const struct config *config, int64_t index, const char *why,
                          FILE *errors);
