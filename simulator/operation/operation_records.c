/* operation_records.c - answers the operations on property records and listings. */
#include "common/calendar.h"
#include "data/record.h"
#include "data/search.h"
#include "operation/operation.h"

#include "http/field.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char padded_prefix[] = "bench-";

static void
operation_records_refuse(struct answer *answer, enum problem_kind kind)
{
    struct problem problem;
    problem_set(&problem, kind, NULL);
    answer_problem(answer, &problem);
}

/* Collects the matches of one page and counts the others: rows before the page are skipped, rows
 * after it are only looked at when somebody asked for the total. */
struct collection {
    const struct search *search;
    const struct call *call;
    size_t found;
};

static bool
is_on_page(struct collection *collection)
{
    const struct search_page *page = &collection->search->page;
    size_t index = collection->found++;
    return index >= page->offset && index - page->offset < page->limit;
}

static void
collect_properties(struct collection *collection, struct text *body)
{
    const struct dataset *dataset = collection->call->dataset;
    int32_t today = calendar_day_of(collection->call->now_ms);
    for (size_t i = 0; i < dataset->property_count; i++) {
        const struct property *property = &dataset->properties[i];
        if (search_matches_property(collection->search, property, today) && is_on_page(collection))
            record_write_property(property, dataset->anchor_day, body);
    }
}

static void
collect_listings(struct collection *collection, enum book book, struct text *body)
{
    const struct dataset *dataset = collection->call->dataset;
    int32_t today = calendar_day_of(collection->call->now_ms);
    for (size_t i = 0; i < dataset->listing_count[book]; i++) {
        const struct listing *listing = &dataset->listings[book][i];
        if (search_matches_listing(collection->search, listing, today) && is_on_page(collection))
            record_write_listing(listing, book, today, body);
    }
}

static void
operation_records_list(const struct call *call, enum search_kind kind, struct answer *answer)
{
    struct problem problem;
    struct search *search = malloc(sizeof *search);
    assert(search != NULL);
    if (!search_read(call->query, kind, call->dataset, search, &problem)) {
        answer_problem(answer, &problem);
        free(search);
        return;
    }
    struct collection collection = {.search = search, .call = call};
    answer->status = 200;
    answer->is_paged = true;
    answer->limit = search->page.limit;
    answer->offset = search->page.offset;
    answer->is_counted = search->page.wants_total;
    field_open(&answer->body, NULL, '[');
    if (kind == SEARCH_PROPERTIES)
        collect_properties(&collection, &answer->body);
    else
        collect_listings(&collection, kind == SEARCH_SALE ? BOOK_SALE : BOOK_RENTAL, &answer->body);
    field_close(&answer->body, ']');
    answer->total = collection.found;
    free(search);
    if (collection.found == 0)
        operation_records_refuse(answer, PROBLEM_NOT_FOUND);
}

void
operation_properties(const struct call *call, struct answer *answer)
{
    operation_records_list(call, SEARCH_PROPERTIES, answer);
}

void
operation_sale(const struct call *call, struct answer *answer)
{
    operation_records_list(call, SEARCH_SALE, answer);
}

void
operation_rental(const struct call *call, struct answer *answer)
{
    operation_records_list(call, SEARCH_RENTAL, answer);
}

static uint32_t
common_divisor(uint32_t left, uint32_t right)
{
    return right == 0 ? left : common_divisor(right, left % right);
}

/* Walks the records with a step that meets each only once. Drawn with the number of the call, so
 * that two runs of the same calls answer alike. */
void
operation_properties_random(const struct call *call, struct answer *answer)
{
    struct search_page page;
    struct problem problem;
    if (!search_read_limit(call->query, &page, &problem)) {
        answer_problem(answer, &problem);
        return;
    }
    const struct dataset *dataset = call->dataset;
    struct draw draw = draw_stream(dataset->seed, 2000, call->draw_number);
    uint32_t count = (uint32_t)dataset->property_count;
    uint32_t at = draw_below(&draw, count);
    uint32_t step = 1 + draw_below(&draw, count - 1);
    while (common_divisor(count, step) != 1)
        step++;
    answer->status = 200;
    field_open(&answer->body, NULL, '[');
    for (size_t i = 0; i < page.limit; i++) {
        record_write_property(&dataset->properties[at], dataset->anchor_day, &answer->body);
        at = (at + step) % count;
    }
    field_close(&answer->body, ']');
}

void
operation_property_by_id(const struct call *call, struct answer *answer)
{
    const struct property *property = dataset_find_property(call->dataset, call->id);
    answer->status = 200;
    bool is_padded = call->padded_bytes > 0 &&
                     strncmp(call->id, padded_prefix, sizeof padded_prefix - 1) == 0 &&
                     strlen(call->id) < ADDRESS_SIZE;
    if (is_padded)
        record_write_padded(call->id, call->padded_bytes, &answer->body);
    else if (property != NULL)
        record_write_property(property, call->dataset->anchor_day, &answer->body);
    else
        operation_records_refuse(answer, PROBLEM_NOT_FOUND);
}

static void
find_listing(const struct call *call, enum book book, struct answer *answer)
{
    const struct listing *listing = dataset_find_listing(call->dataset, book, call->id);
    if (listing == NULL) {
        operation_records_refuse(answer, PROBLEM_NOT_FOUND);
        return;
    }
    answer->status = 200;
    record_write_listing(listing, book, calendar_day_of(call->now_ms), &answer->body);
}

void
operation_sale_by_id(const struct call *call, struct answer *answer)
{
    find_listing(call, BOOK_SALE, answer);
}

void
operation_rental_by_id(const struct call *call, struct answer *answer)
{
    find_listing(call, BOOK_RENTAL, answer);
}
