/* scan_test.c - a client that pages through everything there is: counts, sizes and codings. */
/* links: @simulator */
#include "wire.h"

#include <zlib.h>

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static size_t
header_of(struct text answer, const char *name)
{
    const char *line = strstr(answer.data, name);
    ck_assert_msg(line != NULL && line < wire_body_of(answer), "no %s", name);
    return strtoul(line + strlen(name) + 2, NULL, 10);
}

/* Asks for one page of at most 500; the rows, and what the head says. The caller owns the rows. */
static json_t *
get_page(const char *list, size_t offset, size_t *total, size_t *bytes)
{
    char line[256];
    snprintf(line, sizeof line, "GET %slimit=500&includeTotalCount=true&offset=%zu", list, offset);
    struct text answer = wire_ask(api, line, wire_key, NULL);
    ck_assert_msg(wire_status_of(answer) == 200, "%s", line);
    ck_assert_uint_eq(header_of(answer, "X-Limit"), 500);
    ck_assert_uint_eq(header_of(answer, "X-Offset"), offset);
    *total = header_of(answer, "X-Total-Count");
    *bytes = strlen(wire_body_of(answer));
    ck_assert_uint_eq(header_of(answer, "Content-Length"), *bytes);
    json_t *rows = json_loads(wire_body_of(answer), JSON_REJECT_DUPLICATES, NULL);
    ck_assert(json_is_array(rows));
    text_fini(&answer);
    return rows;
}

static const struct list {
    const char *target; /* up to the paging */
    size_t least;
} lists[] = {
    {"/v1/properties?", 2000},
    {"/v1/listings/sale?", 400},
    {"/v1/listings/sale?status=Inactive&", 100},
    {"/v1/listings/rental/long-term?", 400},
    {"/v1/listings/rental/long-term?status=Inactive&", 100},
};

/* The pages hold what X-Total-Count says, each row once, by id; then comes an empty page. */
START_TEST(pages_hold_what_the_total_says)
{
    size_t total = 1;
    size_t bytes;
    size_t seen = 0;
    char before[256] = "";
    while (seen < total) {
        json_t *rows = get_page(lists[_i].target, seen, &total, &bytes);
        size_t count = json_array_size(rows);
        ck_assert_uint_eq(count, total - seen < 500 ? total - seen : 500);
        for (size_t i = 0; i < count; i++) {
            const char *id = json_string_value(json_object_get(json_array_get(rows, i), "id"));
            if (strcmp(before, id) >= 0)
                ck_abort_msg("%s does not come after %s", id, before);
            snprintf(before, sizeof before, "%s", id);
        }
        seen += count;
        json_decref(rows);
    }
    ck_assert_uint_ge(total, lists[_i].least);
    json_t *rows = get_page(lists[_i].target, seen, &total, &bytes);
    ck_assert_uint_eq(json_array_size(rows), 0);
    ck_assert_uint_eq(bytes, 2);
    json_decref(rows);
}
END_TEST

START_TEST(every_full_page_of_properties_is_about_a_megabyte)
{
    size_t total;
    size_t bytes;
    for (size_t offset = 0; offset < 2500; offset += 500) {
        json_decref(get_page(lists[0].target, offset, &total, &bytes));
        ck_assert_uint_ge(bytes, 800000);
        ck_assert_uint_le(bytes, 1100000);
    }
}
END_TEST

START_TEST(totals_of_the_parts_add_up)
{
    static const char *const parts[][8] = {
        {"/v1/properties?state=CO&", "/v1/properties?state=NC&", "/v1/properties?state=TX&"},
        {"/v1/properties?propertyType=Apartment&", "/v1/properties?propertyType=Condo&",
         "/v1/properties?propertyType=Land&", "/v1/properties?propertyType=Manufactured&",
         "/v1/properties?propertyType=Multi-Family&", "/v1/properties?propertyType=Single+Family&",
         "/v1/properties?propertyType=Townhouse&"},
    };
    size_t whole;
    size_t bytes;
    json_decref(get_page("/v1/properties?", 0, &whole, &bytes));
    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t sum = 0;
        for (size_t j = 0; j < COUNT(parts[i]) && parts[i][j] != NULL; j++) {
            size_t total;
            json_decref(get_page(parts[i][j], 0, &total, &bytes));
            ck_assert_uint_ge(total, 50);
            sum += total;
        }
        ck_assert_uint_eq(sum, whole);
    }
}
END_TEST

START_TEST(the_cities_that_tests_ask_for_are_there)
{
    static const char *const cities[] = {"city=Austin&state=TX&", "city=Dallas&state=TX&",
                                         "city=San+Antonio&state=TX&", "zipCode=78701&"};
    for (size_t i = 0; i < COUNT(cities) * COUNT(lists); i++) {
        char target[128];
        size_t total;
        size_t bytes;
        snprintf(target, sizeof target, "%s%s", lists[i % COUNT(lists)].target,
                 cities[i / COUNT(lists)]);
        json_decref(get_page(target, 0, &total, &bytes));
        ck_assert_uint_gt(total, 0);
    }
}
END_TEST

/* Takes the chunks of a body apart; what they hold. */
static struct text
join_chunks(const char *body)
{
    struct text joined = {0};
    for (;;) {
        char *end;
        size_t size = strtoul(body, &end, 16);
        ck_assert(strncmp(end, "\r\n", 2) == 0);
        text_append(&joined, end + 2, size);
        body = end + 2 + size;
        ck_assert(strncmp(body, "\r\n", 2) == 0);
        if (size == 0)
            return joined;
        body += 2;
    }
}

static struct text
unzip(const char *bytes, size_t size)
{
    struct text plain = {0};
    text_reserve(&plain, 2000000);
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes,
                       .avail_in = (unsigned)size,
                       .next_out = (unsigned char *)plain.data,
                       .avail_out = 2000000};
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    plain.size = stream.total_out;
    inflateEnd(&stream);
    return plain;
}

/* All four ways to send a megabyte bring the same bytes. */
START_TEST(codings_bring_the_same_bytes)
{
    static const char line[] = "GET /v1/properties?limit=500";
    static const char zipped[] = "X-Api-Key: sim_key_unlimited\r\nAccept-Encoding: gzip\r\n";
    struct text plain = wire_ask(api, line, wire_key, NULL);
    const char *expected = wire_body_of(plain);
    for (int way = 1; way < 4; way++) {
        bool is_chunked = (way & 1) != 0;
        bool is_zipped = (way & 2) != 0;
        wire_set_control("PUT /_control/settings",
                         is_chunked ? "{\"transfer\":\"chunked\"}" : "{\"transfer\":\"length\"}");
        struct text answer = wire_ask(api, line, is_zipped ? zipped : wire_key, NULL);
        const char *body = wire_body_of(answer);
        size_t head = (size_t)(body - answer.data);
        struct text joined = {0};
        if (is_chunked)
            joined = join_chunks(body);
        else
            text_append(&joined, body, answer.size - head);
        ck_assert((strstr(answer.data, "Content-Encoding: gzip\r\n") != NULL) == is_zipped);
        ck_assert((strstr(answer.data, "Content-Length: ") == NULL) == is_chunked);
        struct text got = {0};
        if (is_zipped)
            got = unzip(joined.data, joined.size);
        else
            text_append(&got, joined.data, joined.size);
        ck_assert_uint_eq(got.size, strlen(expected));
        ck_assert(memcmp(got.data, expected, got.size) == 0);
        text_fini(&got);
        text_fini(&joined);
        text_fini(&answer);
    }
    text_fini(&plain);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("scan");
    TCase *scan = tcase_create("scan");
    tcase_set_timeout(scan, 60);
    tcase_add_checked_fixture(scan, wire_set_up, wire_tear_down);
    tcase_add_loop_test(scan, pages_hold_what_the_total_says, 0, (int)COUNT(lists));
    tcase_add_test(scan, every_full_page_of_properties_is_about_a_megabyte);
    tcase_add_test(scan, totals_of_the_parts_add_up);
    tcase_add_test(scan, the_cities_that_tests_ask_for_are_there);
    tcase_add_test(scan, codings_bring_the_same_bytes);
    suite_add_tcase(suite, scan);
    return suite;
}
