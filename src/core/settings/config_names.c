/* config_names.c - the tables of other names, and of names that set nothing. Pure. */
#include "settings/config_names.h"

#include <strings.h>

#include "base/bytes.h"

const struct config_name config_names[] = {
    {"RENTCAST_TIMEOUT", "upstream.timeout_ms", CONFIG_NAME_FACTOR, 1000, "seconds"},
    {"RENTCAST_MAX_RETRIES", "upstream.retries", CONFIG_NAME_CAPPED, 0, NULL},
    {"CLEANUP_INTERVAL_HOURS", "cache.cleanup_interval_s", CONFIG_NAME_FACTOR, 3600, "hours"},
    {"CACHE_DEFAULT_TTL", "cache.default_ttl_s", CONFIG_NAME_SAME, 0, NULL},
    {"CACHE_MAX_TTL", "cache.max_ttl_s", CONFIG_NAME_SAME, 0, NULL},
    {"CACHE_COMPRESSION_ENABLED", "cache.compression", CONFIG_NAME_SAME, 0, NULL},
    {"REDIS_HOST", "cache.redis_url", CONFIG_NAME_REDIS, 0, NULL},
};
const size_t config_name_count = COUNT(config_names);

const char *const config_redis_parts[REDIS_PART_COUNT] = {
    [REDIS_PART_PORT] = "REDIS_PORT",
    [REDIS_PART_DB] = "REDIS_DB",
    [REDIS_PART_PASSWORD] = "REDIS_PASSWORD",
    [REDIS_PART_SSL] = "REDIS_SSL",
};

/* A part of a URL is looked for only where there is a host: without one it gets here. */
#define WITHOUT_HOST "it is a part of the URL that REDIS_HOST begins, which is not set"

const struct config_dead_name config_dead_names[] = {
    {"WORKERS", "use GATEWAY_THREADS: one process serves all connections with its threads"},
    {"EXPENSIVE_ENDPOINTS_TTL", "use ttl_s of each route, in the YAML file that RENTCACHE_CONFIG "
                                "names"},
    {"METRICS_ENDPOINT", "the path is /metrics of the admin listener; use ENABLE_METRICS to turn "
                         "it off"},
    {"HEALTH_ENDPOINT", "the path is /health, of both listeners"},
    {"STATS_AGGREGATION_INTERVAL_HOURS", "totals by hour and day are kept up with every request"},
    {"STRICT_RATE_LIMITING",
     "limits are counted by this process itself, so there is no Redis whose "
     "absence it could decide about"},
    {"REDIS_PORT", WITHOUT_HOST},
    {"REDIS_DB", WITHOUT_HOST},
    {"REDIS_PASSWORD", WITHOUT_HOST},
    {"REDIS_SSL", WITHOUT_HOST},
};
const size_t config_dead_name_count = COUNT(config_dead_names);

const struct config_built_in_variable config_built_in_variables[] = {
    {"RENTCAST_BASE_URL", "`base_url` of the upstream `rentcast`, without /v1; default "
                          "`https://api.rentcast.io`"},
    {"RENTCAST_API_KEY", "its `credential.value`: our key of the paid API"},
    {"RENTCAST_API_KEY_FILE", "a file that has it"},
    {"RENTCAST_API_KEY_HEADER", "its `credential.name`; default `X-Api-Key`"},
    {"UPSTREAM_CREDENTIAL", "its `credential.use`: `config` or `passthrough`; default `config`"},
};
const size_t config_built_in_variable_count = COUNT(config_built_in_variables);

const char *
config_name_successor(const char *name)
{
    for (size_t i = 0; i < config_dead_name_count; i++)
        if (strcasecmp(config_dead_names[i].name, name) == 0)
            return config_dead_names[i].instead;
    return NULL;
}

bool
config_name_is_built_in(const char *name)
{
    for (size_t i = 0; i < config_built_in_variable_count; i++)
        if (strcasecmp(config_built_in_variables[i].name, name) == 0)
            return true;
    return false;
}
