/* openapi.c - puts the OpenAPI document together. Pure. */
#include "openapi/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "embedded.h"
#include "openapi/openapi_private.h"
#include "version.h"

#define PATH_SIZE 128

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
own_operation(const json_t *known, const char *path, const char *method)
{
    json_t *operation = json_object_get(json_object_get(known, path), method);

    if (operation != NULL)
        return json_incref(operation);
    return json_pack("{s:o, s:{s:{s:s}}}", "summary", json_sprintf("%s %s", method, path),
                     "responses", "default", "description", "see the documentation");
}

static void
add_own(json_t *paths, const struct config *config, const struct openapi_own *own,
        const json_t *known)
{
    char path[PATH_SIZE], method[16];
    size_t size = strlen(own->path), i = 0;
    json_t *item;

    snprintf(path, sizeof path, "%s%s", own->path, own->path[size - 1] == '/' ? "{id}" : "");
    for (; own->method[i] != '\0' && i + 1 < sizeof method; i++)
        method[i] = (char)tolower((unsigned char)own->method[i]);
    method[i] = '\0';
    item = json_object_get(paths, path);
    if (item == NULL) {
        json_object_set_new(paths, path, json_pack("{s:o}", "servers", servers_of(config, path)));
        item = json_object_get(paths, path);
    }
    json_object_set_new(item, method, own_operation(known, path, method));
}

static void
openapi_fill(json_t *document, const struct config *config, const struct openapi_own *own,
             size_t own_count)
{
    json_t *known = json_object_get(document, "paths");
    json_t *paths = json_object();
    const json_t *responses = json_object_get(document, "x-answers");
    const json_t *names = json_object_get(document, "x-parameters");

    json_object_set_new(json_object_get(document, "info"), "version",
                        json_string(RENTCACHE_VERSION));
    json_object_set_new(document, "servers",
                        json_pack("[o]", server_of("data listener", config->gateway.port)));
    openapi_add_problems(json_object_get(json_object_get(document, "components"), "responses"));
    for (int64_t i = 0; i < config->route_count; i++)
        openapi_add_route(paths, config, &config->routes[i], responses, names);
    for (size_t i = 0; i < own_count; i++)
        add_own(paths, config, &own[i], known);
    json_object_set_new(document, "paths", paths);
    json_object_del(document, "x-answers");
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
