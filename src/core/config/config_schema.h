/* config_schema.h - what may stand in the YAML file: every scalar as its text, checked afterwards
 * by us.
 *
 * libcyaml checks neither ranges nor more than the first error, so it loads texts into the raw
 * structs below; their members and the schema both come from the option table and the two field
 * tables here. */
#pragma once

#include <cyaml/cyaml.h>
#include <stdint.h>

#include "config.h"

#define ROUTES_MOST 4096

/* Row: member, key, what it is (for docs/configuration.md). */
#define ROUTE_FIELDS(X)                                                                            \
    X(name, "name", "required, unique; what logs and statistics call the route")                   \
    X(endpoint, "endpoint",                                                                        \
      "its name in limits, cache keys and metrics; routes may share one; default: name")           \
    X(method, "method", "GET, which also answers HEAD; POST with bulk_of alone; default GET")      \
    X(path, "path", "required; literal segments and {name}s of parameters that are in_path")       \
    X(kind, "kind", "http; default http")                                                          \
    X(upstream_path, "upstream_path",                                                              \
      "required; the path below upstream.base_url, with the same {name}s")                         \
    X(ttl_s, "ttl_s",                                                                              \
      "life of entries, 0..31536000; 0: never cached; default: cache.default_ttl_s")               \
    X(stale_while_revalidate_s, "stale_while_revalidate_s",                                        \
      "served stale this long while refreshed behind, 0..31536000; default 0")                     \
    X(stale_if_error_s, "stale_if_error_s",                                                        \
      "served stale this long when the upstream fails, 0..31536000; default 0")                    \
    X(negative_ttl_s, "negative_ttl_s", "life of kept errors, 0..86400; 0: not kept; default 0")   \
    X(cost_usd, "cost_usd",                                                                        \
      "estimated price of one call in dollars, at most 6 decimals; default 0")                     \
    X(rate, "rate", "requests per key, as 60/minute, or none; default: limits.per_route")          \
    X(share, "share", "key: entries are kept apart by key; all: every key gets them; default key") \
    X(credential, "credential",                                                                    \
      "config: calls carry upstream.api_key; passthrough: the client's own key, and share must "   \
      "be "                                                                                        \
      "given; default: upstream.credential")                                                       \
    X(require_one_of, "require_one_of",                                                            \
      "alternatives, one of which must be complete: \"address, latitude+longitude\"")              \
    X(require_with, "require_with",                                                                \
      "a parameter that needs one of some alternatives: \"radius: address, latitude+longitude\"")  \
    X(fallback_path, "fallback_path",                                                              \
      "a second upstream path with the same {name}s, asked when the first one answers 404")        \
    X(aliases, "aliases",                                                                          \
      "at most 4 further paths, separated by commas, with the {name}s of path in its order: "      \
      "answered exactly as path")                                                                  \
    X(join, "join",                                                                                \
      "a text and its parts: \"address: city, state, zipCode\" makes one address of them, before " \
      "the cache key is made; parts without it are refused")                                       \
    X(derived_from, "derived_from",                                                                \
      "name of a route whose entries this one answers from, with member; what belongs to entries " \
      "and calls is that route's and must not stand here")                                         \
    X(member, "member",                                                                            \
      "with derived_from: the answer is this member of that route's answer, [] where it has none") \
    X(bulk_of, "bulk_of", "name of a route that is asked many times at once; with method POST")

#define PARAMETER_FIELDS(X)                                                                        \
    X(name, "name", "required, unique in the route")                                               \
    X(type, "type",                                                                                \
      "required: text, integer, number, flag, choice, choices, filter, days or digits")            \
    X(in_path, "in_path", "true: it stands as {name} in the path; default false")                  \
    X(required, "required",                                                                        \
      "true: a request without it is refused; default false, true in the path")                    \
    X(default_text, "default",                                                                     \
      "value of a request that does not give it; not for filter, days, choices")                   \
    X(least, "least", "integer, number: smallest value")                                           \
    X(most, "most", "integer, number: largest value")                                              \
    X(max_length, "max_length",                                                                    \
      "text: most bytes, 1..1024, default 256; digits: how many, 1..64, required")                 \
    X(values, "values", "choice, choices: the values, separated by |, required")                   \
    X(upstream_name, "upstream_name", "its name in the upstream's query; default: name")           \
    X(selects, "selects",                                                                          \
      "true, of a choice of two beside fallback_path: the first value asks upstream_path alone, "  \
      "the "                                                                                       \
      "second fallback_path alone; in the cache key, not sent upstream; default false")

#define RAW_OPTION(section, type, member, def, least, most, env, help) char *member;
#define RAW_FIELD(member, key, help)                                   char *member;

/* Owned by libcyaml; an absent key is NULL, and so is a section without content. */
struct raw_server {
    SERVER_OPTIONS(RAW_OPTION)
};
struct raw_gateway {
    GATEWAY_OPTIONS(RAW_OPTION)
};
struct raw_limits {
    LIMITS_OPTIONS(RAW_OPTION)
};
struct raw_cache {
    CACHE_OPTIONS(RAW_OPTION)
};
struct raw_upstream {
    UPSTREAM_OPTIONS(RAW_OPTION)
};
struct raw_analytics {
    ANALYTICS_OPTIONS(RAW_OPTION)
};
struct raw_spool {
    SPOOL_OPTIONS(RAW_OPTION)
};
struct raw_actors {
    ACTORS_OPTIONS(RAW_OPTION)
};

struct raw_parameter {
    PARAMETER_FIELDS(RAW_FIELD)
};

struct raw_route {
    ROUTE_FIELDS(RAW_FIELD)
    struct raw_parameter *parameters;
    uint32_t parameters_count;
};

struct raw_config {
    struct raw_server *server;
    struct raw_gateway *gateway;
    struct raw_limits *limits;
    struct raw_cache *cache;
    struct raw_upstream *upstream;
    struct raw_analytics *analytics;
    struct raw_spool *spool;
    struct raw_actors *actors;
    struct raw_route *routes;
    uint32_t routes_count;
    char **warming; /* targets */
    uint32_t warming_count;
};

extern const cyaml_schema_value_t config_schema;

/* The text that raw (or NULL) has for an option of option_rows; NULL: it is absent. */
const char *config_schema_option(const struct raw_config *raw, const struct option_row *row);

/* The two tables as data, for the documentation. */
struct field_row {
    const char *key;
    const char *help;
};
extern const struct field_row route_field_rows[];
extern const size_t route_field_row_count;
extern const struct field_row parameter_field_rows[];
extern const size_t parameter_field_row_count;
