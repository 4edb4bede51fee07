/* stored_response.c - the encoding first, then the conditions on that encoding's tag. */
#include "response/stored_response.h"

#include "base/clock.h"

static bool
is_not_modified(const struct exchange *exchange, const struct content *content,
                const struct variant *variant)
{
    return negotiation_is_conditional(&exchange->negotiation) &&
           negotiation_is_not_modified(&exchange->negotiation, variant, content->last_modified_s,
                                       clock_wall_coarse_ms() / 1000);
}

void
stored_response_fill(const struct exchange *exchange, const struct content *content,
                     const struct variant *gzip, int http_status, struct response *response)
{
    const struct variant *variant = &content->plain;

    if (exchange->negotiation.takes_gzip && gzip != NULL && variant_is_made(gzip))
        variant = gzip;
    response->http_status = http_status;
    response->has_length = true;
    response->head = variant->head;
    response->body = variant->body;
    if (is_not_modified(exchange, content, variant)) {
        response->http_status = 304;
        response->head.size = variant->not_modified_size;
        response->body = bytes_of(NULL, 0);
    }
}
