/* record.c - writes properties and listings as the API shows them, drawing what the data set does not hold. */
#include "data/record.h"

#include "common/calendar.h"
#include "http/field.h"

#include <stdio.h>

void
record_write_address(const struct property *property, struct text *text)
{
    const struct place *place = property->place;
    const char *line2 = property->address_line2[0] == '\0' ? NULL : property->address_line2;
    field_string(text, "id", property->id);
    field_string(text, "formattedAddress", property->formatted_address);
    field_string(text, "addressLine1", property->address_line1);
    field_string(text, "addressLine2", line2);
    field_string(text, "city", place->city);
    field_string(text, "state", place->state);
    field_string(text, "stateFips", place->state_fips);
    field_string(text, "zipCode", place->zip);
    field_string(text, "county", place->county);
    field_string(text, "countyFips", place->county_fips);
    field_scaled(text, "latitude", property->point.latitude_micro, 6);
    field_scaled(text, "longitude", property->point.longitude_micro, 6);
}

static void
write_known(struct text *text, const char *key, int32_t value, unsigned decimals)
{
    if (value != UNKNOWN)
        field_scaled(text, key, value, decimals);
}

void
record_write_traits(const struct traits *traits, struct text *text)
{
    if (traits->type != PROPERTY_TYPE_UNKNOWN)
        field_string(text, "propertyType", vocabulary_property_type(traits->type));
    write_known(text, "bedrooms", traits->bedrooms, 0);
    write_known(text, "bathrooms", traits->bathrooms_tenths, 1);
    write_known(text, "squareFootage", traits->square_footage, 0);
    write_known(text, "lotSize", traits->lot_size, 0);
    write_known(text, "yearBuilt", traits->year_built, 0);
}

/* A feature that is there in some houses: a flag, and a kind. */
struct feature {
    const char *flag; /* NULL: only the kind is shown */
    const char *kind;
    enum vocabulary words;
    uint32_t percent;
};

static const struct feature features[] = {
    {NULL, "architectureType", WORD_ARCHITECTURE, 90},
    {"cooling", "coolingType", WORD_COOLING, 95},
    {NULL, "exteriorType", WORD_EXTERIOR, 95},
    {"fireplace", "fireplaceType", WORD_FIREPLACE, 55},
    {NULL, "foundationType", WORD_FOUNDATION, 95},
    {"garage", "garageType", WORD_GARAGE, 80},
    {"heating", "heatingType", WORD_HEATING, 98},
    {"pool", "poolType", WORD_POOL, 25},
    {NULL, "roofType", WORD_ROOF, 95},
    {NULL, "viewType", WORD_VIEW, 50},
};

static bool
write_feature(const struct feature *feature, struct draw *draw, struct text *text)
{
    bool is_there = draw_chance(draw, feature->percent);
    const char *kind = vocabulary_pick(feature->words, draw);
    if (feature->flag != NULL)
        field_boolean(text, feature->flag, is_there);
    if (is_there)
        field_string(text, feature->kind, kind);
    return is_there;
}

/* A number that most houses show. */
static void
write_count(const char *name, uint32_t percent, int32_t count, struct draw *draw, struct text *text)
{
    if (draw_chance(draw, percent))
        field_integer(text, name, count);
}

static void
write_features(const struct property *property, struct draw *draw, struct text *text)
{
    field_open(text, "features", '{');
    if (property->traits.type != PROPERTY_LAND) {
        bool has_garage = false;
        for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
            bool is_there = write_feature(&features[i], draw, text);
            has_garage = has_garage || (is_there && features[i].words == WORD_GARAGE);
        }
        int32_t rooms = property->traits.bedrooms + draw_between(draw, 2, 5);
        write_count("floorCount", 90, draw_between(draw, 1, 3), draw, text);
        write_count("garageSpaces", has_garage ? 90 : 0, draw_between(draw, 1, 3), draw, text);
        write_count("roomCount", 85, rooms, draw, text);
        field_integer(text, "unitCount", property->unit_count);
    }
    field_close(text, '}');
}

static void
write_year_key(struct text *text, int32_t year)
{
    char key[12];
    snprintf(key, sizeof key, "%d", year);
    field_open(text, key, '{');
    field_integer(text, "year", year);
}

/* The six years before the anchor's year. */
static void
write_taxes(const struct property *property, int32_t anchor_year, struct draw *draw,
            struct text *text)
{
    int32_t land_percent = draw_between(draw, 15, 40);
    int32_t rate = draw_between(draw, 90, 230);
    struct draw again = *draw;
    field_open(text, "taxAssessments", '{');
    for (int32_t year = anchor_year - 6; year < anchor_year; year++) {
        int64_t value = (int64_t)property->value * (98 - 4 * (anchor_year - year)) / 100;
        value += draw_between(draw, -900, 900);
        int64_t land = property->traits.type == PROPERTY_LAND ? value : value * land_percent / 100;
        write_year_key(text, year);
        field_integer(text, "value", value);
        field_integer(text, "land", land);
        field_integer(text, "improvements", value - land);
        field_close(text, '}');
    }
    field_close(text, '}');
    field_open(text, "propertyTaxes", '{');
    for (int32_t year = anchor_year - 6; year < anchor_year; year++) {
        int64_t value = (int64_t)property->value * (98 - 4 * (anchor_year - year)) / 100;
        value += draw_between(&again, -900, 900);
        write_year_key(text, year);
        field_integer(text, "total", value * rate / 10000);
        field_close(text, '}');
    }
    field_close(text, '}');
}

static void
write_sale(int32_t day, int32_t price, struct text *text)
{
    struct date date = calendar_date(day);
    char key[40];
    snprintf(key, sizeof key, "%04d-%02d-%02d", date.year, date.month, date.day);
    field_open(text, key, '{');
    field_string(text, "event", "Sale");
    field_day(text, "date", day);
    if (price != UNKNOWN)
        field_integer(text, "price", price);
    field_close(text, '}');
}

static void
write_sales(const struct property *property, struct draw *draw, struct text *text)
{
    field_open(text, "history", '{');
    int32_t earlier = draw_between(draw, 0, 2);
    int32_t gap = draw_between(draw, 600, 2900);
    int32_t price = (int32_t)((int64_t)property->value * draw_between(draw, 40, 70) / 100);
    int32_t earliest = property->traits.year_built == UNKNOWN
                           ? INT32_MIN
                           : calendar_day((struct date){property->traits.year_built, 1, 1});
    for (int32_t i = earlier; i > 0; i--) {
        int32_t day = property->last_sale_day - i * gap;
        if (day > earliest)
            write_sale(day, (price - i * price / 10) / 500 * 500, text);
    }
    write_sale(property->last_sale_day, property->last_sale_price, text);
    field_close(text, '}');
}

static void
write_mailing_address(const struct property *property, bool is_occupied, struct draw *draw,
                      struct text *text)
{
    const struct place *place =
        is_occupied ? property->place : &places[draw_below(draw, PLACE_COUNT)];
    char line1[48];
    char formatted[ADDRESS_SIZE];
    char id[ADDRESS_SIZE];
    uint32_t box = 100 + draw_below(draw, 9800);
    snprintf(line1, sizeof line1, "PO Box %u", box);
    snprintf(formatted, sizeof formatted, "%s, %s, %s %s", line1, place->city, place->state,
             place->zip);
    address_make_id(is_occupied ? property->formatted_address : formatted, id);
    const char *line2 = property->address_line2[0] == '\0' ? NULL : property->address_line2;
    field_open(text, "mailingAddress", '{');
    field_string(text, "id", id);
    field_string(text, "formattedAddress", is_occupied ? property->formatted_address : formatted);
    field_string(text, "addressLine1", is_occupied ? property->address_line1 : line1);
    field_string(text, "addressLine2", is_occupied ? line2 : NULL);
    field_string(text, "city", place->city);
    field_string(text, "state", place->state);
    field_string(text, "stateFips", place->state_fips);
    field_string(text, "zipCode", place->zip);
    field_close(text, '}');
}

static void
write_person(struct draw *draw, const char *family, struct text *text)
{
    char name[64];
    snprintf(name, sizeof name, "%s %s", vocabulary_pick(WORD_FIRST_NAME, draw), family);
    field_string(text, NULL, name);
}

static void
write_owner(const struct property *property, struct draw *draw, struct text *text)
{
    bool is_organization = draw_chance(draw, property->unit_count > 4 ? 85 : 18);
    bool is_occupied = draw_chance(draw, 62) && !is_organization;
    field_open(text, "owner", '{');
    field_open(text, "names", '[');
    const char *family = vocabulary_pick(WORD_LAST_NAME, draw);
    if (is_organization) {
        const char *organization = vocabulary_pick(WORD_ORGANIZATION, draw);
        const char *form = vocabulary_pick(WORD_ORGANIZATION_FORM, draw);
        char name[64];
        snprintf(name, sizeof name, "%s %s", organization, form);
        field_string(text, NULL, name);
    } else {
        write_person(draw, family, text);
        if (draw_chance(draw, 45))
            write_person(draw, family, text);
    }
    field_close(text, ']');
    field_string(text, "type", is_organization ? "Organization" : "Individual");
    write_mailing_address(property, is_occupied, draw, text);
    field_close(text, '}');
    field_boolean(text, "ownerOccupied", is_occupied);
}

static void
write_parcel(struct draw *draw, struct text *text)
{
    uint32_t lot = 1 + draw_below(draw, 60);
    uint32_t block = 1 + draw_below(draw, 40);
    const char *subdivision = vocabulary_pick(WORD_SUBDIVISION, draw);
    char legal[96];
    snprintf(legal, sizeof legal, "CB %u BLK %u LOT %u %s", 5000 + draw_below(draw, 900), block,
             lot, subdivision);
    uint32_t book = draw_below(draw, 99999);
    uint32_t page = draw_below(draw, 999);
    uint32_t parcel = draw_below(draw, 9999);
    char assessor[24];
    snprintf(assessor, sizeof assessor, "%05u-%03u-%04u", book, page, parcel);
    field_string(text, "assessorID", assessor);
    field_string(text, "legalDescription", legal);
    field_string(text, "subdivision", subdivision);
    const char *zoning = vocabulary_pick(WORD_ZONING, draw);
    if (draw_chance(draw, 60))
        field_string(text, "zoning", zoning);
}

void
record_write_property(const struct property *property, int32_t anchor_day, struct text *text)
{
    struct draw draw = {property->detail_seed};
    text_reserve(text, 3072);
    field_open(text, NULL, '{');
    record_write_address(property, text);
    record_write_traits(&property->traits, text);
    write_parcel(&draw, text);
    field_day(text, "lastSaleDate", property->last_sale_day);
    if (property->last_sale_price != UNKNOWN)
        field_integer(text, "lastSalePrice", property->last_sale_price);
    if (property->hoa_fee != UNKNOWN) {
        field_open(text, "hoa", '{');
        field_integer(text, "fee", property->hoa_fee);
        field_close(text, '}');
    }
    write_features(property, &draw, text);
    write_taxes(property, calendar_date(anchor_day).year, &draw, text);
    write_sales(property, &draw, text);
    write_owner(property, &draw, text);
    field_close(text, '}');
}

void
record_write_padded(const char *id, size_t size, struct text *text)
{
    static const char filling[] = "Lot 12 Block 7 of an addition that exists for measurements. ";
    struct property property = {.place = &places[0],
                                .point = places[0].centre,
                                .traits = {PROPERTY_SINGLE_FAMILY, 3, 20, 1600, 7000, 1990}};
    snprintf(property.id, sizeof property.id, "%s", id);
    snprintf(property.address_line1, sizeof property.address_line1, "1 Benchmark St");
    snprintf(property.formatted_address, sizeof property.formatted_address,
             "1 Benchmark St, Fort Worth, TX 76102");
    size_t begin = text->size;
    field_open(text, NULL, '{');
    record_write_address(&property, text);
    record_write_traits(&property.traits, text);
    field_string(text, "legalDescription", "");
    text->size--;
    size_t used = text->size - begin + 2;
    for (size_t missing = size > used ? size - used : 0; missing > 0;) {
        size_t piece = missing < sizeof filling - 1 ? missing : sizeof filling - 1;
        text_append(text, filling, piece);
        missing -= piece;
    }
    text_add(text, "\"}");
}

/* Numbers 555-0100 to 555-0199 are kept free for fiction. */
static void
write_phone(const struct place *place, struct draw *draw, struct text *text)
{
    char phone[11];
    snprintf(phone, sizeof phone, "%.3s55501%02u", place->area_code, draw_below(draw, 100));
    field_string(text, "phone", phone);
}

static void
write_agent(const struct listing *listing, struct draw *draw, struct text *text)
{
    const char *first = vocabulary_pick(WORD_FIRST_NAME, draw);
    const char *family = vocabulary_pick(WORD_LAST_NAME, draw);
    char line[96];
    field_open(text, "listingAgent", '{');
    snprintf(line, sizeof line, "%s %s", first, family);
    field_string(text, "name", line);
    write_phone(listing->property->place, draw, text);
    if (draw_chance(draw, 80)) {
        snprintf(line, sizeof line, "%s.%s@example.com", first, family);
        field_string(text, "email", line);
    }
    if (draw_chance(draw, 40)) {
        snprintf(line, sizeof line, "https://agents.example.com/%s-%s", first, family);
        field_string(text, "website", line);
    }
    field_close(text, '}');
}

static void
write_office(const struct listing *listing, struct draw *draw, struct text *text)
{
    uint32_t office = draw_below(draw, vocabulary_size(WORD_OFFICE));
    char line[64];
    field_open(text, "listingOffice", '{');
    field_string(text, "name", vocabulary_word(WORD_OFFICE, office));
    write_phone(listing->property->place, draw, text);
    if (draw_chance(draw, 70)) {
        snprintf(line, sizeof line, "office%u@example.com", office);
        field_string(text, "email", line);
    }
    if (draw_chance(draw, 50)) {
        snprintf(line, sizeof line, "https://office%u.example.com", office);
        field_string(text, "website", line);
    }
    field_close(text, '}');
}

static void
write_builder(const struct listing *listing, struct draw *draw, struct text *text)
{
    uint32_t builder = draw_below(draw, vocabulary_size(WORD_BUILDER));
    char website[64];
    snprintf(website, sizeof website, "https://builder%u.example.com", builder);
    field_open(text, "builder", '{');
    field_string(text, "name", vocabulary_word(WORD_BUILDER, builder));
    field_string(text, "development", vocabulary_pick(WORD_SUBDIVISION, draw));
    write_phone(listing->property->place, draw, text);
    field_string(text, "website", website);
    field_close(text, '}');
}

static void
write_source(const struct listing *listing, struct draw *draw, struct text *text)
{
    bool has_board = draw_chance(draw, 75);
    const char *board = vocabulary_pick(WORD_MLS, draw);
    char number[12];
    snprintf(number, sizeof number, "%07u", draw_below(draw, 9999999));
    if (has_board) {
        field_string(text, "mlsName", board);
        field_string(text, "mlsNumber", number);
    }
    if (draw_chance(draw, 85))
        write_agent(listing, draw, text);
    if (draw_chance(draw, 80))
        write_office(listing, draw, text);
    if (listing->type == LISTING_NEW_CONSTRUCTION)
        write_builder(listing, draw, text);
}

static void
write_removed(const struct span *span, struct text *text)
{
    if (span->removed_day == UNKNOWN)
        field_null(text, "removedDate");
    else
        field_day(text, "removedDate", span->removed_day);
}

static void
write_span(const struct span *span, enum book book, enum listing_type type, int32_t today,
           struct text *text)
{
    struct date date = calendar_date(span->listed_day);
    char key[40];
    snprintf(key, sizeof key, "%04d-%02d-%02d", date.year, date.month, date.day);
    field_open(text, key, '{');
    field_string(text, "event", book == BOOK_SALE ? "Sale Listing" : "Rental Listing");
    field_integer(text, "price", span->price);
    field_string(text, "listingType", vocabulary_listing_type(type));
    field_day(text, "listedDate", span->listed_day);
    write_removed(span, text);
    field_integer(text, "daysOnMarket", days_on_market(span, today));
    field_close(text, '}');
}

static void
write_spans(const struct listing *listing, enum book book, int32_t today, struct text *text)
{
    field_open(text, "history", '{');
    for (int32_t i = 0; i < listing->span_count; i++) {
        bool is_current = i == listing->span_count - 1;
        enum listing_type type = is_current ? listing->type : LISTING_STANDARD;
        write_span(&listing->spans[i], book, type, today, text);
    }
    field_close(text, '}');
}

void
record_write_market(const struct listing *listing, int32_t today, int32_t created_day,
                    struct text *text)
{
    const struct span *span = listing_current(listing);
    int64_t seen_ms = days_last_seen(span, today) * CALENDAR_DAY_MS + listing->seen_at_ms;
    field_string(text, "status", listing_is_active(listing) ? "Active" : "Inactive");
    field_integer(text, "price", span->price);
    field_string(text, "listingType", vocabulary_listing_type(listing->type));
    field_day(text, "listedDate", span->listed_day);
    write_removed(span, text);
    if (created_day != UNKNOWN)
        field_day(text, "createdDate", created_day);
    field_instant(text, "lastSeenDate", seen_ms);
    field_integer(text, "daysOnMarket", days_on_market(span, today));
}

void
record_write_listing(const struct listing *listing, enum book book, int32_t today,
                     struct text *text)
{
    struct draw draw = {listing->detail_seed};
    text_reserve(text, 2048);
    field_open(text, NULL, '{');
    record_write_address(listing->property, text);
    record_write_traits(&listing->traits, text);
    if (listing->property->hoa_fee != UNKNOWN) {
        field_open(text, "hoa", '{');
        field_integer(text, "fee", listing->property->hoa_fee);
        field_close(text, '}');
    }
    record_write_market(listing, today, listing->spans[0].listed_day, text);
    write_source(listing, &draw, text);
    write_spans(listing, book, today, text);
    field_close(text, '}');
}
