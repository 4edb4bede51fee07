/* config_env_test.c - variables: names, layers, files, the settings of other systems, the lines of an .env file. */
/* links: @core */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "config_text.h"
#include "support/row.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

static char file_path[64];

static void
write_file(const char *text)
{
    FILE *file;

    snprintf(file_path, sizeof file_path, "config-env-%d.secret", (int)getpid());
    file = fopen(file_path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(the_environment_wins_over_yaml)
{
    struct config *config =
        parse_good("gateway: {port: 9000, admin_port: 9001}", ENVIRONMENT("PORT=7000"));

    ck_assert_int_eq(config->gateway.port, 7000);
    ck_assert_int_eq(config->gateway.admin_port, 9001);
    config_destroy(&config);
}
END_TEST

START_TEST(environment_then_dotenv_then_yaml_then_default)
{
    static const char dotenv_text[] = "PORT=6000\nADMIN_PORT=6001\n";
    static const char yaml[] = "gateway: {port: 5000, admin_port: 5001, threads: 55}";
    struct config_report report = {.count = 0};
    struct variables dotenv;
    struct variables environment;
    struct config_sources sources = {
        .yaml_name = "test.yaml",
        .yaml = yaml,
        .yaml_size = sizeof yaml - 1,
        .layers = {&dotenv, &environment},
    };
    struct config *config;

    row("R-152");
    variables_from_dotenv(&dotenv, dotenv_text, sizeof dotenv_text - 1, &report);
    variables_from_environment(&environment, ENVIRONMENT("PORT=7000"));
    config = config_build(&sources, &report);
    ck_assert_ptr_nonnull(config);
    ck_assert_int_eq(config->gateway.port, 7000);
    ck_assert_int_eq(config->gateway.admin_port, 6001);
    ck_assert_int_eq(config->gateway.threads, 55);
    ck_assert_int_eq(config->gateway.admin_threads, 8);
    config_destroy(&config);
    variables_fini(&dotenv);
    variables_fini(&environment);
}
END_TEST

START_TEST(names_in_any_case)
{
    static const char *const names[] = {"PORT=7000", "port=7000", "Port=7000", "pOrT=7000"};

    row("R-153");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct config *config = parse_good("", ENVIRONMENT(names[i]));

        ck_assert_int_eq(config->gateway.port, 7000);
        config_destroy(&config);
    }
}
END_TEST

START_TEST(the_spelling_of_the_table_comes_first)
{
    struct config *config = parse_good("", ENVIRONMENT("PORT=7000", "port=7001"));

    ck_assert_int_eq(config->gateway.port, 7000);
    config_destroy(&config);
}
END_TEST

START_TEST(other_variables_are_nobody_s_business)
{
    struct config *config =
        parse_good("", ENVIRONMENT("HOME=/", "PORTS=x", "REPORT=x", "PORT", "_=", "=C:=x"));

    ck_assert_int_eq(config->gateway.port, 8000);
    config_destroy(&config);
}
END_TEST

/* Names and values as the original documents have them. */
START_TEST(the_settings_of_the_original)
{
    struct config *config =
        parse_good("", ENVIRONMENT("HOST=127.0.0.1", "DEBUG=true", "DATABASE_ECHO=True",
                                   "REDIS_URL=redis://cache:6379/0", "REDIS_ENABLED=true",
                                   "DEFAULT_CACHE_TTL=60", "ENABLE_RATE_LIMITING=false",
                                   "GLOBAL_RATE_LIMIT=10/hour", "PER_ENDPOINT_RATE_LIMIT=5/minute",
                                   "RENTCAST_BASE_URL=http://simulator:8900", "LOG_LEVEL=debug",
                                   "ENABLE_STALE_WHILE_REVALIDATE=false",
                                   "DATABASE_URL=sqlite+aiosqlite:///./rentcache.db"));

    ck_assert_str_eq(config->gateway.host, "127.0.0.1");
    ck_assert(config->server.debug && config->server.database_echo);
    ck_assert_str_eq(config->server.log_level, "DEBUG");
    ck_assert_str_eq(config->server.database_url, "sqlite:///./rentcache.db");
    ck_assert_str_eq(config->cache.redis_url, "redis://cache:6379/0");
    ck_assert(config->cache.redis_enabled && !config->cache.stale_while_revalidate);
    ck_assert_int_eq(config->cache.default_ttl_s, 60);
    ck_assert(!config->limits.enabled);
    ck_assert_int_eq(config->limits.global.count, 10);
    ck_assert_int_eq(config->limits.per_route.count, 5);
    ck_assert_str_eq(config->upstream.base_url, "http://simulator:8900");
    config_destroy(&config);
}
END_TEST

static const struct {
    const char *value;
    bool is_on;
} feature_flags[] = {
    {"true", true}, {"TRUE", true}, {"True", true}, {"1", false},
    {"yes", false}, {"on", false},  {"", false},    {"false", false},
};

START_TEST(only_true_enables_a_feature)
{
    char redis[64];
    char analytics[64];
    char warming[64];
    struct config *config;

    row("R-154");
    row("R-155");
    row("R-156");
    snprintf(redis, sizeof redis, "ENABLE_REDIS_CACHE=%s", feature_flags[_i].value);
    snprintf(analytics, sizeof analytics, "enable_analytics=%s", feature_flags[_i].value);
    snprintf(warming, sizeof warming, "ENABLE_CACHE_WARMING=%s", feature_flags[_i].value);
    config = parse_good("", ENVIRONMENT(redis, analytics, warming));
    ck_assert_int_eq(config->cache.l1_enabled, feature_flags[_i].is_on);
    ck_assert_int_eq(config->gateway.enable_analytics, feature_flags[_i].is_on);
    ck_assert_int_eq(config->cache.warming, feature_flags[_i].is_on);
    config_destroy(&config);
}
END_TEST

START_TEST(other_flags_are_strict)
{
    parse_bad("", ENVIRONMENT("DEBUG=1"),
              "environment: server.debug (DEBUG): 1 is neither true nor false\n");
}
END_TEST

START_TEST(the_timeout_in_seconds)
{
    static const struct {
        const char *variable;
        int64_t timeout_ms;
    } cases[] = {{"RENTCAST_TIMEOUT=30", 30000},
                 {"RENTCAST_TIMEOUT=2.5", 2500},
                 {"rentcast_timeout=0.1", 100}};
    struct config *config;

    for (size_t i = 0; i < COUNT(cases); i++) {
        config = parse_good("", ENVIRONMENT(cases[i].variable));
        ck_assert_int_eq(config->upstream.timeout_ms, cases[i].timeout_ms);
        config_destroy(&config);
    }
    config = parse_good("", ENVIRONMENT("RENTCAST_TIMEOUT=30", "RENTCAST_TIMEOUT_MS=1500"));
    ck_assert_int_eq(config->upstream.timeout_ms, 1500);
    config_destroy(&config);
    parse_bad("", ENVIRONMENT("RENTCAST_TIMEOUT=soon"),
              "environment: upstream.timeout_ms (RENTCAST_TIMEOUT): soon is not a number\n");
    parse_bad("", ENVIRONMENT("RENTCAST_TIMEOUT=601"),
              "environment: upstream.timeout_ms (RENTCAST_TIMEOUT): the time is not in 0.1..600 "
              "seconds\n");
}
END_TEST

START_TEST(a_database_url_is_required)
{
    struct config *config = parse_good("", NULL);

    row("R-145");
    ck_assert_str_eq(config->server.database_url, "sqlite:");
    config_destroy(&config);
    ck_assert_ptr_null(parse_with("", ENVIRONMENT("DATABASE_URL=")));
    ck_assert_ptr_nonnull(
        strstr(parse_errors, "environment: server.database_url (DATABASE_URL): "));
    ck_assert_ptr_nonnull(strstr(parse_errors, "database_url required"));
}
END_TEST

START_TEST(a_secret_from_a_file)
{
    char variable[128];
    struct config *config;

    write_file("t0ken\n");
    snprintf(variable, sizeof variable, "ADMIN_TOKEN_FILE=%s", file_path);
    config = parse_good("", ENVIRONMENT(variable));
    ck_assert_str_eq(config->gateway.admin_token, "t0ken");
    config_destroy(&config);

    write_file("postgresql://u:p@db/x\r\n");
    snprintf(variable, sizeof variable, "DATABASE_URL_FILE=%s", file_path);
    config = parse_good("", ENVIRONMENT(variable));
    ck_assert_str_eq(config->server.database_url, "postgresql://u:p@db/x");
    config_destroy(&config);
    unlink(file_path);
}
END_TEST

START_TEST(files_that_give_no_secret)
{
    char variable[128];
    char expected[256];

    parse_bad("", ENVIRONMENT("RENTCAST_API_KEY_FILE=no-such-file"),
              "environment: upstream.api_key (RENTCAST_API_KEY_FILE): no-such-file cannot be read: "
              "No such file or directory\n");
    write_file("\n");
    snprintf(variable, sizeof variable, "ADMIN_TOKEN_FILE=%s", file_path);
    parse_bad("", ENVIRONMENT(variable),
              "environment: gateway.admin_token (ADMIN_TOKEN_FILE): the file is empty\n");
    write_file("one\ntwo\n");
    ck_assert_ptr_null(parse_with("", ENVIRONMENT(variable)));
    ck_assert_ptr_null(strstr(parse_errors, "one"));
    snprintf(expected, sizeof expected, "%s", parse_errors);
    ck_assert_ptr_nonnull(strstr(expected, "ADMIN_TOKEN_FILE"));
    unlink(file_path);
}
END_TEST

START_TEST(a_file_and_a_value_contradict)
{
    parse_bad(
        "", ENVIRONMENT("ADMIN_TOKEN=a", "ADMIN_TOKEN_FILE=b"),
        "environment: gateway.admin_token (ADMIN_TOKEN): the variable itself and its _FILE are "
        "both set, expected one\n");
}
END_TEST

/* What containers do to take a secret away. */
START_TEST(an_empty_secret_or_file_is_as_if_it_were_not_set)
{
    char variable[128];
    struct config *config;

    config = parse_good("", ENVIRONMENT("ADMIN_TOKEN=", "ADMIN_TOKEN_FILE="));
    ck_assert_str_eq(config->gateway.admin_token, "");
    config_destroy(&config);
    config = parse_good("", ENVIRONMENT("ADMIN_TOKEN=t0ken", "ADMIN_TOKEN_FILE="));
    ck_assert_str_eq(config->gateway.admin_token, "t0ken");
    config_destroy(&config);

    write_file("t0ken\n");
    snprintf(variable, sizeof variable, "ADMIN_TOKEN_FILE=%s", file_path);
    config = parse_good("", ENVIRONMENT("ADMIN_TOKEN=", variable));
    ck_assert_str_eq(config->gateway.admin_token, "t0ken");
    config_destroy(&config);
    unlink(file_path);
}
END_TEST

/* Only secrets and DATABASE_URL have a _FILE. */
START_TEST(other_options_have_no_file)
{
    struct config *config = parse_good("", ENVIRONMENT("PORT_FILE=no-such-file"));

    ck_assert_int_eq(config->gateway.port, 8000);
    config_destroy(&config);
}
END_TEST

START_TEST(every_bad_variable_is_told)
{
    parse_bad(
        "", ENVIRONMENT("PORT=99999", "ADMIN_PORT=", "LOG_LEVEL=LOUD"),
        "environment: gateway.port (PORT): 99999 is not in 0..65535\n"
        "environment: gateway.admin_port (ADMIN_PORT): an empty text is not a whole number\n"
        "environment: server.log_level (LOG_LEVEL): LOUD is not DEBUG, INFO, WARNING or ERROR\n");
}
END_TEST

static char errors[1024];

/* The value of NAME in text, which must hold no error; NULL: it is not there. Freed by the test's end. */
static const char *
read_name(struct variables *variables, const char *text)
{
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config_report report = {.errors = out};
    const struct variable *variable;

    errors[0] = '\0';
    variables_from_dotenv(variables, text, strlen(text), &report);
    fclose(out);
    ck_assert_str_eq(errors, "");
    variable = variables_find(variables, "NAME");
    return variable != NULL ? variable_value(variable) : NULL;
}

static const struct {
    const char *text;
    const char *value;
} good_lines[] = {
    {"NAME=value", "value"},
    {"NAME=value\n", "value"},
    {"NAME=value\r\n", "value"},
    {"  export NAME = value  \n", "value"},
    {"NAME=", ""},
    {"NAME=a b", "a b"},
    {"NAME=a#b # comment", "a#b"},
    {"NAME=# comment", ""},
    {"NAME='a # b'", "a # b"},
    {"NAME=\"a # b\" # comment", "a # b"},
    {"NAME=\"a \\\"b\\\" \\\\ \\$ \\x\"", "a \"b\" \\ $ \\x"},
    {"NAME='a\\n'", "a\\n"},
    {"NAME=\"tab\\tline\\n\"", "tab\tline\n"},
    {"NAME=$HOME ${HOME}", "$HOME ${HOME}"},
    {"NAME=a=b", "a=b"},
    {"# NAME=x\n\n   \nNAME=y", "y"},
    {"NAME=first\nNAME=last\n", "last"},
    {"name=any case", "any case"},
    {"OTHER=x", NULL},
    {"", NULL},
};

START_TEST(a_line_gives_a_variable)
{
    struct variables variables;
    const char *value = read_name(&variables, good_lines[_i].text);

    if (good_lines[_i].value == NULL)
        ck_assert_ptr_null(value);
    else
        ck_assert_pstr_eq(value, good_lines[_i].value);
    variables_fini(&variables);
}
END_TEST

static const struct {
    const char *text;
    size_t size;
    const char *error;
} bad_lines[] = {
    {"A=1\nNAME\n", 9, ".env:2: expected NAME=VALUE\n"},
    {"=x", 2, ".env:1: expected NAME=VALUE\n"},
    {"A B=x", 5, ".env:1: expected NAME=VALUE\n"},
    {"export", 6, ".env:1: expected NAME=VALUE\n"},
    {"A='x", 4, ".env:1: a quote is not closed, or something follows it\n"},
    {"A=\"x\\\"", 6, ".env:1: a quote is not closed, or something follows it\n"},
    {"A='x' y", 7, ".env:1: a quote is not closed, or something follows it\n"},
    {"A=x\0y", 5, ".env:1: the line contains a NUL byte\n"},
};

START_TEST(what_is_no_line_is_told)
{
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config_report report = {.errors = out};
    struct variables variables;

    variables_from_dotenv(&variables, bad_lines[_i].text, bad_lines[_i].size, &report);
    fclose(out);
    ck_assert_str_eq(errors, bad_lines[_i].error);
    ck_assert_int_eq(report.count, 1);
    variables_fini(&variables);
}
END_TEST

START_TEST(a_bad_value_is_told_with_its_line)
{
    static const char text[] = "# ports\nPORT=99999\n";
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config_report report = {.errors = out};
    struct variables dotenv;
    struct config_sources sources = {.yaml_name = "y", .yaml = "", .layers = {&dotenv, NULL}};

    variables_from_dotenv(&dotenv, text, sizeof text - 1, &report);
    ck_assert_ptr_null(config_build(&sources, &report));
    fclose(out);
    ck_assert_str_eq(errors, ".env:2: gateway.port (PORT): 99999 is not in 0..65535\n");
    variables_fini(&dotenv);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_env");
    TCase *tcase = tcase_create("config_env");
    TCase *dotenv = tcase_create("dotenv");

    tcase_add_test(tcase, the_environment_wins_over_yaml);
    tcase_add_test(tcase, environment_then_dotenv_then_yaml_then_default);
    tcase_add_test(tcase, names_in_any_case);
    tcase_add_test(tcase, the_spelling_of_the_table_comes_first);
    tcase_add_test(tcase, other_variables_are_nobody_s_business);
    tcase_add_test(tcase, the_settings_of_the_original);
    tcase_add_loop_test(tcase, only_true_enables_a_feature, 0, (int)COUNT(feature_flags));
    tcase_add_test(tcase, other_flags_are_strict);
    tcase_add_test(tcase, the_timeout_in_seconds);
    tcase_add_test(tcase, a_database_url_is_required);
    tcase_add_test(tcase, a_secret_from_a_file);
    tcase_add_test(tcase, files_that_give_no_secret);
    tcase_add_test(tcase, a_file_and_a_value_contradict);
    tcase_add_test(tcase, an_empty_secret_or_file_is_as_if_it_were_not_set);
    tcase_add_test(tcase, other_options_have_no_file);
    tcase_add_test(tcase, every_bad_variable_is_told);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(dotenv, a_line_gives_a_variable, 0, (int)COUNT(good_lines));
    tcase_add_loop_test(dotenv, what_is_no_line_is_told, 0, (int)COUNT(bad_lines));
    tcase_add_test(dotenv, a_bad_value_is_told_with_its_line);
    suite_add_tcase(suite, dotenv);
    return suite;
}
