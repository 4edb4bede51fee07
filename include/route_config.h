/* route_config.h - a route and its parameters, as the configuration says them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rate.h"
#include "upstream_config.h"

/* What a parameter's text may be. In YAML: the lower-case name. */
#define PARAMETER_TYPES(X)                                                                         \
    X(TEXT, "text") /* any text up to max_length bytes of UTF-8 without control characters */      \
    X(INTEGER, "integer") /* whole number in least..most */                                        \
    X(NUMBER, "number")   /* decimal in least..most */                                             \
    X(FLAG, "flag")       /* true or false (also 1, 0, any case) */                                \
    X(CHOICE, "choice")   /* one of values, case-sensitive */                                      \
    X(CHOICES, "choices") /* value("|"value)*, each one of values */                               \
    X(FILTER, "filter")   /* the paid API's grammar: bound ":" bound, or number("|"number)* */     \
    X(DAYS, "days")       /* range only, at least 1; a single N means *:N */                       \
    X(DIGITS, "digits")   /* exactly max_length decimal digits (a ZIP code) */

enum parameter_type {
#define PARAMETER_TYPE_ENUM(name, text) PARAMETER_##name,
    PARAMETER_TYPES(PARAMETER_TYPE_ENUM)
#undef PARAMETER_TYPE_ENUM
        PARAMETER_TYPE_COUNT
};

#define ROUTE_NAME_SIZE       50 /* endpoint VARCHAR(50); with NUL */
#define ROUTE_PARAMETERS_MAX  32
#define ROUTE_PATH_PARAMS_MAX 4
#define ROUTE_ALIASES_MAX     4
#define ROUTE_JOIN_MAX        8
#define ROUTE_UNKNOWN_MAX     32

struct parameter_config {
    char name[64];
    enum parameter_type type;
    bool in_path; /* stands as {name} in the path */
    bool required;
    char default_text[64];  /* "" = none; filled in before the cache key is made */
    double least, most;     /* INTEGER, NUMBER */
    int64_t max_length;     /* TEXT (default 256), DIGITS */
    char values[512];       /* CHOICE, CHOICES: separated by "|" */
    char upstream_name[64]; /* "" = same name */
    bool
        selects; /* CHOICE of two: the first value asks upstream_path alone, the second fallback_path alone; not sent */
};

/* Parameters that are parts of another one: their values follow its own, each behind ", ". By index. */
struct route_join {
    int64_t target;
    int64_t parts[ROUTE_JOIN_MAX];
    int64_t part_count; /* 0: nothing is joined */
};

enum route_share { ROUTE_SHARE_KEY, ROUTE_SHARE_ALL };
enum route_kind { ROUTE_HTTP };
/* What becomes of query parameters that the route does not name. */
enum route_unknown { ROUTE_UNKNOWN_REFUSE, ROUTE_UNKNOWN_FORWARD, ROUTE_UNKNOWN_IGNORE };

struct route_config {
    int64_t line;               /* of its entry */
    char name[ROUTE_NAME_SIZE]; /* unique; what messages name: "property_by_id" */
    char endpoint
        [ROUTE_NAME_SIZE]; /* the key in limits, rows, metrics and signatures; default: name. Routes may share one */
    char method[16]; /* "GET" */
    char path[256];  /* "/api/v1/properties/{property_id}" */
    enum route_kind kind;
    char upstream_path[256]; /* "/v1/properties/{property_id}" */
    int64_t ttl_s;           /* 0 = never cached; default: cache.default_ttl_s */
    int64_t stale_while_revalidate_s;
    int64_t stale_if_error_s;
    int64_t negative_ttl_s; /* 0 = errors are not kept */
    int64_t cost_micro_usd; /* the route's flat estimate; YAML: cost_usd, decimal text */
    bool has_rate;          /* rate was given, else it is limits.per_route */
    struct rate rate;
    enum route_share share;                 /* default key */
    bool has_share;                         /* it was given */
    const struct upstream_config *upstream; /* who answers its calls */
    char upstream_name[UPSTREAM_NAME_SIZE]; /* as given; "": the only one there is */
    enum credential_use credential;
    bool has_credential; /* it was given, else its upstream's credential.use */
    enum route_unknown unknown_parameters;
    int64_t unknown_parameters_max;   /* FORWARD: so many in a request */
    int64_t unknown_parameters_bytes; /* FORWARD: their names and values together */
    char ignore_parameters
        [512]; /* "utm_source|utm_medium": names of the query that mean nothing here; "" = none */
    char require_one_of
        [256]; /* "address, latitude+longitude": one alternative must be complete; "" = none */
    char require_with
        [256]; /* "radius: address, latitude+longitude": first needs one alternative; "" = none */
    char fallback_path[256]; /* upstream path asked when upstream_path answers 404; "" = none */
    char aliases[ROUTE_ALIASES_MAX]
                [256]; /* paths answered as `path`, with its {name}s in its order */
    int64_t alias_count;
    struct route_join join;
    struct parameter_config *parameters;
    int64_t parameter_count;
    /* Another route whose entries this one answers from; NULL: its own. What is said of entries and calls is then that
     * route's: parameters, upstream_path, TTLs, price, share. */
    const struct route_config *source;
    char member
        [64]; /* "comparables": the response is this member of the source's; "" = no such route */
    bool is_bulk; /* the response is many of the source's at once */
};

/* The route whose entries and calls answer requests of this one. */
static inline const struct route_config *
route_source(const struct route_config *route)
{
    return route->source != NULL ? route->source : route;
}
