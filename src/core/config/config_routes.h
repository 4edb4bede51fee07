/* config_routes.h - the routes of a YAML document, read and checked. */
#pragma once

#include "config/config_read.h"

/* Bound of numbers that have none of their own: whole numbers beyond it have no exact form in JSON. */
#define CONFIG_NUMBER_MOST 9007199254740992.0

/* Replaces config's routes by those of a sequence; errors go to the reader's report. */
void config_routes_read(const struct config_reader *reader, const struct config_node *routes,
                        struct config *config);
void config_routes_free(struct config *config);
/* Whether a route with a source says this itself; all else is its source's, so that the two cannot drift apart. */
bool config_route_says_itself(const char *key);
