/* common_fields.c - security fields, then those of CORS. */
#include "response/common_fields.h"

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
common_fields_init(struct common_fields *fields, const struct config *config, bool is_admin)
{
    struct text text = text_of(fields->text, sizeof fields->text);

    memset(&fields->cors, 0, sizeof fields->cors);
    write_security(config, &text);
    if (!is_admin) {
        cors_init(&fields->cors, config);
        cors_write_common(&fields->cors, &text);
    }
    fields->size = text.size;
    fields->names_origins = fields->cors.is_on;
}
