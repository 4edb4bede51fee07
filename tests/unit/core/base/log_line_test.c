/* log_line_test.c - what a line of the log may hold. */
/* links: core/base/log_line.c */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log_line.h"

static struct log_fields
make_fields(const char *message)
{
    struct log_fields fields = {.level = "INFO", .message = message};

    memcpy(fields.time, "2026-01-15T12:00:00.123456Z", CLOCK_TEXT_SIZE);
    return fields;
}

static void
expect_text(const struct log_line *line, const char *expected)
{
    ck_assert_int_eq((int)line->size, (int)strlen(expected));
    ck_assert_mem_eq(line->text, expected, line->size);
}

START_TEST(a_line_is_one_json_object)
{
    struct log_fields fields = make_fields("stored 3 rows");
    struct log_line line;

    fields.actor = "cache";
    fields.request_id = "req-1";
    log_line_json(&line, &fields);
    expect_text(&line,
                "{\"time\":\"2026-01-15T12:00:00.123456Z\",\"level\":\"INFO\","
                "\"actor\":\"cache\",\"request_id\":\"req-1\",\"message\":\"stored 3 rows\"}\n");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
    struct log_fields fields = make_fields("x");
    struct log_line line;

    log_line_json(&line, &fields);
    expect_text(
        &line, "{\"time\":\"2026-01-15T12:00:00.123456Z\",\"level\":\"INFO\",\"message\":\"x\"}\n");
    log_line_text(&line, &fields);
    expect_text(&line, "2026-01-15T12:00:00.123456Z INFO x\n");
}
END_TEST

START_TEST(a_line_of_text)
{
    struct log_fields fields = make_fields("say \"a\\b\"\nnext\x1b[31m");
    struct log_line line;

    fields.actor = "gateway";
    fields.request_id = "r";
    log_line_text(&line, &fields);
    expect_text(&line, "2026-01-15T12:00:00.123456Z INFO actor=gateway request=r "
                       "say \"a\\\\b\"\\nnext\\u001b[31m\n");
}
END_TEST

static const struct {
    const char *message;
    const char *escaped;
} escapes[] = {
    {"quote\" back\\", "quote\\\" back\\\\"},
    {"a\nb\rc\td", "a\\nb\\rc\\td"},
    {"\x01\x1f\x7f", "\\u0001\\u001f\\u007f"},
    {"Ca\xc3\xb1on \xf0\x9f\x8f\xa0", "Ca\xc3\xb1on \xf0\x9f\x8f\xa0"},
    {"\xc2\x9b"
     "31m",
     "\\u009b31m"}, /* a control character of C1 */
    {"bad\xff"
     "byte",
     "bad\\ufffd"
     "byte"},                                  /* never in UTF-8 */
    {"cut\xe2\x82", "cut\\ufffd\\ufffd"},      /* a character without its end */
    {"\xc0\xaf", "\\ufffd\\ufffd"},            /* overlong */
    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"}, /* a surrogate */
};

START_TEST(arguments_are_escaped)
{
    struct log_fields fields = make_fields(escapes[_i].message);
    struct log_line line;
    char expected[256];

    log_line_json(&line, &fields);
    snprintf(expected, sizeof expected,
             "{\"time\":\"2026-01-15T12:00:00.123456Z\",\"level\":\"INFO\",\"message\":\"%s\"}\n",
             escapes[_i].escaped);
    expect_text(&line, expected);
}
END_TEST

/* Whatever fills the line, it stays one JSON object in one line. */
START_TEST(a_long_line_is_cut)
{
    static const char *const units[] = {"a", "\x01", "\xc3\xa9", "\xf0\x9f\x8f\xa0", "\xff", "\""};
    char message[8000] = "";
    struct log_fields fields = make_fields(message);
    struct log_line line;
    json_error_t error;
    json_t *json;
    size_t unit_size = strlen(units[_i]);

    for (size_t size = 0; size + unit_size < sizeof message; size += unit_size)
        memcpy(message + size, units[_i], unit_size + 1);
    fields.actor = message;
    fields.request_id = message;
    log_line_json(&line, &fields);
    ck_assert_int_gt((int)line.size, LOG_LINE_SIZE - 16);
    ck_assert_int_le((int)line.size, LOG_LINE_SIZE);
    ck_assert_ptr_eq(memchr(line.text, '\n', line.size), line.text + line.size - 1);
    json = json_loadb(line.text, line.size, 0, &error);
    ck_assert_msg(json != NULL, "%s", error.text);
    json_decref(json);
    log_line_text(&line, &fields);
    ck_assert_int_le((int)line.size, LOG_LINE_SIZE);
    ck_assert_int_eq(line.text[line.size - 1], '\n');
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/log_line");
    TCase *tcase = tcase_create("log_line");

    tcase_add_test(tcase, a_line_is_one_json_object);
    tcase_add_test(tcase, what_is_not_known_is_left_out);
    tcase_add_test(tcase, a_line_of_text);
    tcase_add_loop_test(tcase, arguments_are_escaped, 0, (int)COUNT(escapes));
    tcase_add_loop_test(tcase, a_long_line_is_cut, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}
