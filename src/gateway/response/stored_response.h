/* stored_response.h - a stored response as this request gets it: plain, gzip, or 304. */
#pragma once

#include "response/response.h"
#include "response/variant.h"

/* Chooses the variant and fills status, head and body of *answer, which borrow from content. */
void stored_response_fill(const struct exchange *exchange, const struct content *content,
                          int http_status, struct response *response);
