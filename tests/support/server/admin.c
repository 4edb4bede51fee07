/* admin.c - one call, checked and parsed. */
#include "support/server/admin.h"

#include <check.h>
#include <stdio.h>

json_t *
admin_call(struct testbed *testbed, const char *method, const char *target, const char *body,
           int status)
{
    struct http_response response;
    json_t *answer;

    http_call(testbed->admin_port, method, target, testbed->admin_token, body, NULL, &response);
    ck_assert_msg(response.status == status, "%s %s %s gave %d: %s", method, target,
                  body != NULL ? body : "", response.status, response.body);
    answer = json_loads(response.body, 0, NULL);
    http_response_fini(&response);
    return answer;
}

long long
admin_key_id(struct testbed *testbed, const char *name)
{
    char target[160];
    json_t *answer;
    long long id;

    snprintf(target, sizeof target, "/admin/api-keys?name=%s", name);
    answer = admin_call(testbed, "GET", target, NULL, 200);
    ck_assert_uint_le(json_array_size(json_object_get(answer, "keys")), 1);
    id = (long long)json_integer_value(
        json_object_get(json_array_get(json_object_get(answer, "keys"), 0), "id"));
    json_decref(answer);
    return id;
}

json_t *
admin_change_key(struct testbed *testbed, const char *name, const char *body, int status)
{
    char target[64];

    snprintf(target, sizeof target, "/admin/api-keys/%lld", admin_key_id(testbed, name));
    return admin_call(testbed, "PUT", target, body, status);
}

long long
admin_integer(const json_t *object, const char *member)
{
    return (long long)json_integer_value(json_object_get(object, member));
}
