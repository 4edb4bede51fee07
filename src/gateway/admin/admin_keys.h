/* admin_keys.h - the routes of /admin/api-keys. */
#pragma once

#include "exchange.h"

void admin_keys_create(struct exchange *exchange);
void admin_keys_list(struct exchange *exchange);
/* Of the key whose id stands in the path. */
void admin_keys_show(struct exchange *exchange);
void admin_keys_update(struct exchange *exchange);
void admin_keys_rotate(struct exchange *exchange);
void admin_keys_delete(struct exchange *exchange);
