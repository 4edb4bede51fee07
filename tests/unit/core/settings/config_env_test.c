/* config_env_test.c - variables: names, layers, files, the settings of other systems, the lines of an .env file. */
/* links: @core */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/config_text.h"
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
    ck_assert_str_eq(config->upstreams[0].base_url, "http://simulator:8900");
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
    parse_bad("", ENVIRONMENT("RENTCAST_TIMEOUT=soon"),
              "environment: upstream.timeout_ms (RENTCAST_TIMEOUT): soon is not a number\n");
    parse_bad("", ENVIRONMENT("RENTCAST_TIMEOUT=601"),
              "environment: upstream.timeout_ms (RENTCAST_TIMEOUT): the time is not in 0.1..600 "
              "seconds\n");
}
END_TEST

/* Decided otherwise than the document: without the setting it is SQLite. */
START_TEST(an_empty_database_url_is_refused)
{
    struct config *config = parse_good("", NULL);

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
              "rentcache.yaml (built in):14: upstreams[0].credential.value: RENTCAST_API_KEY_FILE: "
              "no-such-file cannot be read: No such file or directory\n");
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

START_TEST(a_bad_value_is_told_with_its_line)
{
    static const char text[] = "# ports\nPORT=99999\n";
    char errors[256] = "";
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

/* Those of the other system, and those of the original that have another unit here. */
START_TEST(the_other_names_set_the_same)
{
    struct config *config =
        parse_good("", ENVIRONMENT("CACHE_DEFAULT_TTL=60", "cache_max_ttl=86400",
                                   "CACHE_COMPRESSION_ENABLED=false", "CLEANUP_INTERVAL_HOURS=0.5",
                                   "RENTCAST_MAX_RETRIES=0"));

    row("C-074");
    row("C-075");
    row("C-076");
    ck_assert_int_eq(config->cache.default_ttl_s, 60);
    ck_assert_int_eq(config->cache.max_ttl_s, 86400);
    ck_assert(!config->cache.compression);
    ck_assert_int_eq(config->cache.cleanup_interval_s, 1800);
    ck_assert_int_eq(config->upstream.retries, 0);
    ck_assert_uint_eq(config->warnings_size, 0);
    config_destroy(&config);
    parse_bad("", ENVIRONMENT("CACHE_MAX_TTL=0"),
              "environment: cache.max_ttl_s (CACHE_MAX_TTL): 0 is not in 1..31536000\n");
    parse_bad("", ENVIRONMENT("CLEANUP_INTERVAL_HOURS=169"),
              "environment: cache.cleanup_interval_s (CLEANUP_INTERVAL_HOURS): the time is not in "
              "0.000278..168 hours\n");
}
END_TEST

START_TEST(both_names_with_one_value_agree)
{
    struct config *config =
        parse_good("", ENVIRONMENT("CACHE_DEFAULT_TTL=60", "DEFAULT_CACHE_TTL=60",
                                   "RENTCAST_TIMEOUT=1.5", "UPSTREAM_TIMEOUT_MS=1500",
                                   "REDIS_HOST=cache", "REDIS_URL=redis://cache:6379/0"));

    ck_assert_int_eq(config->cache.default_ttl_s, 60);
    ck_assert_int_eq(config->upstream.timeout_ms, 1500);
    config_destroy(&config);
}
END_TEST

static const struct {
    const char *one, *other;
    const char *error;
} two_values[] = {
    {"DEFAULT_CACHE_TTL=60", "CACHE_DEFAULT_TTL=61",
     "environment: cache.default_ttl_s (CACHE_DEFAULT_TTL): says something else than "
     "DEFAULT_CACHE_TTL, expected one of the two\n"},
    {"CACHE_COMPRESSION=true", "CACHE_COMPRESSION_ENABLED=false",
     "environment: cache.compression (CACHE_COMPRESSION_ENABLED): says something else than "
     "CACHE_COMPRESSION, expected one of the two\n"},
    {"RENTCAST_TIMEOUT=30", "UPSTREAM_TIMEOUT_MS=1500",
     "environment: upstream.timeout_ms (RENTCAST_TIMEOUT): says something else than "
     "UPSTREAM_TIMEOUT_MS, expected one of the two\n"},
    {"REDIS_URL=redis://:s3cret@cache:6379/0", "REDIS_HOST=cache",
     "environment: cache.redis_url (REDIS_HOST): says something else than REDIS_URL, expected one "
     "of the two\n"},
};

START_TEST(both_names_with_two_values_are_refused)
{
    parse_bad("", ENVIRONMENT(two_values[_i].one, two_values[_i].other), two_values[_i].error);
}
END_TEST

static const struct {
    const char *const variables[6];
    const char *url;
} redis_parts[] = {
    {{"REDIS_HOST=redis-prod.example.com"}, "redis://redis-prod.example.com:6379/0"},
    {{"REDIS_HOST=r", "REDIS_PORT=6380", "REDIS_DB=3", "REDIS_SSL=false", "REDIS_PASSWORD="},
     "redis://r:6380/3"},
    {{"REDIS_HOST=r", "REDIS_PASSWORD=a/b@c:d%e"}, "redis://:a%2Fb%40c%3Ad%25e@r:6379/0"},
    {{"REDIS_HOST=::1"}, "redis://[::1]:6379/0"},
    {{"REDIS_HOST="}, ""},
};

START_TEST(redis_by_its_parts)
{
    struct config *config = parse_good("", redis_parts[_i].variables);

    row("C-073");
    ck_assert_str_eq(config->cache.redis_url, redis_parts[_i].url);
    config_destroy(&config);
}
END_TEST

static const struct {
    const char *variable;
    const char *error;
} bad_redis_parts[] = {
    {"REDIS_PORT=many", "environment: cache.redis_url (REDIS_PORT): many is not a whole number\n"},
    {"REDIS_PORT=0", "environment: cache.redis_url (REDIS_PORT): 0 is not in 1..65535\n"},
    {"REDIS_DB=-1", "environment: cache.redis_url (REDIS_DB): -1 is not in 0..65535\n"},
    {"REDIS_SSL=1", "environment: cache.redis_url (REDIS_SSL): 1 is neither true nor false\n"},
};

START_TEST(parts_of_redis_that_are_none)
{
    parse_bad("", ENVIRONMENT("REDIS_HOST=r", bad_redis_parts[_i].variable),
              bad_redis_parts[_i].error);
}
END_TEST

static char warned[1024];

static void
keep_warning(const char *warning)
{
    size_t size = strlen(warned);

    snprintf(warned + size, sizeof warned - size, "%s\n", warning);
}

/* The configuration of an .env file and an environment; what it warns of is in warned. */
static struct config *
build_from_dotenv(const char *text, const char *const *environment_variables, FILE *out)
{
    struct config_report report = {.errors = out};
    struct variables dotenv, environment;
    struct config_sources sources = {.yaml_name = "test.yaml",
                                     .yaml = "server: {instance: \"${MINE:-x}\"}",
                                     .yaml_size = strlen("server: {instance: \"${MINE:-x}\"}"),
                                     .layers = {&dotenv, &environment}};
    struct config *config;

    warned[0] = '\0';
    variables_from_dotenv(&dotenv, text, strlen(text), &report);
    variables_from_environment(&environment, environment_variables);
    config = config_build(&sources, &report);
    if (config != NULL)
        config_each_warning(config, keep_warning);
    variables_fini(&dotenv);
    variables_fini(&environment);
    return config;
}

static const struct {
    const char *dotenv;
    const char *begin; /* of each warning; "": there is none */
} warnings[] = {
    {"PROT=1\n", ".env:1: PROT: unknown setting, did you mean PORT?\n"},
    {"\nGLOBAL_RATE_LIMT=1/hour\n",
     ".env:2: GLOBAL_RATE_LIMT: unknown setting, did you mean GLOBAL_RATE_LIMIT?\n"},
    {"ADMIN_TOKN_FILE=x\n",
     ".env:1: ADMIN_TOKN_FILE: unknown setting, did you mean ADMIN_TOKEN_FILE?\n"},
    {"PORT_FILE=x\n", ".env:1: PORT_FILE: unknown setting"},
    {"SOMETHING_QUITE_ELSE=1\n", ".env:1: SOMETHING_QUITE_ELSE: unknown setting\n"},
    {"MINE=1\nCOMPOSE_PROFILES=redis\nport=1\nPORT=2\nCACHE_MAX_TTL=9\n", ""},
    {"WORKERS=4\n", ".env:1: WORKERS: has no effect: use GATEWAY_THREADS"},
    {"EXPENSIVE_ENDPOINTS_TTL=86400\n",
     ".env:1: EXPENSIVE_ENDPOINTS_TTL: has no effect: use ttl_s of each route"},
    {"METRICS_ENDPOINT=/metrics\n",
     ".env:1: METRICS_ENDPOINT: has no effect: the path is /metrics"},
    {"health_endpoint=/health\n", ".env:1: health_endpoint: has no effect: the path is /health"},
    {"STATS_AGGREGATION_INTERVAL_HOURS=1\n",
     ".env:1: STATS_AGGREGATION_INTERVAL_HOURS: has no effect: totals by hour and day"},
    {"STRICT_RATE_LIMITING=true\n", ".env:1: STRICT_RATE_LIMITING: has no effect: "},
    {"REDIS_PASSWORD=x\n", ".env:1: REDIS_PASSWORD: has no effect: it is a part of the URL"},
};

START_TEST(what_has_no_effect_is_warned_of)
{
    struct config *config = build_from_dotenv(warnings[_i].dotenv, NULL, stderr);

    ck_assert_ptr_nonnull(config);
    if (warnings[_i].begin[0] == '\0')
        ck_assert_str_eq(warned, "");
    else
        ck_assert_msg(strncmp(warned, warnings[_i].begin, strlen(warnings[_i].begin)) == 0, "%s",
                      warned);
    config_destroy(&config);
}
END_TEST

START_TEST(more_retries_than_there_are_is_as_many_as_there_are)
{
    struct config *config = build_from_dotenv("", ENVIRONMENT("RENTCAST_MAX_RETRIES=3"), stderr);

    ck_assert_int_eq(config->upstream.retries, 1);
    ck_assert_str_eq(warned, "environment: RENTCAST_MAX_RETRIES: 3 is taken as 1, the most here\n");
    config_destroy(&config);
}
END_TEST

/* What others have there is nobody's business, but for a name that is long and nearly one of ours. */
START_TEST(the_environment_has_more_than_ours)
{
    struct config *config = build_from_dotenv(
        "", ENVIRONMENT("PROT=1", "SOMETHING_QUITE_ELSE=1", "RENTCAST_API_KEYS=x", "WORKERS=2"),
        stderr);

    ck_assert_str_eq(
        warned, "environment: RENTCAST_API_KEYS: unknown setting, did you mean RENTCAST_API_KEY?\n"
                "environment: WORKERS: has no effect: use GATEWAY_THREADS: one process serves all "
                "connections with its threads\n");
    config_destroy(&config);
}
END_TEST

START_TEST(a_refused_configuration_tells_its_warnings_too)
{
    char errors[512] = "";
    FILE *out = fmemopen(errors, sizeof errors, "w");

    ck_assert_ptr_null(build_from_dotenv("REDSI_URL=redis://r\nREDIS_ENABLED=true\n", NULL, out));
    fclose(out);
    ck_assert_str_eq(
        errors, ".env:2: cache.redis_enabled (REDIS_ENABLED): is true, but cache.redis_url is not "
                "set\n"
                "warning: .env:1: REDSI_URL: unknown setting, did you mean REDIS_URL?\n");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_env");
    TCase *tcase = tcase_create("config_env");

    tcase_add_test(tcase, the_environment_wins_over_yaml);
    tcase_add_test(tcase, environment_then_dotenv_then_yaml_then_default);
    tcase_add_test(tcase, names_in_any_case);
    tcase_add_test(tcase, the_spelling_of_the_table_comes_first);
    tcase_add_test(tcase, other_variables_are_nobody_s_business);
    tcase_add_test(tcase, the_settings_of_the_original);
    tcase_add_loop_test(tcase, only_true_enables_a_feature, 0, (int)COUNT(feature_flags));
    tcase_add_test(tcase, other_flags_are_strict);
    tcase_add_test(tcase, the_timeout_in_seconds);
    tcase_add_test(tcase, an_empty_database_url_is_refused);
    tcase_add_test(tcase, a_secret_from_a_file);
    tcase_add_test(tcase, files_that_give_no_secret);
    tcase_add_test(tcase, a_file_and_a_value_contradict);
    tcase_add_test(tcase, an_empty_secret_or_file_is_as_if_it_were_not_set);
    tcase_add_test(tcase, other_options_have_no_file);
    tcase_add_test(tcase, every_bad_variable_is_told);
    tcase_add_test(tcase, a_bad_value_is_told_with_its_line);
    tcase_add_test(tcase, the_other_names_set_the_same);
    tcase_add_test(tcase, both_names_with_one_value_agree);
    tcase_add_loop_test(tcase, both_names_with_two_values_are_refused, 0, (int)COUNT(two_values));
    tcase_add_loop_test(tcase, redis_by_its_parts, 0, (int)COUNT(redis_parts));
    tcase_add_loop_test(tcase, parts_of_redis_that_are_none, 0, (int)COUNT(bad_redis_parts));
    tcase_add_loop_test(tcase, what_has_no_effect_is_warned_of, 0, (int)COUNT(warnings));
    tcase_add_test(tcase, more_retries_than_there_are_is_as_many_as_there_are);
    tcase_add_test(tcase, the_environment_has_more_than_ours);
    tcase_add_test(tcase, a_refused_configuration_tells_its_warnings_too);
    suite_add_tcase(suite, tcase);
    return suite;
}
