/* dataset_property.c - makes one property: where it stands, what it is, what it is worth. */
#include "data/calendar.h"
#include "data/dataset.h"
#include "operation/documented.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

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

void
dataset_make_property(uint64_t seed, uint32_t place, uint32_t index, int32_t anchor_day,
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
