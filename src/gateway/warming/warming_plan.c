/* warming_plan.c - from a target of the warming list to a plan, or to the reason why not. */
#include "warming/warming_plan.h"

#include <stdio.h>
#include <string.h>

/* NULL: entries of this route can be fetched ahead. That all routes are passed through by one setting says nothing
 * against a list which nobody wants to be fetched. */
static const char *
refuse_route(const struct config *config, const struct route_match *match)
{
    const struct route_config *route = match->route;

    if (route == NULL)
        return "no route has this path";
    if (!match->is_method_allowed)
        return "this route cannot be warmed";
    if (route->ttl_s == 0)
        return "this route is never cached";
    if (route->credential == CREDENTIAL_PASSTHROUGH &&
        (route->has_credential || config->cache.warming))
        return "this route uses pass-through credentials (credential: passthrough)";
    if (route->share != ROUTE_SHARE_ALL)
        return "entries of this route are not shared (share: key): no client would get them";
    return NULL;
}

static void
explain_refusal(enum status status, const struct request_plan *plan, char why[WARMING_WHY_SIZE])
{
    const struct plan_problem *problem = &plan->problems[0];

    if (status == STATUS_INVALID_PARAMETER && plan->problem_count > 0)
        snprintf(why, WARMING_WHY_SIZE, "%.*s: %s", BYTES_ARG(problem->name), problem->message);
    else
        snprintf(why, WARMING_WHY_SIZE, "is not a valid request: %s", status_slug(status));
}

bool
warming_plan(const struct route_table *routes, const struct config *config, const char *target,
             struct route_match *match, struct request_plan *plan, char why[WARMING_WHY_SIZE])
{
    size_t path_size = strcspn(target, "?");
    const char *query = target[path_size] == '?' ? target + path_size + 1 : "";
    const char *reason;
    enum status status;

    why[0] = '\0';
    route_table_match(routes, bytes_of_text("GET"), bytes_of(target, path_size), match);
    reason = refuse_route(config, match);
    if (reason != NULL) {
        snprintf(why, WARMING_WHY_SIZE, "%s", reason);
        return false;
    }
    status = request_plan_build(match, bytes_of_text(query), config->cache.max_ttl_s,
                                bytes_of(NULL, 0), plan);
    if (status != STATUS_OK)
        explain_refusal(status, plan, why);
    else if (plan->force_refresh || plan->ttl_override_s != 0)
        snprintf(why, WARMING_WHY_SIZE,
                 "force_refresh and ttl_override are not allowed in the warming list");
    else
        request_plan_digest(plan);
    return why[0] == '\0';
}
