/* gateway_check.c - what only the gateway knows of a configuration and of a key, for whoever runs no server. */
#include "gateway.h"

#include <stdlib.h>

#include "access/key_limits.h"
#include "warming/warming_plan.h"

bool
gateway_check_warming(const struct config *config, FILE *errors)
{
    struct route_table *routes = route_table_create(config);
    struct request_plan *plan = malloc(sizeof *plan);
    bool is_right = routes != NULL && plan != NULL;

    for (int64_t i = 0; routes != NULL && plan != NULL && i < config->warming_count; i++) {
        char why[WARMING_WHY_SIZE];
        struct route_match match;

        if (warming_plan(routes, config, config->warming[i].target, &match, plan, why))
            continue;
        config_warming_error(config, i, why, errors);
        is_right = false;
    }
    free(plan);
    route_table_destroy(&routes);
    return is_right;
}

bool
gateway_check_limits(const struct config *config, const char *limits_json, char *why,
                     size_t why_size)
{
    struct route_table *table = route_table_create(config);
    size_t count = table != NULL ? route_table_limit_count(table) : 0;
    struct rate *rates = calloc(count + 1, sizeof *rates);
    struct rate global;
    bool is_valid = false;

    if (table != NULL && rates != NULL) {
        const struct key_limits limits = {.names = route_table_limit_names(table),
                                          .count = count,
                                          .global = &global,
                                          .rates = rates};

        is_valid = key_limits_read(bytes_of_text(limits_json), &limits, why, why_size);
    }
    free(rates);
    route_table_destroy(&table);
    return is_valid;
}
