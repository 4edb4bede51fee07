/* warming_check.c - whether every target of the warming list can be asked, for whoever loads a configuration. */
#include <stdlib.h>

#include "gateway.h"
#include "warming/warming_item.h"

bool
gateway_check_warming(const struct config *config, FILE *errors)
{
    struct route_table *routes = route_table_create(config);
    struct request_plan *plan = malloc(sizeof *plan);
    bool is_right = routes != NULL && plan != NULL;

    for (int64_t i = 0; routes != NULL && plan != NULL && i < config->warming_count; i++) {
        char why[WARMING_WHY_SIZE];
        struct route_match match;

        if (warming_item_plan(routes, config, config->warming[i].target, &match, plan, why))
            continue;
        config_warming_error(config, i, why, errors);
        is_right = false;
    }
    free(plan);
    route_table_destroy(&routes);
    return is_right;
}
