/* client.h - the address of a request's client: the peer, or whom a trusted proxy names. */
#pragma once

#include "exchange.h"

/* family 0: unknown. Read once for every request at most, and only of trusted proxies; lives as long as the exchange. */
const struct address *client_address(struct exchange *exchange);
/* Whether the peer is a trusted proxy: its X-Forwarded headers count. */
bool client_peer_is_trusted(struct exchange *exchange);
