/* purge.c - the rule of purge.h. */
#include "purge.h"

bool
purge_scope_matches(const struct purge_scope *scope, struct bytes endpoint, int64_t created_wall_ms,
                    int64_t expires_wall_ms)
{
    if (scope->endpoint[0] != '\0' && !bytes_equal_text(endpoint, scope->endpoint))
        return false;
    if (scope->fetched_before_wall_ms != 0 && created_wall_ms >= scope->fetched_before_wall_ms)
        return false;
    return scope->expired_before_wall_ms == 0 || expires_wall_ms < scope->expired_before_wall_ms;
}
