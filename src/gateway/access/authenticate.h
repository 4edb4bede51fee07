/* authenticate.h - who asks: Bearer token -> SHA-256 -> key table, or the admin token. */
#pragma once

#include "exchange.h"

/* The token of the only Authorization field: "Bearer" in any case, one token68. False: none,
 * several, or malformed. */
bool authenticate_token(const struct request *request, struct bytes *token);

/* Finds the key of the request: OK fills in its id, its hash and its rights. UNAUTHORIZED: no, malformed, unknown, inactive or
 * expired key. NOT_READY: no snapshot yet. */
enum status authenticate_key(struct exchange *exchange);
/* The client's own key of the paid API, from the header that the upstream names, where its route calls with it; else empty. */
struct bytes authenticate_own_credential(const struct exchange *exchange);
/* Compares with the admin token, in constant time. */
bool authenticate_admin(const struct gateway *gateway, const struct request *request);

/* Reads ADMIN_TOKEN or DATA_DIR/admin-token, which is made (mode 0600) where there is none. */
enum status authenticate_load_admin_token(const struct config *config, uint8_t hash[32]);
