/* compression_test.c - who takes gzip gets it, from every level; the bytes are the same ones. */
/* links: @support @core */
/* topologies: one four */
#include <pthread.h>
#include <zlib.h>

#include "support/server/test_clock.h"
#include "validators_common.h"

#define LIFE_S  86400 /* of properties */
#define CLIENTS 24

static char *plain;
static size_t plain_size;

static void
start(const char *setting)
{
    const char *settings[] = {test_clock_setting(), setting, NULL};

    testbed_start(&testbed, settings);
}

static void
setup(void)
{
    start(NULL);
}

static void
setup_off(void)
{
    start("CACHE_COMPRESSION=false");
}

static void
setup_large_only(void)
{
    start("CACHE_COMPRESSION_MIN_BYTES=1000000");
}

static void
teardown(void)
{
    free(plain);
    plain = NULL;
    testbed_stop(&testbed);
    test_clock_remove();
}

/* Takes the body of an answer without a coding for what the others must unpack to. */
static void
keep_plain(const struct http_response *response)
{
    http_expect_no_field(response, "Content-Encoding");
    ck_assert_uint_gt(response->body_size, 1000);
    free(plain);
    plain_size = response->body_size;
    plain = malloc(plain_size + 1);
    ck_assert_ptr_nonnull(plain);
    memcpy(plain, response->body, plain_size);
}

static void
expect_unpacked(const struct http_response *response)
{
    char *to = malloc(plain_size + 1);
    z_stream stream = {
        .next_in = (Bytef *)response->body,
        .avail_in = (uInt)response->body_size,
        .next_out = (Bytef *)to,
        .avail_out = (uInt)plain_size + 1,
    };

    ck_assert_ptr_nonnull(to);
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(stream.total_out, plain_size);
    ck_assert_int_eq(memcmp(to, plain, plain_size), 0);
    inflateEnd(&stream);
    free(to);
}

static void
expect_vary(const struct http_response *response)
{
    ck_assert_msg(has_line(response, "Vary: Accept-Encoding"), "%s", response->head);
}

static void
look_at_plain(const struct http_response *response)
{
    http_expect_no_field(response, "Content-Encoding");
    expect_vary(response);
    ck_assert_uint_eq(response->body_size, plain_size);
    ck_assert_int_eq(memcmp(response->body, plain, plain_size), 0);
}

static void
look_at_gzip(const struct http_response *response)
{
    char length[FIELD_SIZE];

    http_expect_field(response, "Content-Encoding", "gzip");
    expect_vary(response);
    read_field(response, "Content-Length", length);
    ck_assert_uint_eq(strtoul(length, NULL, 10), response->body_size);
    ck_assert_uint_lt(response->body_size * 2, plain_size);
    expect_unpacked(response);
}

static void
look_at_gzip_from(const struct http_response *response, const char *hit, const char *level)
{
    look_at_gzip(response);
    http_expect_field(response, "X-Cache-Hit", hit);
    if (level != NULL)
        http_expect_field(response, "X-Cache-Level", level);
}

static void
look_at_gzip_miss(const struct http_response *response)
{
    look_at_gzip_from(response, "false", NULL);
}

static void
look_at_gzip_hit(const struct http_response *response)
{
    look_at_gzip_from(response, "true", "near");
}

static void
look_at_gzip_l2(const struct http_response *response)
{
    look_at_gzip_from(response, "true", "L2");
}

static void
look_at_gzip_stale(const struct http_response *response)
{
    look_at_gzip_from(response, "true", "L2");
    http_expect_field(response, "Cache-Status", "RentCache; hit; detail=stale-while-revalidate");
}

START_TEST(a_large_body_is_packed_for_who_takes_it)
{
    row("R-113");
    ck_assert_int_eq(status_with("GET", TARGET, NULL, keep_plain), 200);
    ck_assert_int_eq(status_with("GET", TARGET, GZIP, look_at_gzip_hit), 200);
    ck_assert_int_eq(status_with("GET", TARGET, GZIP, look_at_gzip_hit), 200);
    ck_assert_int_eq(status_with("GET", TARGET, NULL, look_at_plain), 200);
    ck_assert_int_eq(status_with("GET", TARGET, "Accept-Encoding: gzip;q=0\r\n", look_at_plain),
                     200);
    ck_assert_int_eq(status_with("GET", TARGET, "Accept-Encoding: br\r\n", look_at_plain), 200);
    ck_assert_int_eq(status_with("GET", TARGET, "Accept-Encoding: *\r\n", look_at_gzip_hit), 200);
    ck_assert_int_eq(status_with("GET", TARGET,
                                 "Accept-Encoding: br\r\nAccept-Encoding: gzip;q=0.1\r\n",
                                 look_at_gzip_hit),
                     200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

static void
look_at_gzip_head(const struct http_response *response)
{
    char length[FIELD_SIZE];

    http_expect_field(response, "Content-Encoding", "gzip");
    expect_vary(response);
    read_field(response, "Content-Length", length);
    ck_assert_uint_lt(strtoul(length, NULL, 10) * 2, plain_size);
}

START_TEST(a_head_request_gets_the_fields_of_its_coding)
{
    ck_assert_int_eq(status_with("GET", TARGET, NULL, keep_plain), 200);
    ck_assert_int_eq(status_with("HEAD", TARGET, GZIP, look_at_gzip_head), 200);
}
END_TEST

START_TEST(a_miss_is_packed_too_and_so_is_what_comes_from_the_database)
{
    row("R-113");
    ck_assert_int_eq(status_with("GET", TARGET, NULL, keep_plain), 200);
    ck_assert_int_eq(status_with("GET", TARGET "&force_refresh=true", GZIP, look_at_gzip_miss),
                     200);
    ck_assert_int_eq(status_with("GET", TARGET, GZIP, look_at_gzip_hit), 200);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    ck_assert_int_eq(status_with("GET", TARGET, GZIP, look_at_gzip_l2), 200);
    ck_assert_int_eq(status_with("GET", TARGET, NULL, look_at_plain), 200);
}
END_TEST

START_TEST(what_is_stale_is_packed_too)
{
    ck_assert_int_eq(status_with("GET", TARGET, NULL, keep_plain), 200);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    test_clock_move_wall(LIFE_S + 10);
    test_clock_move_mono(LIFE_S + 10);
    testbed_await_ready(&testbed, 60000);
    ck_assert_int_eq(status_with("GET", TARGET, GZIP, look_at_gzip_stale), 200);
    testbed_fault(&testbed, "");
}
END_TEST

START_TEST(each_coding_has_its_own_tag)
{
    struct http_response response;
    char tags[2][FIELD_SIZE], field[2 * FIELD_SIZE];

    row("R-115");
    for (int i = 0; i < 2; i++) {
        ask("GET", TARGET, i == 0 ? NULL : GZIP, &response);
        read_field(&response, "ETag", tags[i]);
        http_response_fini(&response);
    }
    ck_assert_str_ne(tags[0], tags[1]);
    for (int i = 0; i < 4; i++) {
        snprintf(field, sizeof field, "If-None-Match: %s\r\n%s", tags[i % 2], i < 2 ? "" : GZIP);
        ask("GET", TARGET, field, &response);
        ck_assert_int_eq(response.status, i % 2 == i / 2 ? 304 : 200);
        expect_vary(&response);
        http_expect_field(&response, "ETag", tags[i / 2]);
        if (response.status == 304)
            http_expect_no_field(&response, "Content-Encoding");
        http_response_fini(&response);
    }
}
END_TEST

static void
look_at_small(const struct http_response *response)
{
    ck_assert_uint_lt(response->body_size, 1000);
    http_expect_no_field(response, "Content-Encoding");
    ck_assert(!has_line(response, "Vary: Accept-Encoding"));
}

START_TEST(a_small_body_is_left_alone)
{
    row("R-113");
    /* the last page holds nothing */
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(
            status_with("GET", "/api/v1/properties?state=TX&offset=1000000", GZIP, look_at_small),
            200);
}
END_TEST

static void
look_at_unpacked(const struct http_response *response)
{
    ck_assert_uint_gt(response->body_size, 1000);
    http_expect_no_field(response, "Content-Encoding");
    ck_assert(!has_line(response, "Vary: Accept-Encoding"));
}

START_TEST(the_switch_and_the_size_are_settings)
{
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(status_with("GET", TARGET, GZIP, look_at_unpacked), 200);
}
END_TEST

static void *
ask_packed(void *argument)
{
    struct http_response *response = argument;

    ask("GET", TARGET, GZIP, response);
    return NULL;
}

START_TEST(those_who_shared_a_fetch_get_what_each_can_read)
{
    static struct http_response responses[CLIENTS];
    pthread_t threads[CLIENTS];
    size_t packed = 0;

    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    for (size_t i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_packed, &responses[i]), 0);
    testbed_await_upstream_calls(&testbed, 1);
    testbed_fault(&testbed, "");
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(status_with("GET", TARGET, NULL, keep_plain), 200);
    for (size_t i = 0; i < CLIENTS; i++) {
        char coding[FIELD_SIZE];

        ck_assert_int_eq(responses[i].status, 200);
        if (http_field(&responses[i], "Content-Encoding", coding, sizeof coding)) {
            look_at_gzip(&responses[i]);
            packed++;
        } else { /* while another made the variant */
            look_at_plain(&responses[i]);
        }
        http_response_fini(&responses[i]);
    }
    ck_assert_uint_ge(packed, 1);
    ck_assert_int_eq(status_with("GET", TARGET, GZIP, look_at_gzip_hit), 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

static void
ask_bulk(const char *further, void (*look)(const struct http_response *))
{
    struct http_response response;

    http_call(testbed.port, "POST", "/api/v1/estimates/value/bulk", testbed.key,
              "{\"requests\": [{\"latitude\": 30.27, \"longitude\": -97.74}]}", further, &response);
    ck_assert_int_eq(response.status, 200);
    if (look != NULL)
        look(&response);
    http_response_fini(&response);
}

START_TEST(an_answer_to_many_is_packed_too)
{
    ask_bulk(NULL, NULL);
    ask_bulk(NULL, keep_plain);
    ask_bulk(NULL, look_at_plain);
    ask_bulk(GZIP, look_at_gzip);
}
END_TEST

static void
add_case(Suite *suite, const char *name, void (*set_up)(void), const TTest *test)
{
    TCase *tests = tcase_create(name);

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, teardown);
    tcase_add_test(tests, test);
    suite_add_tcase(suite, tests);
}

Suite *
test_suite(void)
{
    Suite *suite = suite_create("compression");

    add_case(suite, "who takes it", setup, a_large_body_is_packed_for_who_takes_it);
    add_case(suite, "head", setup, a_head_request_gets_the_fields_of_its_coding);
    add_case(suite, "levels", setup, a_miss_is_packed_too_and_so_is_what_comes_from_the_database);
    add_case(suite, "stale", setup, what_is_stale_is_packed_too);
    add_case(suite, "tags", setup, each_coding_has_its_own_tag);
    add_case(suite, "bulk", setup, an_answer_to_many_is_packed_too);
    add_case(suite, "small", setup, a_small_body_is_left_alone);
    add_case(suite, "switch", setup_off, the_switch_and_the_size_are_settings);
    add_case(suite, "size", setup_large_only, the_switch_and_the_size_are_settings);
    add_case(suite, "shared", setup, those_who_shared_a_fetch_get_what_each_can_read);
    return suite;
}
