/* record_listing.c - writes a listing, drawing its agents and offices. */
#include "data/calendar.h"
#include "data/days.h"
#include "data/record.h"
#include "http/field.h"

#include <stdio.h>

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
write_history(const struct listing *listing, enum book book, int32_t today, struct text *text)
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
    write_history(listing, book, today, text);
    field_close(text, '}');
}
