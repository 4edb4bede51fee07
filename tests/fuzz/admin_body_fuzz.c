/* admin_body_fuzz.c - whatever stands in the body of an admin route: a request within its bounds, or a problem that names a
 * member.
 *
 * Input: one byte that picks the route, then JSON. */
/* links: @gateway @core */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "key_request.h"
#include "purge_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS 1768478400000

static struct config *config;

static void
check_key(const json_t *body, bool is_update)
{
    struct key_request request;
    struct key_request_problem problem;
    bool is_read = is_update ? key_request_of_update(config, body, &request, &problem)
                             : key_request_of_creation(config, body, &request, &problem);

    if (!is_read) {
        assert(problem.member[0] != '\0' || json_object_size(body) > 0);
        assert(problem.type[0] != '\0' && problem.message[0] != '\0');
        return;
    }
    assert(is_update || api_key_name_is_valid(request.name));
    assert(!is_update || request.members != 0);
    assert(request.daily_limit >= 0 && request.monthly_limit >= 0 && request.expires_wall_ms >= 0);
    assert(request.own_hash[0] == '\0' || strlen(request.own_hash) == API_KEY_HEX_SIZE - 1);
}

static void
check_cache(const json_t *body)
{
    struct purge_scope scope;
    struct purge_request_problem problem;

    if (!purge_request_read(config, body, NOW_MS, &scope, &problem))
        return;
    assert(scope.fetched_before_wall_ms >= 0 && scope.fetched_before_wall_ms < NOW_MS);
    assert(scope.expired_before_wall_ms == 0 || scope.expired_before_wall_ms == NOW_MS);
    json_decref(purge_request_answer(&scope, 0, 1, 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *body;

    if (config == NULL)
        config = config_parse("built-in", "", 0, NULL, stderr);
    assert(config != NULL);
    if (size == 0)
        return 0;
    body = json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(body)) {
        if (data[0] % 3 == 2)
            check_cache(body);
        else
            check_key(body, data[0] % 3 == 1);
    }
    json_decref(body);
    return 0;
}
