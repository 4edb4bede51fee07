/* common_headers.c - security headers, then those of CORS. */
#include "response/common_headers.h"

static void
write_security(const struct config *config, struct text *text)
{
    if (config->gateway.security_headers)
        text_add(text, "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
                       "Referrer-Policy: no-referrer\r\n");
    if (config->gateway.hsts_max_age_s > 0) {
        text_add(text, "Strict-Transport-Security: max-age=");
        text_add_int(text, config->gateway.hsts_max_age_s);
        text_add(text, "\r\n");
    }
}

void
common_headers_init(struct common_headers *headers, const struct config *config, bool is_admin)
{
    struct text text = text_of(headers->text, sizeof headers->text);

    memset(&headers->cors, 0, sizeof headers->cors);
    write_security(config, &text);
    if (!is_admin) {
        cors_init(&headers->cors, config);
        cors_write_common(&headers->cors, &text);
    }
    headers->size = text.size;
    headers->names_origins = headers->cors.is_on;
}
