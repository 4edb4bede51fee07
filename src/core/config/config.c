/* config.c - look-ups in a loaded configuration, and its end. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config_routes.h"
#include "config/config_upstreams.h"

const struct route_config *
config_route(const struct config *config, const char *name)
{
    for (int64_t i = 0; i < config->route_count; i++) {
        if (strcmp(config->routes[i].name, name) == 0)
            return &config->routes[i];
    }
    return NULL;
}

const struct upstream_config *
config_upstream(const struct config *config, struct bytes name)
{
    for (int64_t i = 0; i < config->upstream_count; i++)
        if (bytes_equal_text(name, config->upstreams[i].name))
            return &config->upstreams[i];
    return NULL;
}

bool
config_has_endpoint(const struct config *config, struct bytes name)
{
    for (int64_t i = 0; i < config->route_count; i++)
        if (bytes_equal_text(name, config->routes[i].endpoint))
            return true;
    return false;
}

/* An endpoint is named by the first of its routes. */
static bool
is_first_of_endpoint(const struct config *config, int64_t index)
{
    struct bytes name = bytes_of_text(config->routes[index].endpoint);

    for (int64_t i = 0; i < index; i++)
        if (bytes_equal_text(name, config->routes[i].endpoint))
            return false;
    return true;
}

void
config_explain_endpoint(const struct config *config, struct bytes name, char *text, size_t size)
{
    struct text out = text_of(text, size - 1);

    text_add(&out, "unknown endpoint \"");
    text_add_bytes(&out,
                   name.size <= ROUTE_NAME_SIZE ? name : bytes_of(name.data, ROUTE_NAME_SIZE));
    text_add(&out, "\": expected one of");
    for (int64_t i = 0; i < config->route_count && !out.is_cut; i++) {
        if (!is_first_of_endpoint(config, i))
            continue;
        text_add(&out, i == 0 ? " " : ", ");
        text_add(&out, config->routes[i].endpoint);
    }
    text[out.size] = '\0';
}

bool
config_data_path(const struct config *config, const char *name, char *path, size_t path_size)
{
    int size = snprintf(path, path_size, "%s/%s", config->server.data_dir, name);

    return size >= 0 && (size_t)size < path_size;
}

void
config_destroy(struct config **config)
{
    if (*config == NULL)
        return;
    config_routes_free(*config);
    config_upstreams_free(*config);
    free((*config)->warming);
    free((*config)->warnings);
    config_origins_destroy(&(*config)->origins);
    explicit_bzero(*config, sizeof **config);
    free(*config);
    *config = NULL;
}

void
config_each_warning(const struct config *config, void (*say)(const char *warning))
{
    for (size_t at = 0; at < config->warnings_size; at += strlen(config->warnings + at) + 1)
        say(config->warnings + at);
}

void
config_warming_error(const struct config *config, int64_t index, const char *why, FILE *errors)
{
    struct config_report report = {.errors = errors};
    struct config_place place = {.file = config->origins->warming_name,
                                 .line = config->warming[index].line};
    char path[32];

    snprintf(path, sizeof path, "warming[%lld]", (long long)index);
    config_report_add(&report, &place, path, "%s", why);
}
