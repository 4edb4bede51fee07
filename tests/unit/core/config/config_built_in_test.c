/* config_built_in_test.c - the built-in routes are those of the contract: paths, lives, prices, limits. */
/* links: @core */
#include "config_text.h"

static const struct {
    const char *name, *endpoint, *path, *upstream_path, *fallback_path, *alias;
    int64_t ttl_s, cost_micro_usd, per_minute;
} expected[] = {
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
    const struct route_config *route = config_route(config, expected[_i].name);

    ck_assert_ptr_nonnull(route);
    ck_assert_ptr_null(config_route(config, "nonesuch"));
    ck_assert_str_eq(route->endpoint, expected[_i].endpoint);
    ck_assert_str_eq(route->path, expected[_i].path);
    ck_assert_str_eq(route->upstream_path, expected[_i].upstream_path);
    ck_assert_str_eq(route->fallback_path, expected[_i].fallback_path);
    ck_assert_int_eq(route->alias_count, expected[_i].alias[0] != '\0');
    ck_assert_str_eq(route->aliases[0], expected[_i].alias);
    ck_assert_int_eq(route->ttl_s, expected[_i].ttl_s);
    ck_assert_int_eq(route->cost_micro_usd, expected[_i].cost_micro_usd);
    ck_assert_int_eq(route->rate.count, expected[_i].per_minute);
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
    Suite *suite = suite_create("core/config_built_in");
    TCase *tcase = tcase_create("routes");

    tcase_add_loop_test(tcase, each_route_is_that_of_the_contract, 0, (int)COUNT(expected));
    suite_add_tcase(suite, tcase);
    return suite;
}
