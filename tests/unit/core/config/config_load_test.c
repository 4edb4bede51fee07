/* config_load_test.c - the files that config_load finds, what happens without them, and the built-in routes. */
/* links: @core */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/config_text.h"
#include "support/row.h"

static char folder[64];
static int old_folder;

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* An empty working directory, and an environment without our names. */
static void
enter(void)
{
    clearenv();
    snprintf(folder, sizeof folder, "config-load-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    old_folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(chdir(folder), 0);
}

static void
leave(void)
{
    unlink(".env");
    unlink("a.yaml");
    unlink("b.yaml");
    ck_assert_int_eq(fchdir(old_folder), 0);
    close(old_folder);
    rmdir(folder);
}

static struct config *
load(const char *path)
{
    FILE *errors = fmemopen(parse_errors, sizeof parse_errors, "w");
    struct config *config;

    parse_errors[0] = '\0';
    config = config_load(path, errors);
    fclose(errors);
    return config;
}

static int64_t
load_port(const char *path)
{
    struct config *config = load(path);
    int64_t port;

    ck_assert_msg(config != NULL, "%s", parse_errors);
    port = config->gateway.port;
    config_destroy(&config);
    return port;
}

START_TEST(nothing_has_to_be_there)
{
    struct config *config = load(NULL);

    row("R-142");
    row("R-143");
    ck_assert_msg(config != NULL, "%s", parse_errors);
    ck_assert_str_eq(config->gateway.host, "0.0.0.0");
    ck_assert_int_eq(config->gateway.port, 8000);
    ck_assert_ptr_nonnull(config_route(config, "properties"));
    config_destroy(&config);
}
END_TEST

START_TEST(the_four_layers)
{
    row("R-152");
    ck_assert_int_eq(load_port(NULL), 8000);
    write_file("a.yaml", "gateway: {port: 5000}\n");
    ck_assert_int_eq(load_port("a.yaml"), 5000);
    write_file(".env", "PORT=6000\n");
    ck_assert_int_eq(load_port("a.yaml"), 6000);
    setenv("port", "7000", 1);
    ck_assert_int_eq(load_port("a.yaml"), 7000);
}
END_TEST

START_TEST(variables_in_values_come_from_both_layers)
{
    write_file("a.yaml", "gateway: {port: '${MY_PORT:-5000}'}\n");
    ck_assert_int_eq(load_port("a.yaml"), 5000);
    write_file(".env", "MY_PORT=6000\n");
    ck_assert_int_eq(load_port("a.yaml"), 6000);
    setenv("MY_PORT", "7000", 1);
    ck_assert_int_eq(load_port("a.yaml"), 7000);
}
END_TEST

START_TEST(the_file_is_named_by_a_variable)
{
    write_file("a.yaml", "gateway: {port: 5000}\n");
    write_file("b.yaml", "gateway: {port: 5001}\n");
    write_file(".env", "RENTCACHE_CONFIG=a.yaml\n");
    ck_assert_int_eq(load_port(NULL), 5000);
    setenv("RENTCACHE_CONFIG", "b.yaml", 1);
    ck_assert_int_eq(load_port(NULL), 5001);
    ck_assert_int_eq(load_port("a.yaml"), 5000);
    setenv("RENTCACHE_CONFIG", "", 1);
    ck_assert_int_eq(load_port("b.yaml"), 5001);
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
    ck_assert_ptr_null(load("a.yaml"));
    ck_assert_str_eq(parse_errors, "a.yaml: cannot be read: No such file or directory\n");
    ck_assert_ptr_null(load("."));
    ck_assert_str_eq(parse_errors, ".: cannot be read: Is a directory\n");
    ck_assert_int_eq(mkdir(".env", 0700), 0);
    ck_assert_ptr_null(load(NULL));
    ck_assert_str_eq(parse_errors, ".env: cannot be read: Is a directory\n");
    ck_assert_int_eq(rmdir(".env"), 0);
}
END_TEST

START_TEST(errors_of_all_files_are_told)
{
    write_file("a.yaml", "gateway: {port: 99999}\n");
    write_file(".env", "\nADMIN_PORT=x\nnonsense\n");
    setenv("LOG_LEVEL", "LOUD", 1);
    ck_assert_ptr_null(load("a.yaml"));
    ck_assert_str_eq(parse_errors,
                     ".env:3: expected NAME=VALUE\n"
                     "a.yaml:1: gateway.port: 99999 is not in 0..65535\n"
                     ".env:2: gateway.admin_port (ADMIN_PORT): x is not a whole number\n"
                     "environment: server.log_level (LOG_LEVEL): LOUD is not DEBUG, INFO, WARNING "
                     "or ERROR\n");
}
END_TEST

/* YAML takes 16 MiB at most. */
START_TEST(a_huge_file_is_refused)
{
    FILE *file = fopen("a.yaml", "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(ftruncate(fileno(file), (16 << 20) + 1), 0);
    fclose(file);
    ck_assert_ptr_null(load("a.yaml"));
    ck_assert_str_eq(parse_errors,
                     "a.yaml: is larger than 16777216 bytes, the most that is read\n");
}
END_TEST

static const struct {
    const char *name, *endpoint, *path, *upstream_path, *fallback_path, *alias;
    int64_t ttl_s, cost_micro_usd, per_minute;
} built_in_routes[] = {
    {"properties", "properties", "/api/v1/properties", "/v1/properties", "", "", 86400, 1000000,
     60},
    {"property_by_id", "properties", "/api/v1/properties/{property_id}",
     "/v1/properties/{property_id}", "", "", 86400, 1000000, 60},
    {"properties_random", "properties_random", "/api/v1/properties/random", "/v1/properties/random",
     "", "", 0, 1000000, 60},
    {"value_estimate", "value_estimate", "/api/v1/estimates/value", "/v1/avm/value", "",
     "/api/v1/value-estimate", 3600, 2000000, 30},
    {"rent_estimate", "rent_estimate", "/api/v1/estimates/rent", "/v1/avm/rent/long-term", "",
     "/api/v1/rent-estimate", 3600, 2000000, 30},
    {"listings_sale", "listings_sale", "/api/v1/listings/sale", "/v1/listings/sale", "", "", 1800,
     500000, 100},
    {"listings_rental", "listings_rental", "/api/v1/listings/rental",
     "/v1/listings/rental/long-term", "", "", 1800, 500000, 100},
    {"listing_by_id", "listing_by_id", "/api/v1/listings/{listing_id}",
     "/v1/listings/sale/{listing_id}", "/v1/listings/rental/long-term/{listing_id}", "", 1800,
     500000, 100},
    {"market_stats", "market_stats", "/api/v1/markets/stats", "/v1/markets", "",
     "/api/v1/market-stats", 7200, 5000000, 20},
};

START_TEST(each_route_is_that_of_the_contract)
{
    struct config *config = parse_good("", NULL);
    const struct route_config *route = config_route(config, built_in_routes[_i].name);

    ck_assert_ptr_nonnull(route);
    ck_assert_ptr_null(config_route(config, "nonesuch"));
    ck_assert_str_eq(route->endpoint, built_in_routes[_i].endpoint);
    ck_assert_str_eq(route->path, built_in_routes[_i].path);
    ck_assert_str_eq(route->upstream_path, built_in_routes[_i].upstream_path);
    ck_assert_str_eq(route->fallback_path, built_in_routes[_i].fallback_path);
    ck_assert_int_eq(route->alias_count, built_in_routes[_i].alias[0] != '\0');
    ck_assert_str_eq(route->aliases[0], built_in_routes[_i].alias);
    ck_assert_int_eq(route->ttl_s, built_in_routes[_i].ttl_s);
    ck_assert_int_eq(route->cost_micro_usd, built_in_routes[_i].cost_micro_usd);
    ck_assert_int_eq(route->rate.count, built_in_routes[_i].per_minute);
    ck_assert_int_eq(route->rate.period_ms, 60000);
    ck_assert_int_eq(route->share, ROUTE_SHARE_ALL);
    ck_assert_int_eq(route->negative_ttl_s, 0);
    /* Stale is for what is kept, and refreshed behind for less than half of its life. */
    ck_assert(route->ttl_s > 0 ? 2 * route->stale_while_revalidate_s < route->ttl_s &&
                                     route->stale_while_revalidate_s > 0
                               : route->stale_while_revalidate_s == 0);
    ck_assert((route->stale_if_error_s > 0) == (route->ttl_s > 0));
    config_destroy(&config);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_load");
    TCase *tcase = tcase_create("config_load");
    TCase *built_in = tcase_create("built_in");

    tcase_add_checked_fixture(tcase, enter, leave);
    tcase_add_test(tcase, nothing_has_to_be_there);
    tcase_add_test(tcase, the_four_layers);
    tcase_add_test(tcase, variables_in_values_come_from_both_layers);
    tcase_add_test(tcase, the_file_is_named_by_a_variable);
    tcase_add_test(tcase, files_that_cannot_be_read);
    tcase_add_test(tcase, errors_of_all_files_are_told);
    tcase_add_test(tcase, a_huge_file_is_refused);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(built_in, each_route_is_that_of_the_contract, 0,
                        (int)COUNT(built_in_routes));
    suite_add_tcase(suite, built_in);
    return suite;
}
