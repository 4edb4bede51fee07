/* config.c - look-ups in a loaded configuration, and its end. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "config/config_origin.h"
#include "config/config_routes.h"
#include "config/config_warming.h"

const struct route_config *
config_route(const struct config *config, const char *name)
{
    for (int64_t i = 0; i < config->route_count; i++) {
        if (strcmp(config->routes[i].name, name) == 0)
            return &config->routes[i];
    }
    return NULL;
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
    config_warming_free(*config);
    config_origins_destroy(&(*config)->origins);
    explicit_bzero(*config, sizeof **config);
    free(*config);
    *config = NULL;
}
