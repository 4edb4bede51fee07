/* admin.h - the admin listener: its table of routes, and the handlers of /metrics, /admin/api-keys and /admin/cache. */
#pragma once

#include <stdio.h>

#include "exchange.h"
#include "openapi/openapi.h"

/* Finds the admin route; everything below /admin/ needs the admin token. */
void admin_handle(struct exchange *exchange);
/* The same for the metrics listener: its few routes, and no other. */
void admin_handle_metrics(struct exchange *exchange);
/* Fills own with the routes of the listener, for the OpenAPI document, and returns how many. */
#define ADMIN_ROUTES_MAX 64
size_t admin_routes_list(struct openapi_own own[ADMIN_ROUTES_MAX]);

/* All metrics as Prometheus text exposition 0.0.4. False: no memory. */
bool metrics_text_write(struct gateway *gateway, FILE *out);

void admin_keys_create(struct exchange *exchange);
void admin_keys_list(struct exchange *exchange);
/* Of the key whose id stands in the path. */
void admin_keys_show(struct exchange *exchange);
void admin_keys_update(struct exchange *exchange);
void admin_keys_rotate(struct exchange *exchange);
void admin_keys_delete(struct exchange *exchange);

void admin_cache_clear(struct exchange *exchange);
void admin_cache_stats(struct exchange *exchange);
