/* operation_market.c - answers market statistics of a zip. */
#include "common/calendar.h"
#include "data/market.h"
#include "data/search.h"
#include "http/field.h"
#include "operation/operation.h"

#include <string.h>

enum {
    MONTHS_DEFAULT = 12,
    MONTHS_MOST = 1200,
};

/* How many months could have data at all. */
static int32_t
clip_months(int64_t months)
{
    return months > 120 ? 120 : (int32_t)months;
}

void
operation_markets(const struct call *call, struct answer *answer)
{
    struct problem problem = {0};
    const char *zip = query_value(call->query, "zipCode");
    const char *type = query_value(call->query, "dataType");
    int64_t months = MONTHS_DEFAULT;
    bool wants_sale = type == NULL || strcmp(type, "All") == 0 || strcmp(type, "Sale") == 0;
    bool wants_rental = type == NULL || strcmp(type, "All") == 0 || strcmp(type, "Rental") == 0;
    const struct place *place = zip == NULL ? NULL : market_find_place(zip);
    if (zip == NULL || !search_is_zip(zip))
        problem_set_parameter(&problem, "zipCode", zip);
    else if (!wants_sale && !wants_rental)
        problem_set_parameter(&problem, "dataType", type);
    else if (!query_integer(call->query, "historyRange", 1, MONTHS_MOST, &months))
        problem_set_parameter(&problem, "historyRange", query_value(call->query, "historyRange"));
    else if (place == NULL)
        problem_set(&problem, PROBLEM_NOT_FOUND, NULL);
    if (problem.status != 0) {
        answer_problem(answer, &problem);
        return;
    }
    int32_t today = calendar_day_of(call->now_ms);
    struct text *body = &answer->body;
    answer->status = 200;
    field_open(body, NULL, '{');
    field_string(body, "id", zip);
    field_string(body, "zipCode", zip);
    if (wants_sale)
        market_write(call->dataset, BOOK_SALE, place, today, clip_months(months), body);
    if (wants_rental)
        market_write(call->dataset, BOOK_RENTAL, place, today, clip_months(months), body);
    field_close(body, '}');
}
