/* openapi_route.h - a configured route as an OpenAPI operation. */
#pragma once

#include <jansson.h>

#include "config.h"

/* Replaced in pieces: {"$ref": "#/components/<kind>/<name>"}. The caller's. */
json_t *openapi_reference(const char *kind, const char *name);
/* Adds the paths of a configured route. responses, names: x-responses and x-parameters of the static part. */
void openapi_add_route(json_t *paths, const struct config *config, const struct route_config *route,
                       const json_t *responses, const json_t *names);
