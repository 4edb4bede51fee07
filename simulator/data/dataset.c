/* dataset.c - the records the simulator knows: making each property (where it stands, what it is, what it is worth) and each
 * listing of it (its price, when it was on the market), and finding them. */
#include "data/dataset.h"

#include "common/calendar.h"
#include "data/documented.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The clock can be set back before a listing began. */
static int32_t
not_negative(int32_t days)
{
    return days < 0 ? 0 : days;
}

int32_t
days_on_market(const struct span *span, int32_t today)
{
    int32_t end = span->removed_day == UNKNOWN ? today : span->removed_day;
    return not_negative(end - span->listed_day);
}

int32_t
days_last_seen(const struct span *span, int32_t today)
{
    return (span->removed_day == UNKNOWN ? today : span->removed_day) - 1;
}

int32_t
days_old(const struct span *span, int32_t today)
{
    return not_negative(today - days_last_seen(span, today));
}

int32_t
days_since_listed(const struct span *span, int32_t today)
{
    return not_negative(today - span->listed_day);
}

/* Twenty houses of a street: every zip gets all seven types. */
static const enum property_type type_cycle[] = {
    PROPERTY_SINGLE_FAMILY, PROPERTY_CONDO,        PROPERTY_SINGLE_FAMILY, PROPERTY_TOWNHOUSE,
    PROPERTY_SINGLE_FAMILY, PROPERTY_MULTI_FAMILY, PROPERTY_SINGLE_FAMILY, PROPERTY_LAND,
    PROPERTY_SINGLE_FAMILY, PROPERTY_APARTMENT,    PROPERTY_SINGLE_FAMILY, PROPERTY_CONDO,
    PROPERTY_SINGLE_FAMILY, PROPERTY_MANUFACTURED, PROPERTY_SINGLE_FAMILY, PROPERTY_TOWNHOUSE,
    PROPERTY_SINGLE_FAMILY, PROPERTY_MULTI_FAMILY, PROPERTY_APARTMENT,     PROPERTY_CONDO,
};

enum {
    TYPE_CYCLE = sizeof type_cycle / sizeof type_cycle[0],
    NUMBERS_PER_INDEX = 37, /* house numbers of one index, so that no address comes twice */
};

static void
make_address(struct property *property, uint32_t index, struct draw *draw)
{
    const char *street = vocabulary_word(WORD_STREET, (index * 7 + draw_below(draw, 5)) %
                                                          vocabulary_size(WORD_STREET));
    uint32_t number = 100 + index * NUMBERS_PER_INDEX + draw_below(draw, NUMBERS_PER_INDEX);
    snprintf(property->address_line1, sizeof property->address_line1, "%u %s %s", number, street,
             vocabulary_pick(WORD_STREET_SUFFIX, draw));
    static const char *const units[] = {"Unit %u", "Apt %u", "# %u"};
    bool has_unit = property->traits.type == PROPERTY_CONDO && draw_chance(draw, 70);
    if (has_unit) {
        uint32_t unit = 100 + draw_below(draw, 320);
        const char *form = units[draw_below(draw, 3)];
        snprintf(property->address_line2, sizeof property->address_line2, "%.*s%u",
                 (int)(strlen(form) - 2), form, unit);
    }
}

static void
make_point(struct property *property, struct draw *draw)
{
    property->point = property->place->centre;
    property->point.latitude_micro += draw_between(draw, -17000, 17000);
    property->point.longitude_micro += draw_between(draw, -19000, 19000);
}

static int32_t
draw_year_built(enum property_type type, int32_t anchor_year, struct draw *draw)
{
    bool may_be_new =
        type == PROPERTY_SINGLE_FAMILY || type == PROPERTY_CONDO || type == PROPERTY_TOWNHOUSE;
    if (draw_chance(draw, 12) && may_be_new)
        return anchor_year - 1 - draw_between(draw, 0, 1);
    return anchor_year - draw_between(draw, 4, 74);
}

/* Area per unit: what one household lives in. */
static int32_t
draw_area(enum property_type type, int32_t bedrooms, struct draw *draw)
{
    static const int32_t base[PROPERTY_TYPE_COUNT] = {
        [PROPERTY_APARTMENT] = 480,     [PROPERTY_CONDO] = 560,
        [PROPERTY_MANUFACTURED] = 620,  [PROPERTY_MULTI_FAMILY] = 610,
        [PROPERTY_SINGLE_FAMILY] = 760, [PROPERTY_TOWNHOUSE] = 690,
    };
    int32_t area = base[type] + bedrooms * draw_between(draw, 270, 430);
    return area + draw_between(draw, 0, 180);
}

static void
make_building(struct property *property, int32_t anchor_year, struct draw *draw)
{
    static const int32_t most_bedrooms[PROPERTY_TYPE_COUNT] = {
        [PROPERTY_APARTMENT] = 3,    [PROPERTY_CONDO] = 3,         [PROPERTY_MANUFACTURED] = 4,
        [PROPERTY_MULTI_FAMILY] = 4, [PROPERTY_SINGLE_FAMILY] = 6, [PROPERTY_TOWNHOUSE] = 4,
    };
    struct traits *traits = &property->traits;
    bool has_studios = traits->type == PROPERTY_APARTMENT || traits->type == PROPERTY_CONDO;
    int32_t most = most_bedrooms[traits->type];
    /* The lower of two draws for large houses: three bedrooms are common, six are not. */
    int32_t first = draw_between(draw, has_studios ? 0 : most > 4 ? 2 : 1, most);
    int32_t second = draw_between(draw, has_studios ? 0 : 2, most);
    traits->bedrooms = first < second ? first : second;
    traits->bathrooms_tenths = 10 + 5 * draw_between(draw, 0, 1 + 2 * (traits->bedrooms / 2));
    if (traits->type == PROPERTY_MULTI_FAMILY)
        property->unit_count = draw_between(draw, 2, 4);
    if (traits->type == PROPERTY_APARTMENT)
        property->unit_count = draw_between(draw, 5, 36);
    traits->square_footage = property->unit_count * draw_area(traits->type, traits->bedrooms, draw);
    traits->year_built = draw_year_built(traits->type, anchor_year, draw);
}

static void
make_traits(struct property *property, int32_t anchor_year, struct draw *draw)
{
    struct traits *traits = &property->traits;
    property->unit_count = 1;
    traits->bedrooms = UNKNOWN;
    traits->bathrooms_tenths = UNKNOWN;
    traits->square_footage = UNKNOWN;
    traits->year_built = UNKNOWN;
    if (traits->type == PROPERTY_LAND) {
        traits->lot_size = draw_between(draw, 40, 870) * 100;
        property->unit_count = 0;
        return;
    }
    make_building(property, anchor_year, draw);
    int32_t lot = 1400 + draw_between(draw, 10, 95) * 100 + property->unit_count * 300;
    traits->lot_size = draw_chance(draw, 80) ? lot : UNKNOWN;
}

static void
make_value(struct property *property, struct draw *draw)
{
    const struct place *place = property->place;
    int64_t worth = property->traits.type == PROPERTY_LAND
                        ? (int64_t)property->traits.lot_size * place->price_per_foot / 11
                        : (int64_t)property->traits.square_footage * place->price_per_foot;
    if (property->traits.type == PROPERTY_MANUFACTURED)
        worth = worth * 6 / 10;
    worth = worth * draw_between(draw, 82, 118) / 100;
    property->value = (int32_t)(worth / 100 * 100);
}

static void
make_last_sale(struct property *property, int32_t anchor_day, struct draw *draw)
{
    int32_t earliest = anchor_day - 20 * 365;
    int32_t built = property->traits.year_built;
    if (built != UNKNOWN && calendar_day((struct date){built, 7, 1}) > earliest)
        earliest = calendar_day((struct date){built, 7, 1});
    /* One in six changed hands in the last year, so that short saleDateRange finds some. */
    int32_t latest = anchor_day - 3;
    if (draw_chance(draw, 16) && anchor_day - 365 > earliest)
        earliest = anchor_day - 365;
    property->last_sale_day = draw_between(draw, earliest < latest ? earliest : latest, latest);
    int32_t years = (anchor_day - property->last_sale_day) / 365;
    int64_t price = (int64_t)property->value * (100 - 3 * years) / 100;
    property->last_sale_price = draw_chance(draw, 80) ? (int32_t)(price / 500 * 500) : UNKNOWN;
}

static void
finish_address(struct property *property)
{
    const struct place *place = property->place;
    const char *comma = property->address_line2[0] == '\0' ? "" : ", ";
    snprintf(property->formatted_address, sizeof property->formatted_address, "%s%s%s, %s, %s %s",
             property->address_line1, comma, property->address_line2, place->city, place->state,
             place->zip);
    address_make_id(property->formatted_address, property->id);
    bool is_address = address_normalise(property->formatted_address, property->normal_address);
    assert(is_address);
}

static void
make_property(uint64_t seed, uint32_t place, uint32_t index, int32_t anchor_day,
              struct property *property)
{
    struct draw draw = draw_stream(seed, place, index);
    *property = (struct property){.place = &places[place]};
    property->traits.type = type_cycle[(index * 7 + place) % TYPE_CYCLE];
    make_address(property, index, &draw);
    make_point(property, &draw);
    make_traits(property, calendar_date(anchor_day).year, &draw);
    property->hoa_fee = draw_chance(&draw, 40) ? draw_between(&draw, 3, 60) * 10 : UNKNOWN;
    make_value(property, &draw);
    bool has_documented = documented_is_place(property->place);
    if (has_documented)
        documented_make_comparable(index, property);
    make_last_sale(property, anchor_day, &draw);
    property->detail_seed = draw_next(&draw);
    if (has_documented)
        documented_make_subject(index, anchor_day, property);
    finish_address(property);
}

enum {
    LISTED_PERCENT = 38,
    ACTIVE_PERCENT = 62,
};

static int32_t
ask_sale(const struct property *property, struct draw *draw)
{
    int64_t price = (int64_t)property->value * draw_between(draw, 94, 111) / 100;
    return (int32_t)(price / 100 * 100);
}

/* The rent of one unit, also in houses that have several. */
static int32_t
ask_rent(const struct property *property, struct draw *draw)
{
    int64_t area = dataset_traits(property, BOOK_RENTAL).square_footage;
    int64_t cents = area * property->place->rent_per_foot;
    int64_t rent = cents * draw_between(draw, 88, 112) / 10000;
    return (int32_t)(rent / 5 * 5);
}

static int32_t
ask_price(const struct property *property, enum book book, struct draw *draw)
{
    return book == BOOK_SALE ? ask_sale(property, draw) : ask_rent(property, draw);
}

/* An active listing began up to seven months ago; an inactive one ended in the last nine. */
static struct span
draw_current(int32_t anchor_day, struct draw *draw)
{
    struct span span = {.removed_day = UNKNOWN};
    if (draw_chance(draw, ACTIVE_PERCENT)) {
        span.listed_day = anchor_day - draw_between(draw, 1, 210);
    } else {
        span.removed_day = anchor_day - draw_between(draw, 1, 262);
        span.listed_day = span.removed_day - draw_between(draw, 2, 130);
    }
    return span;
}

/* Earlier times on the market, newest first, with gaps: together they cover the months that
 * market statistics go back. */
static int32_t
draw_earlier(int32_t before_day, int32_t most, struct span *spans, struct draw *draw)
{
    int32_t count = draw_between(draw, 1, most);
    for (int32_t i = 0; i < count; i++) {
        spans[i].removed_day = before_day - draw_between(draw, 25, 230);
        spans[i].listed_day = spans[i].removed_day - draw_between(draw, 10, 120);
        before_day = spans[i].listed_day;
    }
    return count;
}

static enum listing_type
draw_type(const struct property *property, int32_t anchor_day, struct draw *draw)
{
    bool is_new = property->traits.year_built != UNKNOWN &&
                  property->traits.year_built >= calendar_date(anchor_day).year - 2;
    uint32_t roll = draw_below(draw, 100);
    if (is_new)
        return roll < 70 ? LISTING_NEW_CONSTRUCTION : LISTING_STANDARD;
    if (roll < 6)
        return LISTING_FORECLOSURE;
    return roll < 11 ? LISTING_SHORT_SALE : LISTING_STANDARD;
}

static bool
make_listing(const struct property *property, enum book book, int32_t anchor_day,
             struct listing *listing)
{
    if (property->documented != NULL)
        return documented_make_listing(property, book, anchor_day, listing);
    struct draw draw = draw_stream(property->detail_seed, 1000, (uint64_t)book);
    bool is_listed = draw_chance(&draw, LISTED_PERCENT);
    if (!is_listed || (book == BOOK_RENTAL && property->traits.type == PROPERTY_LAND))
        return false;
    *listing = (struct listing){.property = property, .traits = dataset_traits(property, book)};
    struct span current = draw_current(anchor_day, &draw);
    struct span earlier[SPANS_MOST];
    int32_t count = draw_earlier(current.listed_day, SPANS_MOST - 1, earlier, &draw);
    for (int32_t i = 0; i < count; i++)
        listing->spans[i] = earlier[count - 1 - i];
    listing->spans[count] = current;
    listing->span_count = count + 1;
    for (int32_t i = 0; i < listing->span_count; i++)
        listing->spans[i].price = ask_price(property, book, &draw);
    listing->type = book == BOOK_SALE ? draw_type(property, anchor_day, &draw) : LISTING_STANDARD;
    listing->seen_at_ms = draw_between(&draw, 0, 86399999);
    listing->detail_seed = draw_next(&draw);
    return true;
}

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
            make_property(dataset->seed, place, index, dataset->anchor_day, next++);
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
        if (make_listing(&dataset->properties[i], book, dataset->anchor_day, &made[count]))
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
