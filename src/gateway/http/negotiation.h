/* negotiation.h - what a request says about the encoding it wants and the copy it has (RFC 9110 12.5.3, 13). Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "server/request.h"

/* Borrows from the request. Values of the first line of each header; most requests have none of them. */
struct negotiation {
    const struct request *request;
    const char *if_none_match;
    const char *if_modified_since;
    bool takes_gzip;
};

void negotiation_read(const struct request *request, struct negotiation *negotiation);

static inline bool
negotiation_is_conditional(const struct negotiation *negotiation)
{
    return negotiation->if_none_match != NULL || negotiation->if_modified_since != NULL;
}

/* Whether the client's copy is the one with this entity tag: 304. tag empty: the response has no validators. */
bool negotiation_is_not_modified(const struct negotiation *negotiation, struct bytes tag,
                                 int64_t last_modified_s, int64_t now_s);
