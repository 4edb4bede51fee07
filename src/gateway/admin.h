/* admin.h - the admin listener's routes: /admin/..., /metrics, health. */
#pragma once

#include "exchange.h"

/* Finds the admin route; everything below /admin/ needs the admin token. */
void admin_handle(struct exchange *exchange);
