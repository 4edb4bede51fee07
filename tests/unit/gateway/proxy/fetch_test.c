/* fetch_test.c - a question that outlives the plan, who may wait, and what replies say.
 *
 * The worker's mailbox, the near cache and the usage room are played here. */
/* links: gateway/proxy/fetch.c core/base/text.c @core */

#include "proxy/fetch.h"

#include <check.h>
#include <stdlib.h>

#include "access/authenticate.h"
#include "server/connection.h"
#include "usage/usage.h"

static struct config config = {
    .gateway = {.threads = 4, .max_waiting_percent = 50, .request_timeout_ms = 1000}};
static struct gateway gateway = {.config = &config, .gateway_id = 7};
static struct worker worker = {.gateway = &gateway};
static const struct upstream_config upstream = {.max_share_percent = 50};
static const struct upstream_config other_upstream = {.max_share_percent = 50, .index = 1};
static const struct route_config route = {.name = "r", .endpoint = "e", .upstream = &upstream};
static const struct route_config other_route = {.name = "o", .upstream = &other_upstream};
static struct request client_request;
static struct exchange exchange = {
    .worker = &worker, .request = &client_request, .match = {.source = &route}};

static bool has_room;
static enum status begin_status;
static int64_t elapsed_us;
static struct message sent;
static int kept_count;

bool
usage_has_room(const struct exchange *asked)
{
    (void)asked;
    return has_room;
}

bool
connection_is_gone(const struct connection *asked)
{
    (void)asked;
    return false;
}

struct bytes
authenticate_own_credential(const struct exchange *asked)
{
    (void)asked;
    return (struct bytes){0};
}

int64_t
exchange_elapsed_us(const struct exchange *asked)
{
    (void)asked;
    return elapsed_us;
}

void
request_plan_digest(struct request_plan *plan)
{
    memcpy(plan->cache_key_hex, "0123456789abcdef0123456789abcdef", 33);
}

enum status
worker_begin(struct worker *asked, enum actor_id actor)
{
    (void)asked;
    ck_assert_int_eq(actor, ACTOR_CACHE);
    return begin_status;
}

enum status
worker_send(struct worker *asked, enum actor_id actor, struct message *request, int64_t timeout_ms)
{
    (void)asked;
    (void)actor;
    ck_assert_int_gt(timeout_ms, 0);
    request->correlation_id = 42;
    sent = *request;
    return STATUS_OK;
}

enum status
worker_receive(struct worker *asked, enum actor_id actor, int64_t timeout_ms, struct message *reply)
{
    (void)asked;
    (void)actor;
    ck_assert_int_ge(timeout_ms, 0);
    *reply = (struct message){.kind = MSG_PURGE_REPLY};
    return STATUS_OK;
}

void
worker_done(struct worker *asked, enum actor_id actor)
{
    (void)asked;
    (void)actor;
}

bool
response_build(struct response_build *build, const struct config *asked,
               const struct cache_reply *reply, struct bytes body, bool with_gzip)
{
    (void)asked;
    (void)reply;
    (void)body;
    (void)with_gzip;
    *build = (struct response_build){0};
    return true;
}

enum status
near_store_put(struct gateway *asked, const struct cache_reply *reply, struct bytes endpoint,
               const struct response_build *build)
{
    (void)asked;
    (void)reply;
    (void)build;
    ck_assert(bytes_equal_text(endpoint, "e"));
    kept_count++;
    return STATUS_OK;
}

static void
setup(void)
{
    has_room = true;
    begin_status = STATUS_OK;
    elapsed_us = 0;
    kept_count = 0;
    config.upstream_count = 1;
    exchange.match.source = &route;
    atomic_store(&gateway.waiting, 0);
    atomic_store(&gateway.waiting_of[0], 0);
    atomic_store(&gateway.waiting_of[1], 0);
}

static struct fetch
make_fetch(bool force_refresh)
{
    static struct request_plan plan;
    struct fetch fetch;

    memcpy(plan.buffer, "signature/target/fallback", 25);
    plan.signature = bytes_of(plan.buffer, 9);
    plan.near_signature = bytes_of(plan.buffer, 12);
    plan.target = bytes_of(plan.buffer + 9, 7);
    plan.fallback_path = bytes_of(plan.buffer + 16, 9);
    plan.ignored = bytes_of(plan.buffer + 17, 8);
    plan.force_refresh = force_refresh;
    ck_assert(fetch_init(&fetch, &plan));
    memset(plan.buffer, 'x', 25); /* the worker plans something else meanwhile */
    return fetch;
}

START_TEST(only_if_cached_is_said_by_any_line_of_cache_control)
{
    static const struct {
        const char *name, *value;
        bool is_said;
    } lines[] = {
        {"Cache-Control", "only-if-cached", true},
        {"cache-control", "max-age=0 ,\tONLY-IF-CACHED, no-store", true},
        {"Cache-Control", "only-if-cached2", false},
        {"Cache-Control", "no-cache", false},
        {"Cache-Control2", "only-if-cached", false},
    };

    for (size_t i = 0; i < COUNT(lines); i++) {
        struct fetch fetch = make_fetch(false);

        client_request.headers[0] = (struct request_header){"Cache-Control", "max-age=5"};
        client_request.headers[1] = (struct request_header){lines[i].name, lines[i].value};
        client_request.header_count = 2;
        ck_assert_int_eq(fetch_start(&exchange, &fetch, false), STATUS_OK);
        ck_assert_msg(sent.u.CACHE_GET.only_if_cached == lines[i].is_said, "%s", lines[i].value);
        fetch_fini(&fetch);
    }
    client_request.header_count = 0;
}
END_TEST

START_TEST(a_question_holds_nothing_of_the_plan)
{
    struct fetch fetch = make_fetch(true);

    ck_assert_int_eq(fetch_start(&exchange, &fetch, false), STATUS_OK);
    ck_assert_uint_eq(fetch.correlation_id, 42);
    ck_assert(bytes_equal_text(fetch.near_signature, "signature/ta"));
    ck_assert(bytes_equal_text(fetch.ignored, "fallback"));
    ck_assert_int_eq(sent.kind, MSG_CACHE_GET);
    ck_assert(bytes_equal_text(sent.u.CACHE_GET.signature, "signature"));
    ck_assert(bytes_equal_text(sent.u.CACHE_GET.target, "/target"));
    ck_assert(bytes_equal_text(sent.u.CACHE_GET.fallback_path, "/fallback"));
    ck_assert_uint_eq(sent.u.CACHE_GET.cache_key.size, 32);
    ck_assert(sent.u.CACHE_GET.force_refresh && !sent.u.CACHE_GET.want_body);
    /* what was just fetched is not fetched again for its body */
    ck_assert_int_eq(fetch_start(&exchange, &fetch, true), STATUS_OK);
    ck_assert(!sent.u.CACHE_GET.force_refresh && sent.u.CACHE_GET.want_body);
    elapsed_us = 1000000;
    ck_assert_int_eq(fetch_start(&exchange, &fetch, true), STATUS_TIMEOUT);
    fetch_fini(&fetch);
}
END_TEST

START_TEST(only_some_threads_wait)
{
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OK);
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OK);
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OVERLOADED);
    fetch_end(&exchange);
    begin_status = STATUS_UNAVAILABLE;
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_UNAVAILABLE);
    has_room = false;
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_SPOOL_FULL);
    ck_assert_int_eq(atomic_load(&gateway.waiting), 1);
}
END_TEST

START_TEST(one_upstream_leaves_threads_for_another)
{
    config.upstream_count = 2;
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OK);
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OVERLOADED);
    exchange.match.source = &other_route;
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OK);
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OVERLOADED);
    fetch_end(&exchange);
    ck_assert_int_eq(fetch_begin(&exchange), STATUS_OK);
    ck_assert_int_eq(atomic_load(&gateway.waiting), 2);
}
END_TEST

START_TEST(a_reply_of_another_kind_is_none)
{
    struct message reply;

    ck_assert_int_eq(fetch_wait(&exchange, &reply), STATUS_MALFORMED);
}
END_TEST

static struct message
make_reply(enum status status, enum decision decision)
{
    return (struct message){
        .kind = MSG_CACHE_REPLY,
        .status = status,
        .u.CACHE_REPLY = {.decision = decision, .cost_micro_usd = 5, .meta.price_micro_usd = 9}};
}

START_TEST(the_first_reply_decides)
{
    struct fetch fetch = make_fetch(false);
    struct message reply = make_reply(STATUS_OK, DECISION_MISS);

    reply.u.CACHE_REPLY.in_near = true;
    ck_assert_int_eq(fetch_finish(&fetch, &reply), FETCH_IN_NEAR);
    reply = make_reply(STATUS_OK, DECISION_HIT);
    reply.u.CACHE_REPLY.cost_micro_usd = 0;
    ck_assert_int_eq(fetch_finish(&fetch, &reply), FETCH_STORED);
    ck_assert_int_eq(fetch.decision, DECISION_MISS);
    ck_assert_int_eq(fetch.cost_micro_usd, 5);
    ck_assert_int_eq(fetch.saved_micro_usd, 0);
    ck_assert_int_eq(fetch.price_micro_usd, 9);
    /* what was paid stays paid, also when nothing comes of it */
    reply.status = STATUS_TIMEOUT;
    ck_assert_int_eq(fetch_finish(&fetch, &reply), FETCH_FAILED);
    ck_assert_int_eq(fetch.decision, DECISION_ERROR);
    ck_assert_int_eq(fetch.cost_micro_usd, 5);
    fetch_fini(&fetch);
}
END_TEST

START_TEST(a_failure_says_why)
{
    struct message reply = make_reply(STATUS_UPSTREAM_LIMITED, DECISION_MISS);
    struct problem problem;
    char *detail;

    reply.u.CACHE_REPLY.detail = bytes_of_text("the plan's rate");
    reply.u.CACHE_REPLY.retry_after_s = 3;
    problem = fetch_problem(STATUS_OK, &reply, &detail);
    ck_assert_int_eq(problem.status, STATUS_UPSTREAM_LIMITED);
    ck_assert_int_eq(problem.http_status, 0);
    ck_assert_int_eq(problem.retry_after_s, 3);
    ck_assert_str_eq(problem.detail, "the plan's rate");
    free(detail);
    problem = fetch_problem(STATUS_TIMEOUT, NULL, &detail);
    ck_assert_int_eq(problem.status, STATUS_TIMEOUT);
    ck_assert_ptr_null(detail);
    ck_assert_ptr_null(problem.detail);
}
END_TEST

START_TEST(an_error_of_the_upstream_goes_through)
{
    struct message reply = make_reply(STATUS_UPSTREAM_REFUSED, DECISION_MISS);
    struct problem problem;
    char *detail;

    reply.u.CACHE_REPLY.meta.http_status = 404;
    reply.u.CACHE_REPLY.retry_after_s = 3;
    reply.body = blob_copy(bytes_of_text("gone"));
    problem = fetch_problem(STATUS_OK, &reply, &detail);
    ck_assert_int_eq(problem.http_status, 404);
    ck_assert_int_eq(problem.retry_after_s, 3);
    ck_assert_str_eq(problem.detail, "Upstream API error: gone");
    free(detail);
    message_fini(&reply);
}
END_TEST

START_TEST(only_its_own_signature_is_kept)
{
    struct fetch fetch = make_fetch(false);
    struct message reply = make_reply(STATUS_OK, DECISION_MISS);
    struct response_build build;

    reply.u.CACHE_REPLY.signature = bytes_of_text("signature");
    ck_assert(fetch_store(&exchange, &fetch, &reply, false, &build));
    ck_assert_int_eq(kept_count, 1);
    reply.u.CACHE_REPLY.signature = bytes_of_text("another's");
    ck_assert(fetch_store(&exchange, &fetch, &reply, false, &build));
    ck_assert_int_eq(kept_count, 1);
    fetch_fini(&fetch);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("fetch");
    TCase *tcase = tcase_create("fetch");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, only_if_cached_is_said_by_any_line_of_cache_control);
    tcase_add_test(tcase, a_question_holds_nothing_of_the_plan);
    tcase_add_test(tcase, only_some_threads_wait);
    tcase_add_test(tcase, one_upstream_leaves_threads_for_another);
    tcase_add_test(tcase, a_reply_of_another_kind_is_none);
    tcase_add_test(tcase, the_first_reply_decides);
    tcase_add_test(tcase, a_failure_says_why);
    tcase_add_test(tcase, an_error_of_the_upstream_goes_through);
    tcase_add_test(tcase, only_its_own_signature_is_kept);
    suite_add_tcase(suite, tcase);
    return suite;
}
