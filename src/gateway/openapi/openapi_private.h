/* openapi_private.h - the parts that the OpenAPI document is put together from. Every json_t is the caller's. */
#pragma once

#include <jansson.h>

#include "config.h"

/* Replaced in pieces: {"$ref": "#/components/<kind>/<name>"}. */
json_t *openapi_reference(const char *kind, const char *name);

/* The JSON schema of a parameter's text. */
json_t *openapi_parameter_schema(const struct parameter_config *parameter);

/* The requestBody of a bulk route, and the schema of its answer; schema: of a single answer of the source, or NULL. */
json_t *openapi_bulk_body(const struct config *config, const struct route_config *source);
json_t *openapi_bulk_schema(const json_t *schema);

/* Adds Problem400, Problem401, ... to components.responses: one for every HTTP status of the table of statuses. */
void openapi_add_problems(json_t *responses);

/* Adds the paths of a configured route. answers, names: x-answers and x-parameters of the static part. */
void openapi_add_route(json_t *paths, const struct config *config, const struct route_config *route,
                       const json_t *responses, const json_t *names);
