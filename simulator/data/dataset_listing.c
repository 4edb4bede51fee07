/* dataset_listing.c - makes one listing of a property: its price, and when it was on the market. */
#include "data/calendar.h"
#include "data/dataset.h"
#include "operation/documented.h"

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
dataset_listing_ask(const struct property *property, enum book book, struct draw *draw)
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

bool
dataset_make_listing(const struct property *property, enum book book, int32_t anchor_day,
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
        listing->spans[i].price = dataset_listing_ask(property, book, &draw);
    listing->type = book == BOOK_SALE ? draw_type(property, anchor_day, &draw) : LISTING_STANDARD;
    listing->seen_at_ms = draw_between(&draw, 0, 86399999);
    listing->detail_seed = draw_next(&draw);
    return true;
}
