/* admission_test.c - the order of limits, what a refusal gives back, and a quota's lease used by many threads.
 *
 * Analytics, the key table and the epoch are played here. */
/* links: gateway/access/admission.c gateway/access/bucket.c gateway/access/window.c @core */

#include "access/admission.h"

#include <assert.h>
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/row.h"

enum { THREADS = 8, ROUNDS = 300 };

static struct config config;
static struct gateway gateway;
static struct worker worker;
static struct key_state *state;
static struct key_entry entry;
static struct rate endpoint_rates[2];
static struct window window;

/* What analytics answers, and what it was asked. */
static struct {
    enum status reached; /* what asking gives */
    enum status status;  /* of the reply */
    struct quota_grant grant;
    _Atomic int64_t left;       /* of the key's limit, where grants are counted */
    _Atomic int64_t given_back; /* by others, while a request is refused; once */
    _Atomic int asked;
    struct quota_lease last;
} analytics;

static _Atomic int pinned;

void
epoch_enter(struct epoch_slot *slot)
{
    (void)slot;
    atomic_fetch_add(&pinned, 1);
}

void
epoch_leave(struct epoch_slot *slot)
{
    (void)slot;
    assert(atomic_fetch_sub(&pinned, 1) > 0); /* Check's own are not for threads */
}

const struct key_entry *
key_table_find(const struct key_table *table, const uint8_t hash[32])
{
    (void)table;
    return hash[0] == 1 ? &entry : NULL;
}

void
key_table_each(struct key_table *table, key_table_visit *visit, void *context)
{
    (void)table;
    visit(context, &entry);
}

/* Takes as much of what is left as the grant says, but what is needed at least or nothing, as the database does. */
static int64_t
take_left(int64_t needed, int64_t wanted)
{
    int64_t left = atomic_load(&analytics.left);

    if (wanted < needed)
        wanted = needed;
    do {
        if (left < needed)
            return 0;
    } while (
        !atomic_compare_exchange_weak(&analytics.left, &left, left > wanted ? left - wanted : 0));
    return left > wanted ? wanted : left;
}

static void
response(const struct message *request, struct message *reply)
{
    *reply = (struct message){
        .kind = MSG_QUOTA_GRANT, .status = analytics.status, .u.QUOTA_GRANT = analytics.grant};
    reply->u.QUOTA_GRANT.api_key_id = request->u.QUOTA_LEASE.api_key_id;
    if (analytics.status == STATUS_OK) {
        reply->u.QUOTA_GRANT.granted =
            take_left(request->u.QUOTA_LEASE.needed, analytics.grant.granted);
        if (reply->u.QUOTA_GRANT.granted == 0) {
            reply->status = STATUS_QUOTA_EXCEEDED;
            atomic_fetch_add(&state->quota.left, atomic_exchange(&analytics.given_back, 0));
        }
    }
}

enum status
worker_ask(struct worker *asker, enum actor_id actor, struct message *request, int64_t timeout_ms,
           struct message *reply)
{
    (void)asker;
    (void)timeout_ms;
    assert(actor == ACTOR_ANALYTICS && request->kind == MSG_QUOTA_LEASE);
    atomic_fetch_add(&analytics.asked, 1);
    if (analytics.reached == STATUS_OK)
        response(request, reply);
    return analytics.reached;
}

void
worker_done(struct worker *asker, enum actor_id actor)
{
    (void)asker;
    assert(actor == ACTOR_ANALYTICS);
}

struct mailbox *
mailbox_create(struct actor_system *system, enum actor_id as, enum actor_id to)
{
    (void)system;
    ck_assert_int_eq(as, ACTOR_GATEWAY);
    ck_assert_int_eq(to, ACTOR_ANALYTICS);
    return malloc(1);
}

void
mailbox_destroy(struct mailbox **mailbox)
{
    free(*mailbox);
    *mailbox = NULL;
}

void
mailbox_done(struct mailbox *mailbox)
{
    ck_assert_ptr_nonnull(mailbox);
}

enum status
mailbox_ask(struct mailbox *mailbox, struct message *request, int64_t timeout_ms,
            struct message *reply)
{
    (void)mailbox;
    ck_assert_int_gt(timeout_ms, 0);
    analytics.last = request->u.QUOTA_LEASE;
    atomic_fetch_add(&analytics.asked, 1);
    *reply = (struct message){.kind = MSG_QUOTA_GRANT};
    return analytics.reached;
}

static void
setup(void)
{
    memset(&config, 0, sizeof config);
    config.limits.enabled = true;
    gateway.config = &config;
    worker.gateway = &gateway;
    state = calloc(1, sizeof *state + 2 * sizeof state->endpoint_buckets[0]);
    ck_assert_ptr_nonnull(state);
    endpoint_rates[0] = endpoint_rates[1] = (struct rate){0};
    entry = (struct key_entry){.hash = {1},
                               .api_key_id = 9,
                               .is_active = true,
                               .endpoint_rates = endpoint_rates,
                               .state = state};
    memset(&analytics, 0, sizeof analytics);
    analytics.grant = (struct quota_grant){
        .granted = 5, .window_day = 20468, .expires_wall_ms = clock_wall_us() / 1000 + 3600000};
    atomic_store(&analytics.left, 1000000);
    atomic_store(&pinned, 0);
}

static void
limit_global(int64_t count, int64_t period_ms)
{
    entry.global_rate = (struct rate){.count = count, .period_ms = period_ms};
    window_init(&window, period_ms);
    entry.global_window = &window;
}

static void
teardown(void)
{
    free(state);
}

static struct admission
take_claims(const struct admission_claim *claims, size_t count, int64_t requests, int64_t now_ns)
{
    struct exchange exchange = {
        .worker = &worker, .key_hash = {1}, .api_key_id = 9, .started_ns = now_ns};

    return admission_take(&exchange, claims, count, requests);
}

static struct admission
take(size_t limit_index, int64_t now_ns)
{
    const struct admission_claim claims[] = {{ADMISSION_GLOBAL, 1}, {limit_index, 1}};

    return take_claims(claims, COUNT(claims), 1, now_ns);
}

static void
expect(enum status status)
{
    ck_assert_int_eq(take(0, 1000000000).status, status);
    ck_assert_int_eq(atomic_load(&pinned), 0);
}

START_TEST(the_global_limit_comes_first_and_says_so)
{
    struct admission refused;

    limit_global(2, 60000);
    endpoint_rates[0] = (struct rate){.count = 100, .period_ms = 60000};
    expect(STATUS_OK);
    expect(STATUS_OK);
    refused = take(0, 1000000000);
    ck_assert_int_eq(refused.status, STATUS_RATE_LIMITED);
    ck_assert_str_eq(refused.policy, "global");
    ck_assert_int_eq(refused.rate.count, 2);
    ck_assert(refused.is_window);
    ck_assert_int_ge(refused.retry_after_s, 60); /* two a minute, in parts of two seconds */
    ck_assert_int_le(refused.retry_after_s, 62);
    ck_assert_int_eq(atomic_load(&pinned), 0);
}
END_TEST

START_TEST(an_endpoint_that_refuses_gives_the_global_token_back)
{
    struct admission refused;

    row("R-018");
    limit_global(3, 60000);
    endpoint_rates[0] = (struct rate){.count = 1, .period_ms = 60000};
    endpoint_rates[1] = (struct rate){.count = 100, .period_ms = 60000};
    expect(STATUS_OK);
    for (int i = 0; i < 10; i++) {
        refused = take(0, 1000000000);
        ck_assert_int_eq(refused.status, STATUS_RATE_LIMITED);
        ck_assert_str_eq(refused.policy, "endpoint");
        ck_assert(!refused.is_window);
        ck_assert_int_eq(refused.rate.count, 1);
        ck_assert_int_eq(refused.retry_after_s, 60);
    }
    ck_assert_int_eq(take(1, 1000000000).status, STATUS_OK); /* two of three are left */
    ck_assert_int_eq(take(1, 1000000000).status, STATUS_OK);
    ck_assert_str_eq(take(1, 1000000000).policy, "global");
}
END_TEST

START_TEST(a_wait_is_at_least_a_second)
{
    endpoint_rates[0] = (struct rate){.count = 100, .period_ms = 1000};
    for (int i = 0; i < 100; i++)
        expect(STATUS_OK);
    ck_assert_int_eq(take(0, 1000000000).retry_after_s, 1);
    ck_assert_int_eq(take(0, 1000000000 + 11000000).status, STATUS_OK); /* 10 ms a token */
}
END_TEST

START_TEST(limits_can_be_turned_off_but_quotas_stay)
{
    config.limits.enabled = false;
    limit_global(1, 60000);
    entry.has_quota = true;
    atomic_store(&analytics.left, 3);
    for (int i = 0; i < 3; i++)
        expect(STATUS_OK);
    expect(STATUS_QUOTA_EXCEEDED);
}
END_TEST

START_TEST(a_lease_serves_as_many_requests_as_it_grants)
{
    entry.has_quota = true;
    atomic_store(&analytics.left, 12);
    for (int i = 0; i < 12; i++) {
        expect(STATUS_OK);
        ck_assert_int_eq(atomic_load(&analytics.asked), i / 5 + 1);
    }
    expect(STATUS_QUOTA_EXCEEDED);
    ck_assert_int_eq(atomic_load(&analytics.asked), 4);
}
END_TEST

START_TEST(an_exceeded_quota_says_when_it_opens)
{
    struct admission refused;

    entry.has_quota = true;
    analytics.status = STATUS_QUOTA_EXCEEDED;
    analytics.grant = (struct quota_grant){.retry_after_s = 1234};
    refused = take(0, 1000000000);
    ck_assert_int_eq(refused.status, STATUS_QUOTA_EXCEEDED);
    ck_assert_int_eq(refused.retry_after_s, 1234);
    analytics.grant.retry_after_s = 0;
    ck_assert_int_eq(take(0, 1000000000).retry_after_s, 1);
    ck_assert_int_eq(atomic_load(&pinned), 0);
}
END_TEST

START_TEST(a_request_that_a_bucket_refuses_takes_nothing_of_the_quota)
{
    entry.has_quota = true;
    limit_global(1, 60000);
    expect(STATUS_OK);
    ck_assert(atomic_exchange(&state->is_changed, false));
    ck_assert_int_eq(atomic_load(&state->quota.left), 4);
    expect(STATUS_RATE_LIMITED);
    ck_assert(!atomic_load(&state->is_changed));
    ck_assert_int_eq(atomic_load(&state->quota.left), 4);
}
END_TEST

START_TEST(a_lease_ends_with_its_day)
{
    entry.has_quota = true;
    analytics.grant.expires_wall_ms = clock_wall_us() / 1000 - 1000;
    expect(STATUS_OK);
    ck_assert_int_eq(atomic_load(&state->quota.left), 4);
    analytics.grant.expires_wall_ms = clock_wall_us() / 1000 + 3600000;
    analytics.grant.window_day++;
    expect(STATUS_OK); /* asks again, and what was left of yesterday is gone */
    ck_assert_int_eq(atomic_load(&analytics.asked), 2);
    ck_assert_int_eq(atomic_load(&state->quota.left), 4);
    expect(STATUS_OK);
    ck_assert_int_eq(atomic_load(&state->quota.left), 3);
}
END_TEST

static const enum status failures[] = {STATUS_UNAVAILABLE, STATUS_TIMEOUT, STATUS_OVERLOADED};

START_TEST(while_analytics_is_away_requests_go_on)
{
    entry.has_quota = true;
    analytics.reached = failures[_i];
    expect(STATUS_OK);
    analytics.reached = STATUS_OK;
    analytics.status = STATUS_STORAGE;
    expect(STATUS_OK);
    ck_assert_int_eq(atomic_load(&state->quota.left), 0);
}
END_TEST

START_TEST(what_is_left_is_given_back_once)
{
    entry.has_quota = true;
    expect(STATUS_OK);
    atomic_store(&analytics.asked, 0);
    admission_return_leases(&gateway, 1000);
    ck_assert_int_eq(atomic_load(&analytics.asked), 1);
    ck_assert_int_eq(analytics.last.api_key_id, 9);
    ck_assert_int_eq(analytics.last.returned, 4);
    ck_assert_int_eq(analytics.last.window_day, 20468);
    admission_return_leases(&gateway, 1000);
    ck_assert_int_eq(atomic_load(&analytics.asked), 1);
}
END_TEST

/* As a bulk request does. */
static struct admission
take_items(int64_t count)
{
    int64_t requests = count > 0 ? count : 1;
    const struct admission_claim claims[] = {{ADMISSION_GLOBAL, requests}, {0, 1}, {1, count}};
    struct admission admission = take_claims(claims, COUNT(claims), requests, 1000000000);

    ck_assert_int_eq(atomic_load(&pinned), 0);
    return admission;
}

/* Tokens of three buckets and the quota: what one refuses takes nothing of the others. */
/* What is there is spread over requests that all lack something: each gives it back, and looks once more. */
START_TEST(a_refused_request_for_many_asks_once_more)
{
    entry.has_quota = true;
    atomic_store(&analytics.left, 5);
    ck_assert_int_eq(take_items(1).status, STATUS_OK); /* of a lease of 5 */
    analytics.given_back = 2;
    ck_assert_int_eq(take_items(6).status, STATUS_OK);
    ck_assert_int_eq(atomic_load(&state->quota.left), 0);
    ck_assert_int_eq(atomic_load(&analytics.asked), 2);
    ck_assert_int_eq(take_items(6).status, STATUS_QUOTA_EXCEEDED);
}
END_TEST

START_TEST(many_are_admitted_together_or_not_at_all)
{
    entry.has_quota = true;
    atomic_store(&analytics.left, 12);
    limit_global(20, 60000);
    endpoint_rates[0] = (struct rate){.count = 3, .period_ms = 60000};
    endpoint_rates[1] = (struct rate){.count = 10, .period_ms = 60000};
    ck_assert_str_eq(take_items(11).policy, "endpoint"); /* more than it ever holds */
    ck_assert_int_eq(atomic_load(&analytics.asked), 0);
    ck_assert_int_eq(take_items(8).status, STATUS_OK); /* of two leases */
    ck_assert_int_eq(take_items(0).status, STATUS_OK); /* counts as one */
    ck_assert_int_eq(take_items(2).status, STATUS_OK);
    ck_assert_int_eq(atomic_load(&state->quota.left), 1);
    ck_assert_int_eq(take_items(0).rate.count, 3); /* its own endpoint's are used up */
    endpoint_rates[0] = endpoint_rates[1] = (struct rate){0};
    ck_assert_str_eq(take_items(10).policy, "global");
    ck_assert_int_eq(take_items(2).status, STATUS_QUOTA_EXCEEDED);
}
END_TEST

/* Some are left, in the process and in the database, but not enough: they stay there, and it is worth trying soon. */
START_TEST(what_is_not_enough_goes_back_and_is_worth_trying_soon)
{
    struct admission refused;

    entry.has_quota = true;
    atomic_store(&analytics.left, 8);
    ck_assert_int_eq(take_items(2).status, STATUS_OK);
    ck_assert_int_eq(atomic_load(&state->quota.left), 3);
    ck_assert_int_eq(atomic_load(&analytics.left), 3);
    analytics.grant.retry_after_s = 30000;
    refused = take_items(7);
    ck_assert_int_eq(refused.status, STATUS_QUOTA_EXCEEDED);
    ck_assert_int_eq(refused.retry_after_s, 1);
    ck_assert_int_eq(atomic_load(&state->quota.left), 3);
    ck_assert_int_eq(atomic_load(&analytics.left), 3);
    ck_assert_int_eq(take_items(6).status, STATUS_OK);
    ck_assert_int_eq(take_items(2).retry_after_s, 30000);
}
END_TEST

START_TEST(a_key_that_is_gone_is_not_admitted)
{
    struct exchange exchange = {.worker = &worker, .key_hash = {2}, .started_ns = 1000000000};

    ck_assert_int_eq(admission_take(&exchange, NULL, 0, 1).status, STATUS_UNAUTHORIZED);
    ck_assert_int_eq(atomic_load(&pinned), 0);
}
END_TEST

static pthread_barrier_t barrier;
static _Atomic int64_t admitted;

static void *
take_many(void *argument)
{
    int count = *(const int *)argument;

    pthread_barrier_wait(&barrier);
    for (int i = 0; i < count; i++)
        if (take(0, 1000000000).status == STATUS_OK)
            atomic_fetch_add(&admitted, 1);
    return NULL;
}

static void
run_threads(int requests_each)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_many, &requests_each), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void *
take_tens(void *argument)
{
    const struct admission_claim claims[] = {{ADMISSION_GLOBAL, 10}};

    pthread_barrier_wait(argument);
    for (int i = 0; i < 3; i++)
        if (take_claims(claims, COUNT(claims), 10, 1000000000).status == STATUS_OK)
            atomic_fetch_add(&admitted, 10);
    return NULL;
}

/* Eight ask for three tens each; a hundred are there. */
START_TEST(parallel_requests_for_many_use_the_quota_to_its_end)
{
    pthread_t threads[THREADS];

    (void)_i;
    entry.has_quota = true;
    analytics.grant.granted = 1;
    atomic_store(&analytics.left, 100);
    atomic_store(&admitted, 0);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_tens, &barrier), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    ck_assert_int_eq(atomic_load(&admitted), 100);
}
END_TEST

/* Each round is the first of a new day, when all ask at once: no grant is lost, none is used twice. */
START_TEST(threads_use_every_grant_once)
{
    int64_t limit = 1000000;

    entry.has_quota = true;
    analytics.grant.granted = 50;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t yesterday = atomic_load(&state->quota.left);

        ck_assert_int_ge(yesterday, 0);
        analytics.grant.window_day++;
        atomic_store(&state->quota.expires_wall_ms, 0);
        atomic_store(&analytics.left, limit);
        atomic_store(&admitted, 0);
        run_threads(20);
        ck_assert_int_eq(atomic_load(&admitted), THREADS * 20);
        ck_assert_int_eq(limit - atomic_load(&analytics.left),
                         atomic_load(&admitted) + atomic_load(&state->quota.left));
    }
    pthread_barrier_destroy(&barrier);
}
END_TEST

START_TEST(threads_together_are_admitted_exactly_as_often_as_the_quota_says)
{
    entry.has_quota = true;
    analytics.grant.granted = 3;
    pthread_barrier_init(&barrier, NULL, THREADS);
    atomic_store(&analytics.left, 100);
    atomic_store(&admitted, 0);
    run_threads(50);
    ck_assert_int_eq(atomic_load(&admitted), 100);
    pthread_barrier_destroy(&barrier);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("admission");
    TCase *tcase = tcase_create("admission");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_not_enough_goes_back_and_is_worth_trying_soon);
    tcase_add_loop_test(tcase, parallel_requests_for_many_use_the_quota_to_its_end, 0, 50);
    tcase_add_test(tcase, a_key_that_is_gone_is_not_admitted);
    tcase_add_test(tcase, a_refused_request_for_many_asks_once_more);
    tcase_add_test(tcase, many_are_admitted_together_or_not_at_all);
    tcase_add_test(tcase, the_global_limit_comes_first_and_says_so);
    tcase_add_test(tcase, an_endpoint_that_refuses_gives_the_global_token_back);
    tcase_add_test(tcase, a_wait_is_at_least_a_second);
    tcase_add_test(tcase, limits_can_be_turned_off_but_quotas_stay);
    tcase_add_test(tcase, a_lease_serves_as_many_requests_as_it_grants);
    tcase_add_test(tcase, an_exceeded_quota_says_when_it_opens);
    tcase_add_test(tcase, a_request_that_a_bucket_refuses_takes_nothing_of_the_quota);
    tcase_add_test(tcase, a_lease_ends_with_its_day);
    tcase_add_loop_test(tcase, while_analytics_is_away_requests_go_on, 0, (int)COUNT(failures));
    tcase_add_test(tcase, what_is_left_is_given_back_once);
    tcase_add_test(tcase, threads_use_every_grant_once);
    tcase_add_test(tcase, threads_together_are_admitted_exactly_as_often_as_the_quota_says);
    suite_add_tcase(suite, tcase);
    return suite;
}
