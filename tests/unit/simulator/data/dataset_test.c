/* dataset_test.c - the records: how many, how various, how sparse, and always the same. */
/* links: simulator/data/dataset.c */
/* links: simulator/data/place.c simulator/data/vocabulary.c simulator/data/draw.c */
/* links: simulator/data/address.c simulator/common/calendar.c */
/* links: simulator/data/record.c simulator/http/field.c */
/* links: simulator/common/text.c simulator/data/market.c simulator/data/documented.c */
#include "common/calendar.h"
#include "data/dataset.h"
#include "data/market.h"
#include "data/place.h"
#include "data/record.h"
#include "http/field.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const int32_t anchor_day = 20468; /* 2026-01-15 */

static struct dataset *dataset;

static void
make_dataset(void)
{
    dataset = dataset_create(1, anchor_day);
}

static void
drop_dataset(void)
{
    dataset_destroy(&dataset);
}

static size_t
count_listings(const struct dataset *of, enum book book, bool active)
{
    size_t count = 0;
    for (size_t i = 0; i < of->listing_count[book]; i++)
        count += listing_is_active(&of->listings[book][i]) == active;
    return count;
}

START_TEST(there_are_enough_records)
{
    ck_assert_uint_ge(dataset->property_count, 2000);
    ck_assert_uint_ge(count_listings(dataset, BOOK_SALE, true), 400);
    ck_assert_uint_ge(count_listings(dataset, BOOK_RENTAL, true), 400);
}
END_TEST

START_TEST(there_are_enough_places)
{
    static const char *const needed[] = {"Austin TX", "Dallas TX", "San Antonio TX"};
    char seen[PLACE_COUNT][40];
    size_t cities = 0;
    unsigned states = 0;
    int found = 0;
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s %s", places[i].city, places[i].state);
        bool is_new = true;
        for (size_t j = 0; j < cities; j++)
            is_new = is_new && strcmp(seen[j], name) != 0;
        if (!is_new)
            continue;
        memcpy(seen[cities++], name, sizeof name);
        states |= 1U << (places[i].state[0] - 'A');
        for (size_t j = 0; j < sizeof needed / sizeof needed[0]; j++)
            found += strcmp(name, needed[j]) == 0;
    }
    ck_assert_uint_ge(cities, 8);
    ck_assert_int_ge(__builtin_popcount(states), 3);
    ck_assert_int_eq(found, 3);
    ck_assert_ptr_nonnull(market_find_place("78701"));
    ck_assert_ptr_null(market_find_place("99999"));
}
END_TEST

/* For any seed and day: types of property and listing, both statuses. */
START_TEST(every_kind_of_record_exists)
{
    struct dataset *other = dataset_create((uint64_t)_i, anchor_day + 97 * _i);
    unsigned types = 0;
    unsigned listing_types = 0;
    for (size_t i = 0; i < other->property_count; i++)
        types |= 1U << other->properties[i].traits.type;
    for (size_t i = 0; i < other->listing_count[BOOK_SALE]; i++)
        listing_types |= 1U << other->listings[BOOK_SALE][i].type;
    ck_assert_uint_eq(types, (1U << PROPERTY_TYPE_COUNT) - 1);
    ck_assert_uint_eq(listing_types, (1U << LISTING_TYPE_COUNT) - 1);
    for (int book = 0; book < BOOK_COUNT; book++) {
        ck_assert_uint_ge(count_listings(other, (enum book)book, true), 400);
        ck_assert_uint_ge(count_listings(other, (enum book)book, false), 100);
    }
    dataset_destroy(&other);
}
END_TEST

/* Loops count what is wrong and assert once: an assertion is a message to the runner. */
START_TEST(ids_are_unique_sorted_and_found)
{
    int wrong = 0;
    for (size_t i = 0; i < dataset->property_count; i++) {
        const struct property *property = &dataset->properties[i];
        wrong += i > 0 && strcmp(property[-1].id, property->id) >= 0;
        wrong += dataset_find_property(dataset, property->id) != property;
        wrong += dataset_find_address(dataset, property->normal_address) != property;
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_ptr_null(dataset_find_property(dataset, "nowhere"));
    for (int book = 0; book < BOOK_COUNT; book++)
        for (size_t i = 0; i < dataset->listing_count[book]; i++) {
            const struct listing *listing = &dataset->listings[book][i];
            wrong +=
                dataset_find_listing(dataset, (enum book)book, listing->property->id) != listing;
        }
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* How many spans of a listing are not in order, empty or not before the anchor. */
static int
count_wrong_spans(const struct listing *listing)
{
    int wrong = 0;
    int32_t before = INT32_MIN;
    for (int32_t i = 0; i < listing->span_count; i++) {
        const struct span *span = &listing->spans[i];
        bool is_last = i == listing->span_count - 1;
        wrong += span->listed_day <= before || span->listed_day >= anchor_day || span->price <= 0;
        wrong += span->removed_day == UNKNOWN ? !is_last : span->removed_day <= span->listed_day;
        before = span->removed_day;
    }
    return wrong;
}

START_TEST(what_is_dated_lies_before_the_anchor)
{
    int wrong = 0;
    for (size_t i = 0; i < dataset->property_count; i++)
        wrong += dataset->properties[i].last_sale_day >= anchor_day;
    for (int book = 0; book < BOOK_COUNT; book++)
        for (size_t i = 0; i < dataset->listing_count[book]; i++)
            wrong += count_wrong_spans(&dataset->listings[book][i]);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(nothing_for_rent_is_land)
{
    int wrong = 0;
    for (size_t i = 0; i < dataset->listing_count[BOOK_RENTAL]; i++)
        wrong += dataset->listings[BOOK_RENTAL][i].traits.type == PROPERTY_LAND;
    ck_assert_int_eq(wrong, 0);
}
END_TEST

static struct text
render(const struct dataset *of, int32_t today)
{
    struct text text = {0};
    field_open(&text, NULL, '[');
    for (size_t i = 0; i < of->property_count; i++)
        record_write_property(&of->properties[i], of->anchor_day, &text);
    for (int book = 0; book < BOOK_COUNT; book++)
        for (size_t i = 0; i < of->listing_count[book]; i++)
            record_write_listing(&of->listings[book][i], (enum book)book, today, &text);
    field_close(&text, ']');
    return text;
}

static bool
is_same(struct text left, struct text right)
{
    return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

START_TEST(the_same_seed_makes_the_same_bytes)
{
    struct dataset *again = dataset_create(1, anchor_day);
    struct dataset *other = dataset_create(2, anchor_day);
    struct text texts[] = {render(dataset, anchor_day), render(again, anchor_day),
                           render(other, anchor_day)};
    ck_assert(is_same(texts[0], texts[1]));
    ck_assert(!is_same(texts[0], texts[2]));
    for (int i = 0; i < 3; i++)
        text_fini(&texts[i]);
    dataset_destroy(&again);
    dataset_destroy(&other);
}
END_TEST

static json_t *
render_array(void)
{
    struct text text = render(dataset, anchor_day);
    json_error_t error;
    json_t *array = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(array != NULL, "%s", error.text);
    text_fini(&text);
    return array;
}

static int
percent_with(const json_t *array, size_t end, const char *member)
{
    size_t with = 0;
    ck_assert_uint_gt(end, 0);
    for (size_t i = 0; i < end; i++)
        with += json_object_get(json_array_get(array, i), member) != NULL;
    return (int)(100 * with / end);
}

/* The shares of the vendor's five examples: four have lotSize and lastSalePrice, three zoning,
 * two hoa; everything else is always there. Land has no house. */
START_TEST(records_are_as_sparse_as_the_published_ones)
{
    static const struct {
        const char *member;
        int least;
        int most;
    } rows[] = {
        {"lotSize", 76, 85},
        {"lastSalePrice", 76, 84},
        {"zoning", 56, 64},
        {"hoa", 36, 44},
        {"id", 100, 100},
        {"assessorID", 100, 100},
        {"subdivision", 100, 100},
        {"lastSaleDate", 100, 100},
        {"features", 100, 100},
        {"taxAssessments", 100, 100},
        {"propertyTaxes", 100, 100},
        {"history", 100, 100},
        {"owner", 100, 100},
        {"ownerOccupied", 100, 100},
        {"county", 100, 100},
        {"bedrooms", 90, 99},
        {"yearBuilt", 90, 99},
    };
    json_t *array = render_array();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int percent = percent_with(array, dataset->property_count, rows[i].member);
        ck_assert_msg(percent >= rows[i].least && percent <= rows[i].most, "%s: %d %%",
                      rows[i].member, percent);
    }
    json_decref(array);
}
END_TEST

START_TEST(absent_fields_are_left_out_but_two_are_null)
{
    json_t *array = render_array();
    size_t index;
    json_t *record;
    int wrong = 0;
    json_array_foreach(array, index, record)
    {
        const char *name;
        json_t *value;
        wrong += json_object_get(record, "addressLine2") == NULL;
        json_object_foreach(record, name, value)
        {
            bool may_be_null =
                strcmp(name, "addressLine2") == 0 || strcmp(name, "removedDate") == 0;
            wrong += json_is_null(value) && !may_be_null;
        }
    }
    ck_assert_int_eq(wrong, 0);
    json_decref(array);
}
END_TEST

START_TEST(five_hundred_records_are_about_a_megabyte)
{
    struct text text = {0};
    for (size_t i = 0; i < 500; i++)
        record_write_property(&dataset->properties[i], anchor_day, &text);
    ck_assert_uint_ge(text.size, 800000);
    ck_assert_uint_le(text.size, 1100000);
    text_fini(&text);
}
END_TEST

START_TEST(the_documented_address_has_its_published_traits)
{
    const struct property *property =
        dataset_find_property(dataset, "5500-Grand-Lake-Dr,-San-Antonio,-TX-78244");
    ck_assert_ptr_nonnull(property);
    ck_assert_int_eq(property->traits.type, PROPERTY_SINGLE_FAMILY);
    ck_assert_int_eq(property->traits.bedrooms, 3);
    ck_assert_int_eq(property->traits.bathrooms_tenths, 20);
    ck_assert_int_eq(property->traits.square_footage, 1878);
    ck_assert_int_eq(property->traits.lot_size, 8843);
    ck_assert_int_eq(property->traits.year_built, 1973);
    ck_assert_int_eq(property->point.latitude_micro, 29476011);
    ck_assert_int_eq(property->point.longitude_micro, -98351454);
}
END_TEST

START_TEST(padded_records_are_exactly_as_long_as_asked)
{
    static const size_t sizes[] = {600, 2048, 51200};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct text text = {0};
        record_write_padded("bench-1", sizes[i], &text);
        json_t *object = json_loadb(text.data, text.size, 0, NULL);
        ck_assert_uint_eq(text.size, sizes[i]);
        ck_assert_str_eq(json_string_value(json_object_get(object, "id")), "bench-1");
        json_decref(object);
        text_fini(&text);
    }
}
END_TEST

START_TEST(every_zip_has_two_years_of_both_markets)
{
    const struct place *place = &places[_i];
    for (int book = 0; book < BOOK_COUNT; book++) {
        struct text text = {0};
        field_open(&text, NULL, '{');
        market_write(dataset, (enum book)book, place, anchor_day, 24, &text);
        field_close(&text, '}');
        json_t *object = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
        const json_t *market =
            json_object_get(object, book == BOOK_SALE ? "saleData" : "rentalData");
        const json_t *history = json_object_get(market, "history");
        ck_assert_uint_eq(json_object_size(history), 24);
        ck_assert_ptr_nonnull(json_object_get(history, "2026-01"));
        ck_assert_ptr_nonnull(json_object_get(history, "2024-02"));
        ck_assert_int_gt(json_integer_value(json_object_get(market, "totalListings")), 0);
        json_decref(object);
        text_fini(&text);
    }
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("dataset");
    TCase *records = tcase_create("records");
    tcase_set_timeout(records, 30);
    tcase_add_checked_fixture(records, make_dataset, drop_dataset);
    tcase_add_test(records, there_are_enough_records);
    tcase_add_test(records, there_are_enough_places);
    tcase_add_loop_test(records, every_kind_of_record_exists, 1, 11);
    tcase_add_test(records, ids_are_unique_sorted_and_found);
    tcase_add_test(records, what_is_dated_lies_before_the_anchor);
    tcase_add_test(records, nothing_for_rent_is_land);
    tcase_add_test(records, the_same_seed_makes_the_same_bytes);
    suite_add_tcase(suite, records);
    TCase *shape = tcase_create("shape");
    tcase_set_timeout(shape, 30);
    tcase_add_checked_fixture(shape, make_dataset, drop_dataset);
    tcase_add_test(shape, records_are_as_sparse_as_the_published_ones);
    tcase_add_test(shape, absent_fields_are_left_out_but_two_are_null);
    tcase_add_test(shape, five_hundred_records_are_about_a_megabyte);
    tcase_add_test(shape, the_documented_address_has_its_published_traits);
    tcase_add_test(shape, padded_records_are_exactly_as_long_as_asked);
    tcase_add_loop_test(shape, every_zip_has_two_years_of_both_markets, 0, PLACE_COUNT);
    suite_add_tcase(suite, shape);
    return suite;
}
