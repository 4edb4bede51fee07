/* cors_test.c - which origins are answered, and with which fields; the fields of every answer. */
/* links: gateway/http/cors.c gateway/response/common_headers.c core/base/text.c */
#include "http/cors.h"

#include <check.h>
#include <stdlib.h>

#include "response/common_headers.h"

static struct config config;
static struct cors cors;
static struct common_headers fields;
static char output[4096];

static void
configure(const char *origins, const char *methods, const char *headers)
{
    memset(&config, 0, sizeof config);
    bytes_copy_text(bytes_of_text(origins), config.gateway.cors_origins, CONFIG_TEXT_SIZE);
    bytes_copy_text(bytes_of_text(methods), config.gateway.cors_methods, CONFIG_TEXT_SIZE);
    bytes_copy_text(bytes_of_text(headers), config.gateway.cors_headers, CONFIG_TEXT_SIZE);
    config.gateway.cors_max_age_s = 600;
    cors_init(&cors, &config);
}

static const char *
ended(struct text *text)
{
    ck_assert(!text->is_cut);
    output[text->size] = '\0';
    return output;
}

static const char *
common(void)
{
    struct text text = text_of(output, sizeof output - 1);

    cors_write_common(&cors, &text);
    return ended(&text);
}

static const char *
allowed(const char *origin)
{
    struct text text = text_of(output, sizeof output - 1);

    cors_write_allowed(&cors, origin, &text);
    return ended(&text);
}

static const char *
preflight(const char *asked_headers)
{
    struct text text = text_of(output, sizeof output - 1);

    cors_write_preflight(&cors, asked_headers, &text);
    return ended(&text);
}

static void
expect_begin(const char *text, const char *begin)
{
    ck_assert_msg(strncmp(text, begin, strlen(begin)) == 0, "%s", text);
}

START_TEST(a_star_is_the_same_for_everybody)
{
    configure("*", "*", "*");
    ck_assert(cors_allows(&cors, "https://any.example"));
    ck_assert(!cors_allows(&cors, NULL));
    ck_assert_str_eq(common(), "Access-Control-Allow-Origin: *\r\n");
    expect_begin(allowed("https://any.example"), "Access-Control-Expose-Headers: ETag");
    ck_assert_str_eq(allowed(NULL), "");
}
END_TEST

static const char *const lists[] = {
    "https://a.example,http://b.example:8080",
    " https://a.example , http://b.example:8080 ",
    "https://a.example http://b.example:8080",
    "[\"https://a.example\", \"http://b.example:8080\"]",
};

START_TEST(an_origin_of_the_list_is_echoed_others_are_not)
{
    configure(lists[_i], "*", "*");
    ck_assert_str_eq(common(), "Vary: Origin\r\n");
    expect_begin(allowed("https://a.example"), "Access-Control-Allow-Origin: https://a.example\r\n"
                                               "Access-Control-Expose-Headers: ETag");
    expect_begin(allowed("http://b.example:8080"),
                 "Access-Control-Allow-Origin: http://b.example:8080\r\n");
    ck_assert_str_eq(allowed("https://b.example:8080"), "");
    ck_assert_str_eq(allowed("http://b.example"), "");
    ck_assert_str_eq(allowed("https://a.example.evil"), "");
    ck_assert_str_eq(allowed("https://a.exampl"), "");
    ck_assert_str_eq(allowed("HTTPS://a.example"), "");
    ck_assert_str_eq(allowed("null"), "");
    ck_assert_str_eq(allowed(""), "");
    ck_assert_str_eq(allowed(NULL), "");
}
END_TEST

START_TEST(no_origins_means_off)
{
    configure("", "*", "*");
    ck_assert(!cors.is_on);
    ck_assert_str_eq(common(), "");
    ck_assert_str_eq(allowed("https://a.example"), "");
    ck_assert(!cors_allows(&cors, "https://a.example"));
}
END_TEST

START_TEST(a_preflight_gets_what_is_configured)
{
    configure("*", "GET,HEAD", "[\"Authorization\", \"X-Request-ID\"]");
    ck_assert_str_eq(preflight("x-other"), "Access-Control-Allow-Methods: GET, HEAD\r\n"
                                           "Access-Control-Allow-Headers: Authorization, "
                                           "X-Request-ID\r\nAccess-Control-Max-Age: 600\r\n");
}
END_TEST

START_TEST(a_preflight_gets_what_it_asks_for_where_all_is_allowed)
{
    static const char methods[] =
        "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";

    configure("*", "*", "*");
    expect_begin(preflight("authorization, x-a"), methods);
    ck_assert_str_eq(output + strlen(methods), "Access-Control-Allow-Headers: authorization, x-a"
                                               "\r\nAccess-Control-Max-Age: 600\r\n");
    ck_assert_str_eq(preflight(NULL) + strlen(methods), "Access-Control-Max-Age: 600\r\n");
    ck_assert_str_eq(preflight("a; b") + strlen(methods), "Access-Control-Max-Age: 600\r\n");
    ck_assert_str_eq(preflight("a\x01") + strlen(methods), "Access-Control-Max-Age: 600\r\n");
}
END_TEST

static const char *
common_text(bool is_admin)
{
    common_headers_init(&fields, &config, is_admin);
    bytes_copy_text(common_headers_bytes(&fields), output, sizeof output);
    return output;
}

START_TEST(fields_of_every_answer_are_switches)
{
    configure("", "*", "*");
    ck_assert_str_eq(common_text(false), "");
    config.gateway.security_headers = true;
    ck_assert_str_eq(common_text(false),
                     "X-Content-Type-Options: nosniff\r\n"
                     "X-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n");
    config.gateway.security_headers = false;
    config.gateway.hsts_max_age_s = 31536000;
    ck_assert_str_eq(common_text(false), "Strict-Transport-Security: max-age=31536000\r\n");
    configure("https://a.example", "*", "*");
    ck_assert_str_eq(common_text(false), "Vary: Origin\r\n");
    ck_assert(fields.names_origins);
    /* pages of other origins have no business on the admin listener */
    ck_assert_str_eq(common_text(true), "");
    ck_assert(!fields.names_origins);
    configure("*", "*", "*");
    ck_assert_str_eq(common_text(true), "");
    ck_assert(!fields.names_origins);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cors");
    TCase *tests = tcase_create("fields");

    tcase_add_test(tests, a_star_is_the_same_for_everybody);
    tcase_add_loop_test(tests, an_origin_of_the_list_is_echoed_others_are_not, 0,
                        (int)COUNT(lists));
    tcase_add_test(tests, no_origins_means_off);
    tcase_add_test(tests, a_preflight_gets_what_is_configured);
    tcase_add_test(tests, a_preflight_gets_what_it_asks_for_where_all_is_allowed);
    tcase_add_test(tests, fields_of_every_answer_are_switches);
    suite_add_tcase(suite, tests);
    return suite;
}
