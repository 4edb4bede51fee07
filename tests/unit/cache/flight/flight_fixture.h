/* flight_fixture.h - an empty table of flights, and how tests fill it. */
#pragma once

#include "flight/flight.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY   "ceba473f42f79d99adb48ccd2b0ae28c"
#define OTHER "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"

struct sender {
    int number;
};

static const struct route_config properties = {.name = "properties", .endpoint = "properties"};
static const struct route_config by_id = {.name = "property_by_id", .endpoint = "properties"};
static const struct route_config value = {.name = "value_estimate", .endpoint = "value_estimate"};

static struct flight_table *flights;

static inline void
begin(void)
{
    flights = flight_table_create(100);
    ck_assert_ptr_nonnull(flights);
}

static inline void
end(void)
{
    flight_table_destroy(&flights);
    ck_assert_ptr_null(flights);
}

static inline struct flight *
start(const char *key, const struct route_config *route, bool may_share)
{
    struct flight_source source = {.route = route,
                                   .cache_key = key,
                                   .signature = bytes_of_text("signature"),
                                   .target = bytes_of_text("/target"),
                                   .request_id = "request",
                                   .may_share = may_share,
                                   .may_store = may_share};
    struct flight *flight = flight_start(flights, &source);

    ck_assert_ptr_nonnull(flight);
    return flight;
}

static inline struct waiter *
add(struct flight *flight, int64_t api_key_id, int64_t deadline)
{
    struct waiter waiter = {.from = malloc(sizeof(struct sender)),
                            .api_key_id = api_key_id,
                            .deadline_mono_ms = deadline};
    struct waiter *added = flight_add_waiter(flights, flight, &waiter, bytes_of_text("secret"));

    ck_assert_ptr_nonnull(added);
    return added;
}
