/* admin_keys.h - POST and GET /admin/api-keys. */
#pragma once

#include "exchange.h"

void admin_keys_create(struct exchange *exchange);
void admin_keys_list(struct exchange *exchange);
