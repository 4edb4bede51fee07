/* planning.c - keys' scopes and rights around a plan, and its problems as clients read them. */
#include "routing/planning.h"

#include <jansson.h>

#include "access/authenticate.h"
#include "api_key.h"
#include "base/text.h"

enum status
planning_make(struct exchange *exchange, struct bytes query)
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
    const struct config *config = exchange->worker->gateway->config;
    const struct route_config *route = exchange->match.source;
    int64_t ttl_s = route->ttl_s >= 0 ? route->ttl_s : config->cache.default_ttl_s;

    return ttl_s == 0 || exchange->worker->plan->ttl_override_s <= ttl_s ||
           (exchange->rights & KEY_RIGHT_EXTEND_TTL) != 0;
}

/* A key made here means nothing to the paid API. */
const char *
planning_objection(const struct exchange *exchange)
{
    if (api_key_is_well_formed(authenticate_own_credential(exchange)))
        return "this route calls with the client's own key of the paid API; a key made here is not "
               "sent there";
    return may_override(exchange) ? NULL : "ttl_override lengthens: the right extend_ttl is needed";
}

static json_t *
problem_as_json(const struct plan_problem *problem, const char *where)
{
    const char *loc = problem->in_path ? "path" : where;
    json_t *name = json_stringn((const char *)problem->name.data, problem->name.size);
    json_t *input = json_stringn((const char *)problem->input.data, problem->input.size);

    return json_pack("{s:s, s:[s, o], s:s, s:o*}", "type", problem->type, "loc", loc,
                     name != NULL ? name : json_string(""), "msg", problem->message, "input",
                     input != NULL ? input : json_null());
}

char *
planning_problems(const struct request_plan *plan, const char *where)
{
    json_t *list = json_array();
    char *text;

    for (size_t i = 0; i < plan->problem_count; i++)
        json_array_append_new(list,
                              problem_as_json(&plan->problems[i], where != NULL ? where : "query"));
    text = json_dumps(list, JSON_ENSURE_ASCII);
    json_decref(list);
    return text;
}
