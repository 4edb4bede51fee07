/* config_credentials.c - whose key the calls of each route carry. */
#include <string.h>

#include "config/config_origin.h"
#include "config/config_routes.h"

void
config_routes_settle(struct config *config, struct config_report *report)
{
    enum route_credential usual = strcmp(config->upstream.credential, "passthrough") == 0
                                      ? ROUTE_CREDENTIAL_PASSTHROUGH
                                      : ROUTE_CREDENTIAL_CONFIG;
    struct config_place place = {.file = config->origins->routes_name};

    for (int64_t i = 0; i < config->route_count; i++) {
        struct route_config *route = &config->routes[i];
        char path[CONFIG_PATH_SIZE];

        if (!route->has_credential)
            route->credential = usual;
        if (route->credential != ROUTE_CREDENTIAL_PASSTHROUGH || route->has_share)
            continue;
        snprintf(path, sizeof path, "routes[%lld].share", (long long)i);
        config_report_add(report, &place, path,
                          "is absent: with credential passthrough each client has its own contract "
                          "with the provider, so route %s must say who shares its entries",
                          route->name);
    }
}
