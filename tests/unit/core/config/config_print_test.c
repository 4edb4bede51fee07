/* config_print_test.c - what check-config and the documentation show. */
/* links: @core */
#include <stdlib.h>

#include "settings/config_table.h"
#include "support/config_text.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The caller frees it. */
static char *
print(const struct config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    config_print(config, out);
    fclose(out);
    return text;
}

static void
expect_line(const char *text, const char *line)
{
    ck_assert_msg(strstr(text, line) != NULL, "no \"%s\" in:\n%s", line, text);
}

START_TEST(every_value_tells_where_it_came_from)
{
    struct config *config =
        parse_good("# comment\ngateway:\n  threads: 55\n  port: 5000\nlimits: {global: none}\n",
                   ENVIRONMENT("PORT=7000", "RENTCAST_TIMEOUT=2"));
    char *text = print(config);

    expect_line(text, "gateway:\n");
    expect_line(text, "  threads: 55  # test.yaml:3\n");
    expect_line(text, "  port: 7000  # environment PORT\n");
    expect_line(text, "  timeout_ms: 2000  # environment RENTCAST_TIMEOUT\n");
    expect_line(text, "  global: none  # test.yaml:5\n");
    expect_line(text, "  host: \"0.0.0.0\"  # default\n");
    expect_line(text, "  access_log: true  # default\n");
    expect_line(text, "routes:  # rentcache.yaml (built in)\n");
    free(text);
    config_destroy(&config);
}
END_TEST

START_TEST(secrets_are_not_shown)
{
    struct config *config = parse_good("upstreams: [{name: a, base_url: http://a, credential: {in: "
                                       "bearer, value: hush-hush}}]\n"
                                       "server: {database_url: \"postgresql://u:hush-hush@h/x\"}\n"
                                       "cache: {redis_url: \"redis://:hush-hush@h/0\"}\n",
                                       NULL);
    char *text = print(config);

    ck_assert_ptr_null(strstr(text, "hush-hush"));
    expect_line(text, "      # value: (set)\n");
    expect_line(text, "  # admin_token: (not set)  # default\n");
    expect_line(text, "  database_url: \"postgresql://u:***@h/x\"  # test.yaml:2\n");
    free(text);
    config_destroy(&config);
}
END_TEST

/* The text without what stands behind "  # ". The caller frees it. */
static char *
without_origins(const char *text)
{
    char *copy = calloc(strlen(text) + 1, 1);
    char *to = copy;

    while (*text != '\0') {
        size_t line = strcspn(text, "\n");
        const char *mark = memmem(text, line, "  # ", 4);
        size_t size = mark != NULL ? (size_t)(mark - text) : line;

        memcpy(to, text, size);
        to += size;
        *to++ = '\n';
        text += line + (text[line] == '\n' ? 1 : 0);
    }
    return copy;
}

START_TEST(what_is_printed_can_be_loaded)
{
    struct config *config = parse_good("server: {instance: \"a \\\"b\\\\ # c\"}\n", NULL);
    char *text = print(config);
    struct config *again = parse_good(text, NULL);
    char *text_again = print(again);
    char *values = without_origins(text);
    char *values_again = without_origins(text_again);

    ck_assert_str_eq(again->server.instance, "a \"b\\ # c");
    ck_assert_str_eq(values, values_again);
    free(values);
    free(values_again);
    free(text);
    free(text_again);
    config_destroy(&config);
    config_destroy(&again);
}
END_TEST

START_TEST(the_description_names_every_option)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    config_describe(out);
    fclose(out);
    for (size_t i = 0; i < option_row_count; i++) {
        char cells[128];

        snprintf(cells, sizeof cells, "| `%s` | `%s` | ", option_rows[i].name, option_rows[i].env);
        expect_line(text, cells);
    }
    expect_line(text,
                "| `port` | `PORT` | whole number, 0..65535 | `8000` | port of the data listener");
    expect_line(text, "| `cost_usd` | ");
    free(text);
}
END_TEST

START_TEST(the_documentation_is_up_to_date)
{
    const char *folder = getenv("RENTCACHE_SOURCE_DIR");
    char path[512];
    char *described = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&described, &size);
    FILE *file;
    char *written;

    config_describe(out);
    fclose(out);
    ck_assert_msg(folder != NULL, "RENTCACHE_SOURCE_DIR is not set");
    snprintf(path, sizeof path, "%s/docs/configuration.md", folder);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    written = calloc(size + 2, 1);
    ck_assert_int_eq((int)fread(written, 1, size + 1, file), (int)size);
    fclose(file);
    ck_assert_msg(strcmp(written, described) == 0,
                  "docs/configuration.md is old: rentcache describe configuration > it");
    free(written);
    free(described);
}
END_TEST

START_TEST(no_two_options_share_a_name)
{
    for (size_t i = 0; i < option_row_count; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(option_rows[i].env, option_rows[j].env);
            ck_assert(strcmp(option_rows[i].section, option_rows[j].section) != 0 ||
                      strcmp(option_rows[i].name, option_rows[j].name) != 0);
        }
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_print");
    TCase *tcase = tcase_create("config_print");

    tcase_add_test(tcase, every_value_tells_where_it_came_from);
    tcase_add_test(tcase, secrets_are_not_shown);
    tcase_add_test(tcase, what_is_printed_can_be_loaded);
    tcase_add_test(tcase, the_description_names_every_option);
    tcase_add_test(tcase, the_documentation_is_up_to_date);
    tcase_add_test(tcase, no_two_options_share_a_name);
    suite_add_tcase(suite, tcase);
    return suite;
}
