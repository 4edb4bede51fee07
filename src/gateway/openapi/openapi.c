/* openapi.c - puts the OpenAPI document together. Pure. */
#include "openapi/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "embedded.h"
#include "openapi/openapi_route.h"
#include "status.h"
#include "version.h"

#define PATH_SIZE     128
#define FIRST_PROBLEM 400
#define LAST_PROBLEM  599

/* Both listeners answer them. */
static const char *const shared_paths[] = {"/livez", "/readyz", "/health"};
static const char *const page_paths[] = {"/docs", "/redoc", "/docs.css", "/docs.js",
                                         "/openapi.json"};

static bool
is_one_of(const char *path, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(paths[i], path) == 0)
            return true;
    return false;
}

static json_t *
server_of(const char *description, int64_t port)
{
    return json_pack("{s:s, s:s, s:{s:{s:s}, s:{s:o}}}", "url", "http://{host}:{port}",
                     "description", description, "variables", "host", "default", "localhost",
                     "port", "default", json_sprintf("%lld", (long long)port));
}

/* The servers of a path of our own; the document's are those of the data listener. */
static json_t *
servers_of(const struct config *config, const char *path)
{
    json_t *servers = json_array();

    if (is_one_of(path, shared_paths, COUNT(shared_paths)) ||
        (config->gateway.public_docs && is_one_of(path, page_paths, COUNT(page_paths))))
        json_array_append_new(servers, server_of("data listener", config->gateway.port));
    json_array_append_new(servers, server_of("admin listener", config->gateway.admin_port));
    return servers;
}

/* What the static part knows of a route of ours, else the least that must be said. */
static json_t *
own_operation(const json_t *static_paths, const char *path, const char *method)
{
    json_t *operation = json_object_get(json_object_get(static_paths, path), method);

    if (operation != NULL)
        return json_incref(operation);
    return json_pack("{s:o, s:{s:{s:s}}}", "summary", json_sprintf("%s %s", method, path),
                     "responses", "default", "description", "see the documentation");
}

static void
add_own(json_t *paths, const struct config *config, const struct openapi_own *own,
        const json_t *static_paths)
{
    const char *path = own->path;
    char method[16];
    size_t i = 0;
    json_t *item;

    for (; own->method[i] != '\0' && i + 1 < sizeof method; i++)
        method[i] = (char)tolower((unsigned char)own->method[i]);
    method[i] = '\0';
    item = json_object_get(paths, path);
    if (item == NULL) {
        json_object_set_new(paths, path, json_pack("{s:o}", "servers", servers_of(config, path)));
        item = json_object_get(paths, path);
    }
    json_object_set_new(item, method, own_operation(static_paths, path, method));
}

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
collect_problems(int http_status, char *titles, size_t size, json_t *slugs)
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

    collect_problems(http_status, titles, sizeof titles, slugs);
    snprintf(name, sizeof name, "Problem%d", http_status);
    if (json_array_size(slugs) > 0)
        json_object_set_new(responses, name,
                            json_pack("{s:s, s:o, s:{s:{s:o}}}", "description", titles, "headers",
                                      headers_of(http_status), "content",
                                      "application/problem+json", "schema",
                                      schema_of(http_status, slugs)));
    json_decref(slugs);
}

/* Problem400, Problem401, ...: one response for every HTTP status of the table of statuses, naming the slugs that it comes
 * with. */
static void
add_problems(json_t *responses)
{
    for (int http_status = FIRST_PROBLEM; http_status <= LAST_PROBLEM; http_status++)
        add_problem(responses, http_status);
}

static void
openapi_fill(json_t *document, const struct config *config, const struct openapi_own *own,
             size_t own_count)
{
    json_t *static_paths = json_object_get(document, "paths");
    json_t *paths = json_object();
    const json_t *responses = json_object_get(document, "x-responses");
    const json_t *names = json_object_get(document, "x-parameters");

    json_object_set_new(json_object_get(document, "info"), "version",
                        json_string(RENTCACHE_VERSION));
    json_object_set_new(document, "servers",
                        json_pack("[o]", server_of("data listener", config->gateway.port)));
    add_problems(json_object_get(json_object_get(document, "components"), "responses"));
    for (int64_t i = 0; i < config->route_count; i++)
        openapi_add_route(paths, config, &config->routes[i], responses, names);
    for (size_t i = 0; i < own_count; i++)
        add_own(paths, config, &own[i], static_paths);
    json_object_set_new(document, "paths", paths);
    json_object_del(document, "x-responses");
    json_object_del(document, "x-parameters");
}

char *
openapi_make(const struct config *config, const struct openapi_own *own, size_t own_count)
{
    json_t *document =
        json_loadb(embedded_web_openapi_json, embedded_web_openapi_json_size, 0, NULL);
    char *text = NULL;

    if (document != NULL) {
        openapi_fill(document, config, own, own_count);
        text = json_dumps(document, JSON_ENSURE_ASCII | JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    }
    json_decref(document);
    return text;
}
