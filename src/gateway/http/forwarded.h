/* forwarded.h - who a request is from and how it came, as the proxies in front of us say. Pure.
 *
 * Only asked when the peer itself is trusted: headers of anybody else say nothing. */
#pragma once

#include <stdbool.h>

#include "base/network.h"
#include "server/request.h"

#define FORWARDED_HOPS_MAX 32 /* entries that are looked at, from the right */

/* The client: the rightmost entry of X-Forwarded-For that is no trusted proxy. All trusted: the leftmost. An entry that is no
 * address ends the search: the client is the hop that wrote it, since what stands further left is hearsay of somebody unknown.
 * False: the field says nothing, the peer itself is the client. */
bool forwarded_client(const struct request *request, const struct network_list *trusted,
                      struct address *client);

/* Whether X-Forwarded-Proto is there and says https in every entry: one unencrypted hop is enough to have been read. */
bool forwarded_is_https(const struct request *request);
