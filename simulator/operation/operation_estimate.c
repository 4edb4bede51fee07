/* operation_estimate.c - answers value and rent estimates from comparable listings.
 *
 * The subject is a record, found by address or by coordinates that fall on it, or a bare point.
 * Comparables are all listings of the book within a radius that were seen lately, the most alike
 * first.
 */
#include "common/calendar.h"
#include "data/documented.h"
#include "data/estimate.h"
#include "data/record.h"
#include "http/field.h"
#include "operation/estimate_request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct comparable {
    const struct listing *listing;
    int32_t distance_e4;
    int32_t correlation_e4;
};

/* Published where the vendor publishes one, else computed. */
static int32_t
operation_estimate_correlate(const struct estimate_request *request, const struct listing *listing,
                             double distance)
{
    const struct documented *documented = listing->property->documented;
    if (request->is_published && documented != NULL)
        return documented->correlation_e4;
    return estimate_to_e4(
        estimate_correlation(&request->traits, &listing->traits, distance, request->max_radius));
}

static bool
compare_to(const struct estimate_request *request, const struct listing *listing, int32_t today,
           struct comparable *comparable)
{
    if (listing->property == request->record ||
        days_old(listing_current(listing), today) > request->days_old)
        return false;
    double distance = place_distance_miles(request->point, listing->property->point);
    if (distance > request->max_radius)
        return false;
    *comparable = (struct comparable){
        .listing = listing,
        .distance_e4 = estimate_to_e4(distance),
        .correlation_e4 = operation_estimate_correlate(request, listing, distance),
    };
    return true;
}

static int
compare_comparables(const void *left, const void *right)
{
    const struct comparable *a = left;
    const struct comparable *b = right;
    if (a->correlation_e4 != b->correlation_e4)
        return a->correlation_e4 > b->correlation_e4 ? -1 : 1;
    return strcmp(a->listing->property->id, b->listing->property->id);
}

/* The caller frees *found. */
static size_t
find_comparables(const struct call *call, const struct estimate_request *request,
                 struct comparable **found)
{
    const struct dataset *dataset = call->dataset;
    int32_t today = calendar_day_of(call->now_ms);
    size_t most = dataset->listing_count[request->book];
    size_t count = 0;
    *found = calloc(most + 1, sizeof **found);
    assert(*found != NULL);
    for (size_t i = 0; i < most; i++)
        if (compare_to(request, &dataset->listings[request->book][i], today, &(*found)[count]))
            count++;
    qsort(*found, count, sizeof **found, compare_comparables);
    return count < (size_t)request->comparables ? count : (size_t)request->comparables;
}

static void
write_subject(const struct estimate_request *request, struct text *text)
{
    field_open(text, "subjectProperty", '{');
    if (request->record != NULL) {
        record_write_address(request->record, text);
    } else {
        field_scaled(text, "latitude", request->point.latitude_micro, 6);
        field_scaled(text, "longitude", request->point.longitude_micro, 6);
    }
    record_write_traits(&request->traits, text);
    if (request->record != NULL) {
        field_day(text, "lastSaleDate", request->record->last_sale_day);
        if (request->record->last_sale_price != UNKNOWN)
            field_integer(text, "lastSalePrice", request->record->last_sale_price);
    }
    field_close(text, '}');
}

static void
write_comparable(const struct comparable *comparable, int32_t today, struct text *text)
{
    const struct listing *listing = comparable->listing;
    field_open(text, NULL, '{');
    record_write_address(listing->property, text);
    record_write_traits(&listing->traits, text);
    record_write_market(listing, today, UNKNOWN, text);
    field_scaled(text, "distance", comparable->distance_e4, 4);
    field_integer(text, "daysOld", days_old(listing_current(listing), today));
    field_scaled(text, "correlation", comparable->correlation_e4, 4);
    field_close(text, '}');
}

static void
write_estimate(const struct estimate_request *request, const struct comparable *found, size_t count,
               struct text *text)
{
    struct weighted_price prices[COMPARABLES_MOST];
    for (size_t i = 0; i < count; i++)
        prices[i] = (struct weighted_price){listing_current(found[i].listing)->price,
                                            found[i].correlation_e4};
    bool is_sale = request->book == BOOK_SALE;
    struct estimate estimate = estimate_price(prices, count, is_sale ? 1000 : 10);
    field_integer(text, is_sale ? "price" : "rent", estimate.price);
    field_integer(text, is_sale ? "priceRangeLow" : "rentRangeLow", estimate.low);
    field_integer(text, is_sale ? "priceRangeHigh" : "rentRangeHigh", estimate.high);
}

static void
answer_estimate(const struct call *call, enum book book, struct answer *answer)
{
    struct problem problem;
    struct estimate_request request = {.book = book};
    struct comparable *found = NULL;
    size_t count = 0;
    bool is_good = estimate_request_read(call, &request, &problem);
    if (is_good)
        count = find_comparables(call, &request, &found);
    if (is_good && count < COMPARABLES_LEAST) {
        problem_set(&problem, PROBLEM_BAD_REQUEST,
                    "Not enough comparables found within the given radius and days");
        is_good = false;
    }
    if (!is_good) {
        answer_problem(answer, &problem);
        free(found);
        return;
    }
    answer->status = 200;
    field_open(&answer->body, NULL, '{');
    write_estimate(&request, found, count, &answer->body);
    write_subject(&request, &answer->body);
    field_open(&answer->body, "comparables", '[');
    for (size_t i = 0; i < count; i++)
        write_comparable(&found[i], calendar_day_of(call->now_ms), &answer->body);
    field_close(&answer->body, ']');
    field_close(&answer->body, '}');
    free(found);
}

void
operation_value(const struct call *call, struct answer *answer)
{
    answer_estimate(call, BOOK_SALE, answer);
}

void
operation_rent(const struct call *call, struct answer *answer)
{
    answer_estimate(call, BOOK_RENTAL, answer);
}
