/* openapi.h - the OpenAPI 3.1 document: the static part of web/openapi.json, and what the configuration's routes and the
 * table of statuses say. Pure; made once at the start. */
#pragma once

#include <stddef.h>

#include "config.h"

/* A route of our own, as the table of the admin listener has it. {id} in a path is a parameter. */
struct openapi_own {
    const char *method;
    const char *path;
};

/* JSON text, the caller frees it; NULL: no memory. Every own route is in it, and no other one: the static part only
 * says more about them. */
char *openapi_make(const struct config *config, const struct openapi_own *own, size_t own_count);
