/* operation.c - the table of the API's operations. */
#include "operation/operation.h"

#include <string.h>

const struct operation operations[OPERATION_COUNT] = {
    {OPERATION_PROPERTIES, "property-records", "/v1/properties", operation_properties},
    {OPERATION_PROPERTIES_RANDOM, "property-records-random", "/v1/properties/random",
     operation_properties_random},
    {OPERATION_PROPERTY_BY_ID, "property-record-by-id", "/v1/properties/{id}",
     operation_property_by_id},
    {OPERATION_VALUE, "value-estimate", "/v1/avm/value", operation_value},
    {OPERATION_RENT, "rent-estimate-long-term", "/v1/avm/rent/long-term", operation_rent},
    {OPERATION_SALE, "sale-listings", "/v1/listings/sale", operation_sale},
    {OPERATION_SALE_BY_ID, "sale-listing-by-id", "/v1/listings/sale/{id}", operation_sale_by_id},
    {OPERATION_RENTAL, "rental-listings-long-term", "/v1/listings/rental/long-term",
     operation_rental},
    {OPERATION_RENTAL_BY_ID, "rental-listing-long-term-by-id", "/v1/listings/rental/long-term/{id}",
     operation_rental_by_id},
    {OPERATION_MARKETS, "market-statistics", "/v1/markets", operation_markets},
};

/* The table has /properties/random before /properties/{id}: the first match counts. */
const struct operation *
operation_match(const char *path, const char **id)
{
    *id = NULL;
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        const char *brace = strchr(operations[i].path, '{');
        if (brace == NULL) {
            if (strcmp(path, operations[i].path) == 0)
                return &operations[i];
            continue;
        }
        size_t fixed = (size_t)(brace - operations[i].path);
        const char *segment = path + fixed;
        if (strncmp(path, operations[i].path, fixed) != 0)
            continue;
        if (*segment != '\0' && strchr(segment, '/') == NULL) {
            *id = segment;
            return &operations[i];
        }
    }
    return NULL;
}

const char *
operation_name(const struct operation *operation)
{
    return operation == NULL ? "unrouted" : operation->name;
}

void
answer_fini(struct answer *answer)
{
    text_fini(&answer->body);
}

void
answer_problem(struct answer *answer, const struct problem *problem)
{
    answer->status = problem->status;
    answer->is_paged = false;
    answer->is_counted = false;
    problem_write(problem, &answer->body);
}
