/* near_store_test.c - a reply becomes an entry; its gzip variant is made once, when first wanted. */
/* links: gateway/lockfree/epoch.c */
/* links: gateway/near/near_store.c gateway/response/response_build.c gateway/near/near_cache.c gateway/lockfree/hash_index.c */
/* links: gateway/near/sieve.c gateway/http/representation.c gateway/http/gzip.c gateway/http/entity_tag.c */
/* links: gateway/http/http_date.c core/base/text.c @core */
#include "near/near_store.h"

#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/scope.h"

#define SIGNATURE "{\"endpoint\": \"properties\"}"
#define KEY_HEX   "000102030405060708090a0b0c0d0e0f"

static struct config config;
static struct gateway gateway;
static struct epoch_slot *slot;
static struct cache_reply reply;
static char body[4000];

static void
setup(void)
{
    memset(&config, 0, sizeof config);
    config.cache.compression = true;
    config.cache.compression_min_bytes = 1000;
    gateway.config = &config;
    gateway.epochs = epoch_domain_create(2);
    slot = epoch_slot_take(gateway.epochs);
    gateway.near = near_cache_create(gateway.epochs, 1 << 20);
    near_cache_lease(gateway.near, INT64_MAX);
    memset(body, 'a', sizeof body);
    reply = (struct cache_reply){
        .meta = {.http_status = 200,
                 .created_wall_ms = clock_wall_ms() - 5000,
                 .expires_wall_ms = clock_wall_ms() + 60000},
        .headers = bytes_of_text("Content-Type: application/json\r\n"),
        .cache_key = bytes_of_text(KEY_HEX),
        .signature = bytes_of_text(SIGNATURE),
        .may_keep = 1,
    };
}

static void
teardown(void)
{
    near_cache_destroy(&gateway.near);
    epoch_slot_give(&slot);
    epoch_domain_destroy(&gateway.epochs);
}

static bool
put(bool with_gzip)
{
    struct response_build build;
    bool is_put =
        response_build(&build, &config, &reply, bytes_of(body, sizeof body), with_gzip) &&
        near_store_put(&gateway, &reply, bytes_of_text("properties"), &build) == STATUS_OK;

    response_build_fini(&build);
    return is_put;
}

static struct near_entry *
find(bool wants_gzip)
{
    return near_store_find(&gateway, slot, bytes_of_text(SIGNATURE), wants_gzip,
                           clock_mono_coarse_ms());
}

/* Whether the entry that is found has the variant. */
static bool
has_gzip(bool wants_gzip)
{
    struct near_entry *entry = find(wants_gzip);
    bool is_made;

    ck_assert_ptr_nonnull(entry);
    is_made = near_entry_gzip(entry) != NULL;
    near_entry_release(&entry);
    return is_made;
}

START_TEST(a_fill_that_is_asked_for_has_both_variants)
{
    ck_assert(put(true));
    ck_assert(has_gzip(false));
}
END_TEST

START_TEST(the_variant_is_made_when_it_is_first_wanted)
{
    struct near_entry *plain, *packed;

    ck_assert(put(false));
    ck_assert(!has_gzip(false));
    plain = find(false);
    packed = find(true);
    ck_assert_ptr_nonnull(plain);
    ck_assert_ptr_nonnull(packed);
    ck_assert_ptr_eq(plain, packed);
    ck_assert_ptr_nonnull(near_entry_gzip(packed));
    ck_assert_uint_lt(near_entry_gzip(packed)->body.size, sizeof body);
    ck_assert_ptr_eq(near_entry_gzip(plain), near_entry_gzip(packed));
    near_entry_release(&plain);
    near_entry_release(&packed);
    ck_assert_uint_eq(near_cache_count(gateway.near), 1);
    ck_assert(has_gzip(false));
}
END_TEST

START_TEST(a_variant_made_later_is_the_one_made_at_once)
{
    struct near_entry *late, *early;

    ck_assert(put(false));
    late = find(true);
    ck_assert(put(true));
    early = find(true);
    ck_assert(late != NULL && early != NULL && late != early);
    ck_assert_msg(bytes_equal(near_entry_gzip(late)->head, near_entry_gzip(early)->head),
                  "%.*s\n%.*s", BYTES_ARG(near_entry_gzip(late)->head),
                  BYTES_ARG(near_entry_gzip(early)->head));
    ck_assert(bytes_equal(near_entry_gzip(late)->body, near_entry_gzip(early)->body));
    ck_assert(bytes_equal(variant_tag(near_entry_gzip(late)), variant_tag(near_entry_gzip(early))));
    ck_assert_uint_eq(near_entry_gzip(late)->not_modified_size,
                      near_entry_gzip(early)->not_modified_size);
    near_entry_release(&late);
    near_entry_release(&early);
}
END_TEST

START_TEST(while_one_makes_it_the_others_get_the_plain_one)
{
    struct near_entry *claimed;

    ck_assert(put(false));
    claimed = find(false);
    ck_assert(near_entry_claim_gzip(claimed));
    ck_assert(!has_gzip(true));
    near_entry_release(&claimed);
}
END_TEST

START_TEST(a_purge_meanwhile_is_not_undone)
{
    struct near_entry *entry;

    ck_assert(put(false));
    entry = find(false);
    near_cache_purge(gateway.near, 1, SCOPE(""));
    ck_assert_ptr_null(find(true));
    near_entry_release(&entry);
    ck_assert(!put(true));
}
END_TEST

START_TEST(what_is_small_coded_or_switched_off_stays_plain)
{
    reply.headers = bytes_of_text("Content-Type: application/json\r\nContent-Encoding: br\r\n");
    ck_assert(put(true));
    ck_assert(!has_gzip(true));
    reply.headers = bytes_of_text("Content-Type: application/json\r\n");
    config.cache.compression = false;
    ck_assert(put(true));
    ck_assert(!has_gzip(true));
    config.cache.compression = true;
    config.cache.compression_min_bytes = sizeof body + 1;
    ck_assert(put(true));
    ck_assert(!has_gzip(true));
}
END_TEST

START_TEST(what_is_never_stored_was_fetched_now)
{
    struct response_build build;
    int64_t before_s = clock_wall_ms() / 1000;

    ck_assert(response_build(&build, &config, &reply, bytes_of(body, sizeof body), false));
    ck_assert_int_eq(build.content.last_modified_s, reply.meta.created_wall_ms / 1000);
    response_build_fini(&build);
    reply.meta.created_wall_ms = reply.meta.expires_wall_ms = reply.may_keep = 0;
    ck_assert(response_build(&build, &config, &reply, bytes_of(body, sizeof body), false));
    ck_assert_int_ge(build.content.last_modified_s, before_s);
    ck_assert_int_eq(near_store_put(&gateway, &reply, bytes_of_text("properties"), &build),
                     STATUS_MALFORMED);
    response_build_fini(&build);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("near_store");
    TCase *tests = tcase_create("entries");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_fill_that_is_asked_for_has_both_variants);
    tcase_add_test(tests, the_variant_is_made_when_it_is_first_wanted);
    tcase_add_test(tests, a_variant_made_later_is_the_one_made_at_once);
    tcase_add_test(tests, while_one_makes_it_the_others_get_the_plain_one);
    tcase_add_test(tests, a_purge_meanwhile_is_not_undone);
    tcase_add_test(tests, what_is_small_coded_or_switched_off_stays_plain);
    tcase_add_test(tests, what_is_never_stored_was_fetched_now);
    suite_add_tcase(suite, tests);
    return suite;
}
