/* config_table.h - what may be set, as data: a row for each option, each field of a route and each field of a parameter.
 *
 * One reader goes along these rows (config_read.h), and the documentation is printed from them. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define ROUTES_MOST 4096

/* What a value is. The first five are the types of options. */
enum config_type {
    CONFIG_INT,    /* int64_t in least..most */
    CONFIG_FLAG,   /* bool */
    CONFIG_TEXT,   /* char[size] */
    CONFIG_SECRET, /* the same, never shown */
    CONFIG_RATE,   /* struct rate */
    CONFIG_NUMBER, /* double */
    CONFIG_MONEY,  /* int64_t in micro-dollars; most is in dollars */
    CONFIG_WORD,   /* char[size], one of choices */
    CONFIG_CHOICE, /* an enum: which one of choices it is */
    CONFIG_LATER,  /* a text that config_routes.c reads once the rest of its mapping is read */
    CONFIG_MAPPING,
    CONFIG_SEQUENCE, /* of at most `most` entries, read there as well */
};

struct config_row {
    const char *section; /* of an option, else "" */
    const char *name;    /* the key in YAML */
    enum config_type type;
    size_t offset; /* in struct config, route_config or parameter_config */
    size_t size;   /* of the member */
    int64_t least, most;
    const char *choices; /* "a|b|c" */
    const char *default_text;
    const char *env;
    const char *help;
};

/* The rows of one mapping. Borrowed. */
struct config_table {
    const struct config_row *rows;
    size_t count;
};

extern const struct config_row option_rows[];
extern const size_t option_row_count;
extern const struct config_table config_route_table;
extern const struct config_table config_parameter_table;
/* The fields that only entries of upstreams have (section ""), then those of the section `upstream`. */
extern const struct config_table config_upstream_table;
extern const struct config_table config_credential_table;

/* The options of one section; empty: there is no such section. */
struct config_table config_table_section(const char *section);
/* The row of "section.name", which must exist. */
size_t config_option_find(const char *path);
/* "section.name", at most size bytes with NUL. */
void config_option_path(const struct config_row *row, char *path, size_t size);
/* Secrets, and the database's URL, which may hold one: nothing prints them, and they may stand in a file of their own. */
bool config_row_keeps_secrets(const struct config_row *row);

/* Row: type, member, key, least, most, choices, what it is (for docs/configuration.md). */
#define ROUTE_FIELDS(X)                                                                            \
    X(TEXT, name, "name", 0, 0, NULL,                                                              \
      "required, unique; name of the route in logs and statistics")                                \
    X(TEXT, endpoint, "endpoint", 0, 0, NULL,                                                      \
      "name in rate limits, cache keys and metrics; routes may share one; default: name")          \
    X(WORD, method, "method", 0, 0, "GET|POST",                                                    \
      "GET, which includes HEAD; POST only with bulk_of; default GET")                             \
    X(TEXT, path, "path", 0, 0, NULL,                                                              \
      "required; literal segments and {name}s of parameters that are in_path")                     \
    X(CHOICE, kind, "kind", 0, 0, "http", "http; default http")                                    \
    X(TEXT, upstream_name, "upstream", 0, 0, NULL,                                                 \
      "name of the upstream that it calls; required where there are several")                      \
    X(TEXT, upstream_path, "upstream_path", 0, 0, NULL,                                            \
      "required; the path below the upstream's base_url, with the same {name}s")                   \
    X(INT, ttl_s, "ttl_s", 0, 31536000, NULL,                                                      \
      "TTL of entries, 0..31536000; 0: never cached; default: cache.default_ttl_s")                \
    X(INT, stale_while_revalidate_s, "stale_while_revalidate_s", 0, 31536000, NULL,                \
      "stale entries are served this long while a refresh runs in the background, 0..31536000; "   \
      "default 0")                                                                                 \
    X(INT, stale_if_error_s, "stale_if_error_s", 0, 31536000, NULL,                                \
      "stale entries are served this long when the upstream fails, 0..31536000; default 0")        \
    X(INT, negative_ttl_s, "negative_ttl_s", 0, 86400, NULL,                                       \
      "TTL of a cached 404, 0..86400; 0: not cached; default 0")                                   \
    X(MONEY, cost_micro_usd, "cost_usd", 0, 1000000, NULL,                                         \
      "estimated price of one call in dollars, at most 6 decimals; default 0")                     \
    X(RATE, rate, "rate", 0, 0, NULL,                                                              \
      "rate limit per key: 60/minute, or none; default: limits.per_route")                         \
    X(CHOICE, share, "share", 0, 0, "key|all",                                                     \
      "who gets a cached entry: key: only the API key that caused it; all: every key; default "    \
      "key")                                                                                       \
    X(CHOICE, credential, "credential", 0, 0, "config|passthrough",                                \
      "config: calls carry the upstream's own key; passthrough: the client's own key (share is "   \
      "then required); default: what the upstream's credential.use says")                          \
    X(CHOICE, unknown_parameters, "unknown_parameters", 0, 0, "refuse|forward|ignore",             \
      "query parameters that the route does not list. refuse: 422 that names the parameter; "      \
      "forward: part of the cache key and sent upstream; ignore: neither, and named in "           \
      "X-Ignored-Parameters; default refuse")                                                      \
    X(INT, unknown_parameters_max, "unknown_parameters_max", 1, ROUTE_UNKNOWN_MAX, NULL,           \
      "with forward: maximum number of unknown parameters, 1..32; default 16")                     \
    X(INT, unknown_parameters_bytes, "unknown_parameters_bytes", 1, 8192, NULL,                    \
      "with forward: maximum bytes of their names and values together, decoded, 1..8192; "         \
      "default 2048")                                                                              \
    X(TEXT, ignore_parameters, "ignore_parameters", 0, 0, NULL,                                    \
      "query parameters that mean nothing to the upstream: neither in the cache key nor sent, "    \
      "whatever unknown_parameters says: \"utm_source|utm_medium\"")                               \
    X(TEXT, require_one_of, "require_one_of", 0, 0, NULL,                                          \
      "alternatives, one of which must be given: \"address, latitude+longitude\"")                 \
    X(TEXT, require_with, "require_with", 0, 0, NULL,                                              \
      "parameters that need one of some alternatives: \"radius: address, latitude+longitude; "     \
      "latitude: longitude\"")                                                                     \
    X(TEXT, fallback_path, "fallback_path", 0, 0, NULL,                                            \
      "a second upstream path with the same {name}s, called when the first one responds with 404") \
    X(LATER, aliases, "aliases", 0, 0, NULL,                                                       \
      "at most 4 other paths of the route, separated by commas, with the {name}s of path in the "  \
      "same order")                                                                                \
    X(LATER, join, "join", 0, 0, NULL,                                                             \
      "a parameter and its parts: \"address: city, state, zipCode\" joins them into one address, " \
      "before the cache key is computed; parts without it are refused")                            \
    X(LATER, member, "derived_from", 0, 0, NULL,                                                   \
      "name of a route whose entries this one uses, with member; settings of entries and calls "   \
      "are that route's and must not be set here")                                                 \
    X(TEXT, member, "member", 0, 0, NULL,                                                          \
      "with derived_from: the response is this member of that route's response, or [] if it is "   \
      "absent")                                                                                    \
    X(LATER, is_bulk, "bulk_of", 0, 0, NULL,                                                       \
      "name of the route that a bulk request has many requests for; with method POST")             \
    X(SEQUENCE, parameter_count, "parameters", 0, ROUTE_PARAMETERS_MAX, NULL,                      \
      "a sequence of mappings, at most 32, see below")

#define PARAMETER_FIELDS(X)                                                                        \
    X(TEXT, name, "name", 0, 0, NULL, "required, unique in the route")                             \
    X(CHOICE, type, "type", 0, 0, PARAMETER_TYPE_NAMES,                                            \
      "required: text, integer, number, flag, choice, choices, filter, days or digits")            \
    X(FLAG, in_path, "in_path", 0, 0, NULL,                                                        \
      "true: it stands as {name} in the path; default false")                                      \
    X(FLAG, required, "required", 0, 0, NULL,                                                      \
      "true: a request without it is refused; default false, true in the path")                    \
    X(TEXT, default_text, "default", 0, 0, NULL, "default value; not for filter, days, choices")   \
    X(NUMBER, least, "least", 0, 0, NULL, "integer, number: smallest value")                       \
    X(NUMBER, most, "most", 0, 0, NULL, "integer, number: largest value")                          \
    X(LATER, max_length, "max_length", 0, 0, NULL,                                                 \
      "text: maximum bytes, 1..1024, default 256; digits: their number, 1..64, required")          \
    X(TEXT, values, "values", 0, 0, NULL, "choice, choices: the values, separated by |, required") \
    X(TEXT, upstream_name, "upstream_name", 0, 0, NULL,                                            \
      "name in the query sent to the upstream; default: name")                                     \
    X(FLAG, selects, "selects", 0, 0, NULL,                                                        \
      "true, for a choice of two values with fallback_path: the first value calls only "           \
      "upstream_path, the second only fallback_path; in the cache key, not sent upstream; "        \
      "default false")

#define UPSTREAM_FIELDS(X)                                                                         \
    X(TEXT, name, "name", 0, 0, NULL,                                                              \
      "required, unique; what routes call it, and metrics and logs")                               \
    X(TEXT, base_url, "base_url", 0, 0, NULL,                                                      \
      "required; its URL, without what the routes' upstream_path begins with")                     \
    X(MAPPING, credential, "credential", 0, 0, NULL,                                               \
      "the key that calls carry, see below; default: none")                                        \
    X(MAPPING, headers, "headers", 0, 0, NULL,                                                     \
      "headers that every call carries, at most 16: {x-version: \"2026-01-01\"}; an Accept takes " \
      "the place of application/json")

#define CREDENTIAL_FIELDS(X)                                                                       \
    X(CHOICE, in, "in", 0, 0, "header|bearer|basic|query",                                         \
      "where the key stands in a call: in a header of its own, in Authorization as a bearer "      \
      "token or as user:password, or in the query; default header")                                \
    X(TEXT, name, "name", 0, 0, NULL,                                                              \
      "required with header and query: name of the header or parameter")                           \
    X(SECRET, value, "value", 0, 0, NULL,                                                          \
      "our own key; for basic: user:password. ${NAME} reads the file that NAME_FILE names, too")   \
    X(TEXT, from, "from", 0, 0, NULL,                                                              \
      "with passthrough: the client's header that has its own key; default Authorization, whose "  \
      "bearer token it is")                                                                        \
    X(CHOICE, use, "use", 0, 0, "config|passthrough",                                              \
      "whose key calls carry, for routes without credential. config: value; passthrough: the "     \
      "client's own, from the header that from names; default config")

/* "text|integer|..." */
#define PARAMETER_TYPE_NAME(name, text) "|" text
#define PARAMETER_TYPE_NAMES            (&("" PARAMETER_TYPES(PARAMETER_TYPE_NAME))[1])
