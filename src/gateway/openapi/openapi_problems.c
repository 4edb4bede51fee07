/* openapi_problems.c - the table of statuses as responses: one for each HTTP status, naming the slugs that it comes with.
 * Pure. */
#include "openapi/openapi_private.h"

#include <stdio.h>

#include "base/bytes.h"
#include "status.h"

#define FIRST_PROBLEM 400
#define LAST_PROBLEM  599

/* What the paid API's own errors may come with. */
static const int upstream_statuses[] = {400, 403, 404, 405, 500, 502, 503, 504};

static bool
may_be_upstreams(int http_status)
{
    for (size_t i = 0; i < COUNT(upstream_statuses); i++)
        if (upstream_statuses[i] == http_status)
            return true;
    return false;
}

/* {"allOf": [ErrorDetail, {"properties": {"type": {"enum": [...]}, "status": {"const": 404}}}]} */
static json_t *
ours_as_schema(int http_status, const json_t *slugs)
{
    return json_pack(
        "{s:[o, {s:{s:{s:O}, s:{s:i}}}]}", "allOf",
        openapi_reference("schemas", http_status == 422 ? "ValidationError" : "ErrorDetail"),
        "properties", "type", "enum", slugs, "status", "const", http_status);
}

static json_t *
schema_of(int http_status, const json_t *slugs)
{
    json_t *ours = ours_as_schema(http_status, slugs);

    if (!may_be_upstreams(http_status))
        return ours;
    return json_pack("{s:[o, o]}", "anyOf", ours, openapi_reference("schemas", "UpstreamError"));
}

static json_t *
headers_of(int http_status)
{
    json_t *headers =
        json_pack("{s:o, s:o}", "X-Request-ID", openapi_reference("headers", "X-Request-ID"),
                  "X-Response-Time-MS", openapi_reference("headers", "X-Response-Time-MS"));

    if (http_status == 401)
        json_object_set_new(headers, "WWW-Authenticate",
                            openapi_reference("headers", "WWW-Authenticate"));
    if (http_status == 429 || http_status == 503)
        json_object_set_new(headers, "Retry-After", openapi_reference("headers", "Retry-After"));
    return headers;
}

/* The titles of an HTTP status, each once; *slugs: the problem types. */
static void
openapi_problems_collect(int http_status, char *titles, size_t size, json_t *slugs)
{
    const char *last = "";
    size_t used = 0;

    for (int i = 0; i < STATUS_COUNT; i++) {
        enum status status = (enum status)i;

        if (status_http(status) != http_status)
            continue;
        json_array_append_new(slugs, json_sprintf("urn:rentcache:problem:%s", status_slug(status)));
        if (strcmp(last, status_title(status)) != 0 && used < size)
            used += (size_t)snprintf(titles + used, size - used, "%s%s", used > 0 ? "; " : "",
                                     status_title(status));
        last = status_title(status);
    }
}

static void
add_problem(json_t *responses, int http_status)
{
    char name[32], titles[512] = "";
    json_t *slugs = json_array();

    openapi_problems_collect(http_status, titles, sizeof titles, slugs);
    snprintf(name, sizeof name, "Problem%d", http_status);
    if (json_array_size(slugs) > 0)
        json_object_set_new(responses, name,
                            json_pack("{s:s, s:o, s:{s:{s:o}}}", "description", titles, "headers",
                                      headers_of(http_status), "content",
                                      "application/problem+json", "schema",
                                      schema_of(http_status, slugs)));
    json_decref(slugs);
}

void
openapi_add_problems(json_t *responses)
{
    for (int http_status = FIRST_PROBLEM; http_status <= LAST_PROBLEM; http_status++)
        add_problem(responses, http_status);
}
