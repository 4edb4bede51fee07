/* stored_response.h - a stored response as this request gets it: plain, gzip, or 304. */
#pragma once

#include "response/representation.h"
#include "response/response.h"

/* Chooses the variant and fills status, head and body of *response, which borrow from content and gzip (NULL, or not made:
 * there is none). */
void stored_response_fill(const struct exchange *exchange, const struct content *content,
                          const struct variant *gzip, int http_status, struct response *response);
