/* proxy_plan.c - keys' scopes and rights around a plan. */
#include "proxy/proxy_plan.h"

#include "access/authenticate.h"
#include "api_key.h"
#include "base/text.h"

static enum status
build_plan(struct exchange *exchange, struct bytes query)
{
    const struct config *config = exchange->worker->gateway->config;
    char scope_buffer[24];
    struct text scope = text_of(scope_buffer, sizeof scope_buffer);

    /* The key's id separates entries of routes that are not shared. */
    if (exchange->match.source->share == ROUTE_SHARE_KEY)
        text_add_int(&scope, exchange->api_key_id);
    return request_plan_build(&exchange->match, query, config->cache.max_ttl_s, text_bytes(&scope),
                              exchange->worker->plan);
}

/* ttl_override may shorten for everybody, lengthen only with the right extend_ttl; of a route that keeps nothing it
 * means nothing. */
static bool
may_override(const struct exchange *exchange)
{
    int64_t ttl_s = exchange->match.source->ttl_s;

    return ttl_s == 0 || exchange->worker->plan->ttl_override_s <= ttl_s ||
           (exchange->rights & KEY_RIGHT_EXTEND_TTL) != 0;
}

enum status
proxy_plan(struct exchange *exchange, struct bytes query, const char **why)
{
    enum status status = build_plan(exchange, query);

    *why = NULL;
    if (status == STATUS_BAD_REQUEST)
        *why = "the path or query must be percent-encoded UTF-8 without control characters";
    if (status != STATUS_OK)
        return status;
    if (api_key_is_well_formed(authenticate_own_credential(exchange)))
        *why =
            "this route uses pass-through credentials: send your own key of the paid API, not an "
            "rc_ key";
    else if (!may_override(exchange))
        *why = "ttl_override is longer than the TTL of this route: the key needs the permission "
               "extend_ttl";
    return *why == NULL ? STATUS_OK : STATUS_FORBIDDEN;
}
