/* config_names.h - names of variables beside those of the options: other names of the same settings, and names that set nothing here.
 *
 * Programs that RentCache takes the place of have them in their environment. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How the value of another name becomes the option's. */
enum config_name_kind {
    CONFIG_NAME_SAME,   /* as it is */
    CONFIG_NAME_FACTOR, /* a number, with or without decimals, times factor */
    CONFIG_NAME_CAPPED, /* as it is, but at most the option's largest value */
    CONFIG_NAME_REDIS, /* one part of a URL; the row names its host, the rest is in config_redis_parts */
};

struct config_name {
    const char *name;
    const char *path; /* of the option, "section.name" */
    enum config_name_kind kind;
    int factor;
    const char *unit; /* of a factor: "seconds" */
};

extern const struct config_name config_names[];
extern const size_t config_name_count;

/* The variables that make a redis_url together with the host's. */
enum config_redis_part {
    REDIS_PART_PORT,
    REDIS_PART_DB,
    REDIS_PART_PASSWORD,
    REDIS_PART_SSL,
    REDIS_PART_COUNT,
};
extern const char *const config_redis_parts[REDIS_PART_COUNT];

/* What to do instead of setting this variable, which has no effect; NULL: it is none of those. Any case. */
const char *config_name_successor(const char *name);

/* A row for each name that sets nothing, for the documentation. */
struct config_dead_name {
    const char *name;
    const char *instead;
};
extern const struct config_dead_name config_dead_names[];
extern const size_t config_dead_name_count;

/* Variables that the built-in rentcache.yaml reads with ${NAME}, for the documentation and for suggestions. */
struct config_built_in_variable {
    const char *name;
    const char *meaning;
};
extern const struct config_built_in_variable config_built_in_variables[];
extern const size_t config_built_in_variable_count;
/* In any case. */
bool config_name_is_built_in(const char *name);
