/* admin.h - the admin listener's routes: /admin/..., /metrics, health. */
#pragma once

#include "exchange.h"
#include "openapi/openapi.h"

/* Finds the admin route; everything below /admin/ needs the admin token. */
void admin_handle(struct exchange *exchange);
/* Fills own with the routes of the listener, for the OpenAPI document, and returns how many. */
#define ADMIN_ROUTES_MAX 64
size_t admin_routes_list(struct openapi_own own[ADMIN_ROUTES_MAX]);
