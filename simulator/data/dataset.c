/* dataset.c - the records the simulator knows: all of them, and how to find one. */
#include "data/dataset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int
compare_properties(const void *left, const void *right)
{
    const struct property *a = left;
    const struct property *b = right;
    return strcmp(a->id, b->id);
}

static void
make_properties(struct dataset *dataset)
{
    dataset->property_count = (size_t)PLACE_COUNT * PROPERTIES_PER_PLACE;
    dataset->properties = calloc(dataset->property_count, sizeof *dataset->properties);
    assert(dataset->properties != NULL);
    struct property *next = dataset->properties;
    for (uint32_t place = 0; place < PLACE_COUNT; place++)
        for (uint32_t index = 0; index < PROPERTIES_PER_PLACE; index++)
            dataset_make_property(dataset->seed, place, index, dataset->anchor_day, next++);
    qsort(dataset->properties, dataset->property_count, sizeof *dataset->properties,
          compare_properties);
}

static void
make_listings(struct dataset *dataset, enum book book)
{
    struct listing *made = calloc(dataset->property_count, sizeof *made);
    assert(made != NULL);
    size_t count = 0;
    for (size_t i = 0; i < dataset->property_count; i++)
        if (dataset_make_listing(&dataset->properties[i], book, dataset->anchor_day, &made[count]))
            count++;
    dataset->listings[book] = made;
    dataset->listing_count[book] = count;
}

struct dataset *
dataset_create(uint64_t seed, int32_t anchor_day)
{
    struct dataset *dataset = calloc(1, sizeof *dataset);
    assert(dataset != NULL);
    dataset->seed = seed;
    dataset->anchor_day = anchor_day;
    make_properties(dataset);
    make_listings(dataset, BOOK_SALE);
    make_listings(dataset, BOOK_RENTAL);
    return dataset;
}

void
dataset_destroy(struct dataset **dataset)
{
    if (*dataset == NULL)
        return;
    free((*dataset)->properties);
    free((*dataset)->listings[BOOK_SALE]);
    free((*dataset)->listings[BOOK_RENTAL]);
    free(*dataset);
    *dataset = NULL;
}

static int
compare_id_to_property(const void *id, const void *property)
{
    return strcmp(id, ((const struct property *)property)->id);
}

const struct property *
dataset_find_property(const struct dataset *dataset, const char *id)
{
    return bsearch(id, dataset->properties, dataset->property_count, sizeof *dataset->properties,
                   compare_id_to_property);
}

static int
compare_id_to_listing(const void *id, const void *listing)
{
    return strcmp(id, ((const struct listing *)listing)->property->id);
}

const struct listing *
dataset_find_listing(const struct dataset *dataset, enum book book, const char *id)
{
    return bsearch(id, dataset->listings[book], dataset->listing_count[book],
                   sizeof *dataset->listings[book], compare_id_to_listing);
}

const struct property *
dataset_find_address(const struct dataset *dataset, const char *normal)
{
    for (size_t i = 0; i < dataset->property_count; i++)
        if (address_matches(normal, dataset->properties[i].normal_address))
            return &dataset->properties[i];
    return NULL;
}

struct traits
dataset_traits(const struct property *property, enum book book)
{
    struct traits traits = property->traits;
    if (book == BOOK_RENTAL && property->unit_count > 1)
        traits.square_footage /= property->unit_count;
    return traits;
}

const struct span *
listing_current(const struct listing *listing)
{
    return &listing->spans[listing->span_count - 1];
}

bool
listing_is_active(const struct listing *listing)
{
    return listing_current(listing)->removed_day == UNKNOWN;
}
