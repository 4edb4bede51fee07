/* operation.h - the ten operations of the API: paths, names, and how each is answered. Pure.
 *
 * An answer depends on nothing but the call: data set, instant, query and, for the random
 * operation, the number of the draw.
 */
#pragma once

#include "common/text.h"
#include "data/dataset.h"
#include "http/problem.h"
#include "http/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum operation_id {
    OPERATION_PROPERTIES,
    OPERATION_PROPERTIES_RANDOM,
    OPERATION_PROPERTY_BY_ID,
    OPERATION_VALUE,
    OPERATION_RENT,
    OPERATION_SALE,
    OPERATION_SALE_BY_ID,
    OPERATION_RENTAL,
    OPERATION_RENTAL_BY_ID,
    OPERATION_MARKETS,
    OPERATION_COUNT
};

struct call {
    const struct dataset *dataset;
    const struct query *query; /* not malformed */
    const char *id;            /* decoded, of the operations by id */
    int64_t now_ms;
    uint64_t draw_number;
    size_t padded_bytes; /* size of answers for ids that begin with bench-; 0 is off */
};

struct answer {
    int status;
    bool is_paged; /* limit and offset go into headers */
    bool is_counted;
    size_t limit;
    size_t offset;
    size_t total;
    struct text body;
};

struct operation {
    enum operation_id id;
    const char *name; /* the vendor's operationId */
    const char *path; /* `{id}` at its end stands for one segment */
    void (*answer)(const struct call *call, struct answer *answer);
};

extern const struct operation operations[OPERATION_COUNT];

/* path as on the wire; *id: its last, still encoded segment, where there is one. NULL: no such
 * path. */
const struct operation *operation_match(const char *path, const char **id);

/* The name of an operation, or of requests to no operation for NULL. */
const char *operation_name(const struct operation *operation);

void answer_fini(struct answer *answer);
void answer_problem(struct answer *answer, const struct problem *problem);

/* Handlers by file: operation_records.c, operation_estimate.c, operation_market.c. */
void operation_properties(const struct call *call, struct answer *answer);
void operation_properties_random(const struct call *call, struct answer *answer);
void operation_property_by_id(const struct call *call, struct answer *answer);
void operation_sale(const struct call *call, struct answer *answer);
void operation_sale_by_id(const struct call *call, struct answer *answer);
void operation_rental(const struct call *call, struct answer *answer);
void operation_rental_by_id(const struct call *call, struct answer *answer);
void operation_value(const struct call *call, struct answer *answer);
void operation_rent(const struct call *call, struct answer *answer);
void operation_markets(const struct call *call, struct answer *answer);
