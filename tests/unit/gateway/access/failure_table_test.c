/* failure_table_test.c - every client has its own failures, in a table that does not grow. */
/* links: gateway/access/failure_table.c gateway/access/bucket.c */

#include "access/failure_table.h"

#include <check.h>
#include <stdlib.h>

#include "support/row.h"

#define SECOND_NS INT64_C(1000000000)
#define NOW_NS    (1000 * SECOND_NS)

static const struct rate rate = {.count = 3, .period_ms = 60000};
static struct failure_shard *shard;

static void
setup(void)
{
    shard = calloc(1, sizeof *shard);
    ck_assert_ptr_nonnull(shard);
}

static void
teardown(void)
{
    free(shard);
}

static bool
take(uint8_t family, uint64_t client, int64_t now_ns)
{
    return failure_shard_take(shard, &rate, family, client, now_ns).is_admitted;
}

static int
take_all(uint8_t family, uint64_t client, int64_t now_ns)
{
    int count = 0;

    while (count < 100 && take(family, client, now_ns))
        count++;
    return count;
}

START_TEST(each_client_has_its_own)
{
    row("R-099");
    ck_assert_int_eq(take_all(4, 1, NOW_NS), 3);
    ck_assert_int_eq(take_all(4, 2, NOW_NS), 3);
    ck_assert_int_eq(take_all(6, 1, NOW_NS), 3); /* the same bits of another family */
    ck_assert_int_eq(take_all(4, 0, NOW_NS), 3);
    ck_assert_int_eq(take_all(0, 0, NOW_NS), 3); /* unknown addresses are one client */
    ck_assert(!take(4, 1, NOW_NS));
    ck_assert(!take(0, 0, NOW_NS));
}
END_TEST

START_TEST(they_come_back_with_time)
{
    struct bucket_result refused;

    take_all(4, 1, NOW_NS);
    refused = failure_shard_take(shard, &rate, 4, 1, NOW_NS);
    ck_assert(!refused.is_admitted);
    ck_assert_int_eq(refused.retry_after_ms, 20000);
    ck_assert_int_eq(take_all(4, 1, NOW_NS + 20 * SECOND_NS), 1);
    ck_assert_int_eq(take_all(4, 1, NOW_NS + 200 * SECOND_NS), 3);
}
END_TEST

START_TEST(a_full_shard_forgets_nobody_and_shares_the_rest)
{
    for (uint64_t client = 0; client < FAILURE_SLOTS; client++)
        ck_assert_int_eq(take_all(4, client, NOW_NS), 3);
    ck_assert_int_eq(take_all(4, 1000, NOW_NS) + take_all(4, 2000, NOW_NS), 3);
    for (uint64_t client = 0; client < FAILURE_SLOTS; client++)
        ck_assert(!take(4, client, NOW_NS));
}
END_TEST

START_TEST(a_slot_that_recovered_is_given_on)
{
    for (uint64_t client = 0; client < FAILURE_SLOTS; client++)
        take_all(4, client, NOW_NS + (client == 7 ? 0 : 30 * SECOND_NS));
    /* only the seventh is whole again */
    ck_assert_int_eq(take_all(4, 1000, NOW_NS + 61 * SECOND_NS), 3);
    ck_assert_uint_eq(shard->slots[7].client, 1000);
}
END_TEST

START_TEST(clients_are_spread_and_the_seed_decides_how)
{
    size_t counts[FAILURE_SHARDS] = {0}, moved = 0;

    for (uint64_t i = 0; i < 64 * FAILURE_SHARDS; i++) {
        uint64_t client = i << 32;

        counts[failure_shard_of(1, 4, client)]++;
        moved += failure_shard_of(1, 4, client) != failure_shard_of(2, 4, client);
    }
    for (size_t i = 0; i < FAILURE_SHARDS; i++)
        ck_assert_uint_le(counts[i], 128);
    ck_assert_uint_ge(moved, 32 * FAILURE_SHARDS);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("failure_table");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, each_client_has_its_own);
    tcase_add_test(cases, they_come_back_with_time);
    tcase_add_test(cases, a_full_shard_forgets_nobody_and_shares_the_rest);
    tcase_add_test(cases, a_slot_that_recovered_is_given_on);
    tcase_add_test(cases, clients_are_spread_and_the_seed_decides_how);
    suite_add_tcase(suite, cases);
    return suite;
}
