/* usage_test.c - the record of a request: what it holds, when it is there, and what becomes of
 * requests when nothing takes records any more.
 *
 * The ring is a real one, of eight places; the client's address is played here. */
/* links: gateway/usage/usage.c gateway/exchange.c gateway/server/request.c */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c gateway/spool/spool_segment.c */
/* links: gateway/spool/spool_backlog.c core/base/text.c @core */

#include "usage/usage.h"

#include <check.h>
#include <pthread.h>

#include "http/client.h"
#include "unit/gateway/spool/spool_support.h"

enum { PLACES = 8 };

static struct spool_folder folder;
static struct config config;
static struct gateway gateway;
static struct worker worker;
static struct route_config route = {.endpoint = "properties"};
static struct request request;
static struct exchange exchange;

const struct address *
client_address(struct exchange *asked)
{
    static const struct address client = {.family = 4, .bytes = {192, 0, 2, 7}};

    ck_assert_ptr_eq(asked, &exchange);
    return &client;
}

/* No segment may be written, so that the ring is all there is. */
static void
setup(void)
{
    folder = spool_folder_make();
    config = spool_config(PLACES);
    config.spool.segments_max_bytes = 0;
    config.gateway.enable_analytics = true;
    gateway = (struct gateway){.config = &config};
    ck_assert_int_eq(spool_open(folder.path, &config, 1, &gateway.spool), STATUS_OK);
    worker = (struct worker){.gateway = &gateway, .ring = spool_ring_take(gateway.spool)};
    request = (struct request){
        .method = "GET", .headers = {{"User-Agent", "curl/8.0"}}, .header_count = 1};
    exchange_begin(&exchange, &worker, NULL, &request);
    memcpy(exchange.cache_key, "0123456789abcdef", sizeof exchange.cache_key);
    exchange.match.route = &route;
    exchange.api_key_id = 7;
    exchange.decision = DECISION_HIT;
    exchange.level = LEVEL_NEAR;
    exchange.saved_micro_usd = 45000;
    metrics_init(1);
}

static void
teardown(void)
{
    spool_ring_give(&worker.ring);
    spool_close(&gateway.spool);
    spool_folder_remove(&folder);
    metrics_fini();
}

static void
fill_ring(void)
{
    for (int i = 0; i < PLACES; i++)
        usage_commit(&exchange, 200);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_APPENDED), PLACES);
}

static void
take_all(void)
{
    struct spool_batch batch;

    while (spool_next_batch(gateway.spool, PLACES, &batch))
        spool_confirm_batch(gateway.spool, &batch);
}

/* Nothing is written to the client here: once usage_commit returns the shipper can have it. */
START_TEST(the_record_is_there_when_the_commit_returns)
{
    struct spool_batch batch;

    usage_commit(&exchange, 200);
    ck_assert(spool_next_batch(gateway.spool, PLACES, &batch));
    ck_assert_uint_eq(batch.count, 1);
    ck_assert(usage_record_is_valid(batch.records));
    ck_assert_int_eq(metric_value(METRIC_SPOOL_APPENDED), 1);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_FULL), 0);
}
END_TEST

START_TEST(the_record_says_who_asked_for_what_and_what_it_cost)
{
    struct spool_batch batch;
    const struct usage_record *record;

    exchange.decision = DECISION_MISS;
    exchange.cost_micro_usd = 45000;
    exchange.saved_micro_usd = 0;
    usage_commit(&exchange, 404);
    ck_assert(spool_next_batch(gateway.spool, PLACES, &batch));
    record = batch.records;
    ck_assert_int_eq(record->api_key_id, 7);
    ck_assert_uint_eq(record->status_code, 404);
    ck_assert_uint_eq(record->decision, DECISION_MISS);
    ck_assert_uint_eq(record->level, LEVEL_NEAR);
    ck_assert_int_eq(record->cost_micro_usd, 45000);
    ck_assert_int_eq(record->saved_micro_usd, 0);
    ck_assert_str_eq(record->endpoint, "properties");
    ck_assert_str_eq(record->method, "GET");
    ck_assert_mem_eq(record->cache_key, "0123456789abcdef", sizeof record->cache_key);
    ck_assert_uint_eq(record->ip_family, 4);
    ck_assert_mem_eq(record->ip, "\xc0\x00\x02\x07", 4);
    ck_assert_uint_eq(record->user_agent_size, 8);
    ck_assert_mem_eq(record->user_agent, "curl/8.0", 8);
}
END_TEST

START_TEST(a_long_user_agent_is_cut_and_none_is_empty)
{
    char agent[USAGE_USER_AGENT_SIZE + 20];
    struct spool_batch batch;

    memset(agent, 'a', sizeof agent - 1);
    agent[sizeof agent - 1] = '\0';
    request.headers[0].value = agent;
    usage_commit(&exchange, 200);
    request.header_count = 0;
    usage_commit(&exchange, 200);
    ck_assert(spool_next_batch(gateway.spool, PLACES, &batch));
    ck_assert_uint_eq(batch.records[0].user_agent_size, USAGE_USER_AGENT_SIZE);
    ck_assert_mem_eq(batch.records[0].user_agent, agent, USAGE_USER_AGENT_SIZE);
    ck_assert_uint_eq(batch.records[1].user_agent_size, 0);
}
END_TEST

START_TEST(a_request_that_met_no_entry_names_none)
{
    static const uint8_t zeros[16];
    struct spool_batch batch;

    exchange.level = LEVEL_NONE;
    usage_commit(&exchange, 429);
    ck_assert(spool_next_batch(gateway.spool, PLACES, &batch));
    ck_assert_mem_eq(batch.records->cache_key, zeros, sizeof zeros);
}
END_TEST

START_TEST(a_request_without_a_key_leaves_no_record)
{
    exchange.api_key_id = 0;
    usage_commit(&exchange, 401);
    usage_commit(&exchange, 200);
    ck_assert_int_eq(spool_waiting(gateway.spool), 0);
    ck_assert_int_eq(metric_value(METRIC_REQUESTS_REJECTED), 1);
}
END_TEST

/* full_wait_ms would let it wait for a minute: where segments are used up it does not. */
START_TEST(in_a_full_spool_no_call_may_cost_and_hits_are_only_counted)
{
    config.spool.full_wait_ms = 60000;
    fill_ring();
    spool_overflow(gateway.spool);
    ck_assert(spool_is_full(gateway.spool));
    ck_assert(!usage_has_room(&exchange));
    usage_commit(&exchange, 200);
    usage_commit(&exchange, 200);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_FULL), 2);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_APPENDED), PLACES);
    ck_assert_int_eq(spool_waiting(gateway.spool), PLACES);
}
END_TEST

START_TEST(a_spool_that_was_full_takes_records_again_when_some_are_stored)
{
    fill_ring();
    ck_assert(!usage_has_room(&exchange));
    take_all();
    ck_assert(usage_has_room(&exchange));
    usage_commit(&exchange, 200);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_APPENDED), PLACES + 1);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_FULL), 0);
}
END_TEST

static void *
take_all_elsewhere(void *unused)
{
    take_all();
    return unused;
}

START_TEST(a_full_ring_is_waited_for_while_it_can_be_emptied)
{
    pthread_t shipper;

    config.spool.full_wait_ms = 60000;
    fill_ring();
    ck_assert_int_eq(pthread_create(&shipper, NULL, take_all_elsewhere, NULL), 0);
    usage_commit(&exchange, 200);
    ck_assert_int_eq(pthread_join(shipper, NULL), 0);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_APPENDED), PLACES + 1);
    ck_assert_int_eq(metric_value(METRIC_SPOOL_FULL), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("usage");
    TCase *test = tcase_create("usage");

    tcase_add_checked_fixture(test, setup, teardown);
    tcase_add_test(test, the_record_is_there_when_the_commit_returns);
    tcase_add_test(test, the_record_says_who_asked_for_what_and_what_it_cost);
    tcase_add_test(test, a_long_user_agent_is_cut_and_none_is_empty);
    tcase_add_test(test, a_request_that_met_no_entry_names_none);
    tcase_add_test(test, a_request_without_a_key_leaves_no_record);
    tcase_add_test(test, in_a_full_spool_no_call_may_cost_and_hits_are_only_counted);
    tcase_add_test(test, a_spool_that_was_full_takes_records_again_when_some_are_stored);
    tcase_add_test(test, a_full_ring_is_waited_for_while_it_can_be_emptied);
    suite_add_tcase(suite, test);
    return suite;
}
