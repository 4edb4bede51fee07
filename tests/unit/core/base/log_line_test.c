/* log_line_test.c - what a line of the log may hold. */
/* links: core/base/log_line.c */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log_line.h"

static struct log_entry
make_entry(const char *message)
{
    struct log_entry entry = {.level = "INFO", .message = message};

    memcpy(entry.timestamp, "2026-01-15T12:00:00.123456Z", CLOCK_TEXT_SIZE);
    return entry;
}

static void
expect_text(const struct log_line *line, const char *expected)
{
    ck_assert_int_eq((int)line->size, (int)strlen(expected));
    ck_assert_mem_eq(line->text, expected, line->size);
}

START_TEST(a_line_is_one_json_object)
{
    struct log_entry entry = make_entry("stored 3 rows");
    struct log_line line;

    entry.service = "cache";
    entry.request_id = "req-1";
    log_line_json(&line, &entry);
    expect_text(&line,
                "{\"timestamp\":\"2026-01-15T12:00:00.123456Z\",\"level\":\"INFO\","
                "\"service\":\"cache\",\"request_id\":\"req-1\",\"message\":\"stored 3 rows\"}\n");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
    struct log_entry entry = make_entry("x");
    struct log_line line;

    log_line_json(&line, &entry);
    expect_text(
        &line,
        "{\"timestamp\":\"2026-01-15T12:00:00.123456Z\",\"level\":\"INFO\",\"message\":\"x\"}\n");
    log_line_text(&line, &entry);
    expect_text(&line, "2026-01-15T12:00:00.123456Z INFO x\n");
}
END_TEST

START_TEST(a_line_of_text)
{
    struct log_entry entry = make_entry("say \"a\\b\"\nnext\x1b[31m");
    struct log_line line;

    entry.service = "gateway";
    entry.request_id = "r";
    log_line_text(&line, &entry);
    expect_text(&line, "2026-01-15T12:00:00.123456Z INFO service=gateway request=r "
                       "say \"a\\\\b\"\\nnext\\u001b[31m\n");
}
END_TEST

START_TEST(fields_have_types)
{
    const struct log_field fields[] = {log_text("route", "a\"b"), log_text("query", NULL),
                                       log_number("status", -200), log_usd("cost_usd", 1500000),
                                       log_usd("saved_usd", -5)};
    struct log_entry entry = make_entry("access");
    struct log_line line;

    entry.fields = fields;
    entry.field_count = COUNT(fields);
    log_line_json(&line, &entry);
    expect_text(&line, "{\"timestamp\":\"2026-01-15T12:00:00.123456Z\",\"level\":\"INFO\","
                       "\"message\":\"access\",\"route\":\"a\\\"b\",\"status\":-200,"
                       "\"cost_usd\":1.500000,\"saved_usd\":-0.000005}\n");
    log_line_text(&line, &entry);
    expect_text(&line, "2026-01-15T12:00:00.123456Z INFO access route=a\"b status=-200 "
                       "cost_usd=1.500000 saved_usd=-0.000005\n");
}
END_TEST

/* A field that is too long is cut; one for which there is no place is left out whole. */
START_TEST(fields_that_do_not_fit_leave_an_object)
{
    static char text[4 * LOG_LINE_SIZE];
    const struct log_field fields[] = {log_text("a", text), log_number("n", 12345),
                                       log_text("b", text), log_text("c", text),
                                       log_text("d", text), log_number("m", INT64_MAX)};
    struct log_entry entry = make_entry(text);

    for (size_t size = 0; size < sizeof text - 1; size += 31) {
        struct log_line line;
        json_t *json;

        memset(text, size % 2 == 0 ? 'x' : '\n', size);
        text[size] = '\0';
        entry.fields = fields;
        entry.field_count = COUNT(fields);
        log_line_json(&line, &entry);
        json = json_loadb(line.text, line.size, 0, NULL);
        ck_assert_msg(json != NULL, "%.*s", (int)line.size, line.text);
        json_decref(json);
        log_line_text(&line, &entry);
        ck_assert_int_eq(line.text[line.size - 1], '\n');
    }
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
    struct log_entry entry = make_entry(escapes[_i].message);
    struct log_line line;
    char expected[256];

    log_line_json(&line, &entry);
    snprintf(
        expected, sizeof expected,
        "{\"timestamp\":\"2026-01-15T12:00:00.123456Z\",\"level\":\"INFO\",\"message\":\"%s\"}\n",
        escapes[_i].escaped);
    expect_text(&line, expected);
}
END_TEST

/* Whatever fills the line, it stays one JSON object in one line. */
START_TEST(a_long_line_is_cut)
{
    static const char *const units[] = {"a", "\x01", "\xc3\xa9", "\xf0\x9f\x8f\xa0", "\xff", "\""};
    char message[8000] = "";
    struct log_entry entry = make_entry(message);
    struct log_line line;
    json_error_t error;
    json_t *json;
    size_t unit_size = strlen(units[_i]);

    for (size_t size = 0; size + unit_size < sizeof message; size += unit_size)
        memcpy(message + size, units[_i], unit_size + 1);
    entry.service = message;
    entry.request_id = message;
    log_line_json(&line, &entry);
    ck_assert_int_gt((int)line.size, LOG_LINE_SIZE - 16);
    ck_assert_int_le((int)line.size, LOG_LINE_SIZE);
    ck_assert_ptr_eq(memchr(line.text, '\n', line.size), line.text + line.size - 1);
    json = json_loadb(line.text, line.size, 0, &error);
    ck_assert_msg(json != NULL, "%s", error.text);
    json_decref(json);
    log_line_text(&line, &entry);
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
    tcase_add_test(tcase, fields_have_types);
    tcase_add_test(tcase, fields_that_do_not_fit_leave_an_object);
    tcase_add_loop_test(tcase, arguments_are_escaped, 0, (int)COUNT(escapes));
    tcase_add_loop_test(tcase, a_long_line_is_cut, 0, 6);
    suite_add_tcase(suite, tcase);
    return suite;
}
