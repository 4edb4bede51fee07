/* near_cache_test.c - what is found and what is not; purges; the byte budget. */
/* links: gateway/lockfree/epoch.c */
/* links: gateway/near/near_cache.c gateway/near/sieve.c gateway/lockfree/hash_index.c @core */

#include "near/near_cache.h"

#include <check.h>
#include <stdlib.h>

#include "near_support.h"

enum { NOW_MS = 5000, BUDGET = 1 << 20, BODY = 2048, MALLOC_BYTES = 16 };

static struct epoch_domain *epochs;
static struct epoch_slot *slot;
static struct near_cache *cache;
static struct near_draft draft;

static void
set_up_with(size_t budget)
{
    epochs = epoch_domain_create(2);
    slot = epoch_slot_take(epochs);
    cache = near_cache_create(epochs, budget);
    ck_assert_ptr_nonnull(cache);
    near_cache_lease(cache, INT64_MAX);
}

static void
set_up(void)
{
    set_up_with(BUDGET);
}

static void
tear_down(void)
{
    near_cache_destroy(&cache);
    ck_assert_ptr_null(cache);
    epoch_slot_give(&slot);
    epoch_domain_destroy(&epochs);
}

static struct near_entry *
find_at(uint32_t number, int64_t now_ms)
{
    struct near_draft wanted = {0};
    const struct near_entry_source *source = near_draft(&wanted, number, 0, 0);
    struct near_entry *entry;

    epoch_enter(slot);
    entry = near_cache_find(cache, source->signature, now_ms);
    epoch_leave(slot);
    return entry;
}

static bool
is_found(uint32_t number)
{
    struct near_entry *entry = find_at(number, NOW_MS);
    bool is_there = entry != NULL;

    near_entry_release(&entry);
    ck_assert_ptr_null(entry);
    return is_there;
}

static enum status
put(uint32_t number, int64_t purge_number)
{
    near_draft(&draft, number, 0, BODY);
    draft.source.meta.purge_number = purge_number;
    return near_cache_put(cache, &draft.source, NOW_MS);
}

START_TEST(both_variants_are_kept_and_counted)
{
    struct near_entry *entry;
    size_t before;

    ck_assert_int_eq(put(6, 0), STATUS_OK);
    before = near_cache_bytes(cache);
    near_draft(&draft, 7, 3, BODY);
    draft.source.gzip = (struct variant){
        .head = bytes_of_text("ETag: \"z-gz\"\r\nContent-Length: 7\r\n"),
        .body = bytes_of_text("smaller"),
        .not_modified_size = 14,
        .tag_at = 6,
        .tag_size = 6,
    };
    draft.source.content.may_gzip = true;
    draft.source.content.last_modified_s = 12345;
    ck_assert_int_eq(near_cache_put(cache, &draft.source, NOW_MS), STATUS_OK);
    /* as much as the entry before it (whose route has one letter more), and the second variant */
    ck_assert_uint_eq(near_cache_bytes(cache) - before, before + sizeof(struct variant) +
                                                            MALLOC_BYTES +
                                                            variant_size(&draft.source.gzip) - 1);
    entry = find_at(7, NOW_MS);
    ck_assert_ptr_nonnull(entry);
    ck_assert_ptr_nonnull(near_entry_gzip(entry));
    ck_assert(bytes_equal_text(near_entry_gzip(entry)->body, "smaller"));
    ck_assert(bytes_equal_text(variant_tag(near_entry_gzip(entry)), "\"z-gz\""));
    ck_assert_uint_eq(near_entry_gzip(entry)->not_modified_size, 14);
    ck_assert(bytes_equal(entry->content.plain.body, draft.source.content.plain.body));
    ck_assert(entry->content.may_gzip);
    ck_assert_int_eq(entry->content.last_modified_s, 12345);
    ck_assert(!near_entry_claim_gzip(entry));
    near_entry_release(&entry);
}
END_TEST

static const struct variant late_gzip = {
    .head = {(const uint8_t *)"ETag: \"z-gz\"\r\n", 14},
    .body = {(const uint8_t *)"smaller", 7},
};

START_TEST(a_variant_that_is_added_is_counted_and_seen_by_all)
{
    struct near_entry *entry, *other;
    size_t before;

    ck_assert_int_eq(put(7, 0), STATUS_OK);
    before = near_cache_bytes(cache);
    entry = find_at(7, NOW_MS);
    other = find_at(7, NOW_MS);
    ck_assert(near_entry_claim_gzip(entry));
    ck_assert(!near_entry_claim_gzip(other));
    ck_assert_ptr_null(near_entry_gzip(other)); /* still being made */
    near_entry_add_gzip(entry, &late_gzip, NOW_MS);
    ck_assert_ptr_nonnull(near_entry_gzip(other));
    ck_assert(bytes_equal_text(near_entry_gzip(other)->body, "smaller"));
    ck_assert(!near_entry_claim_gzip(other));
    ck_assert_uint_eq(near_cache_bytes(cache) - before,
                      sizeof(struct variant) + MALLOC_BYTES + variant_size(&late_gzip));
    near_entry_release(&other);
    near_cache_purge(cache, 1, SCOPE(""));
    ck_assert(bytes_equal_text(near_entry_gzip(entry)->body, "smaller"));
    near_entry_release(&entry);
    ck_assert_uint_eq(near_cache_bytes(cache), 0);
}
END_TEST

START_TEST(a_variant_that_comes_after_a_purge_is_not_kept)
{
    struct near_entry *entry;

    ck_assert_int_eq(put(7, 0), STATUS_OK);
    entry = find_at(7, NOW_MS);
    ck_assert(near_entry_claim_gzip(entry));
    near_cache_purge(cache, 1, SCOPE(""));
    near_entry_add_gzip(entry, &late_gzip, NOW_MS);
    ck_assert_ptr_null(near_entry_gzip(entry));
    near_entry_release(&entry);
    ck_assert_uint_eq(near_cache_bytes(cache), 0);
}
END_TEST

START_TEST(a_variant_that_makes_the_entry_too_large_is_not_kept)
{
    static const uint8_t large[BODY];
    struct variant gzip = {.head = late_gzip.head, .body = bytes_of(large, sizeof large)};
    struct near_entry *entry;
    size_t before;

    tear_down();
    set_up_with(8 * 4096);
    ck_assert_int_eq(put(7, 0), STATUS_OK);
    before = near_cache_bytes(cache);
    entry = find_at(7, NOW_MS);
    ck_assert(near_entry_claim_gzip(entry));
    near_entry_add_gzip(entry, &gzip, NOW_MS);
    ck_assert_ptr_null(near_entry_gzip(entry));
    ck_assert_uint_eq(near_cache_bytes(cache), before);
    near_entry_release(&entry);
}
END_TEST

START_TEST(an_entry_is_found_as_it_was_put)
{
    struct near_entry *entry;

    near_draft(&draft, 7, 3, BODY);
    draft.source.age_ms = 60;
    draft.source.meta.purge_number = 2;
    ck_assert_int_eq(near_cache_put(cache, &draft.source, NOW_MS), STATUS_OK);
    entry = find_at(7, NOW_MS);
    ck_assert_ptr_nonnull(entry);
    ck_assert(bytes_equal(entry->signature, draft.source.signature));
    ck_assert(bytes_equal(entry->content.plain.head, draft.source.content.plain.head));
    ck_assert(bytes_equal(entry->content.plain.body, draft.source.content.plain.body));
    ck_assert(bytes_equal_text(entry->route, "odd"));
    ck_assert_int_eq(entry->meta.http_status, 200);
    ck_assert_int_eq(entry->meta.price_micro_usd, 74000);
    ck_assert_int_eq(entry->age_ms, 60);
    ck_assert_int_eq(entry->stored_mono_ms, NOW_MS);
    ck_assert_int_eq(entry->node.expires_mono_ms, NOW_MS + 100000);
    ck_assert_int_eq(entry->meta.purge_number, 2);
    ck_assert_uint_eq(near_cache_count(cache), 1);
    ck_assert_uint_ge(near_cache_bytes(cache), BODY + sizeof *entry);
    near_entry_release(&entry);
}
END_TEST

START_TEST(another_signature_is_a_miss)
{
    ck_assert_int_eq(put(1, 0), STATUS_OK);
    epoch_enter(slot);
    ck_assert_ptr_null(near_cache_find(cache, bytes_of_text("{\"number\": 2}"), NOW_MS));
    ck_assert_ptr_null(near_cache_find(cache, bytes_of_text(""), NOW_MS));
    epoch_leave(slot);
    ck_assert(is_found(1));
    ck_assert(!is_found(2));
}
END_TEST

START_TEST(an_entry_is_found_until_it_expires)
{
    struct near_entry *entry;

    ck_assert_int_eq(put(1, 0), STATUS_OK);
    entry = find_at(1, NOW_MS + 99999);
    ck_assert_ptr_nonnull(entry);
    near_entry_release(&entry);
    ck_assert_ptr_null(find_at(1, NOW_MS + 100000));
}
END_TEST

START_TEST(nothing_is_found_when_the_listener_is_silent)
{
    ck_assert_int_eq(put(1, 0), STATUS_OK);
    near_cache_lease(cache, NOW_MS);
    ck_assert(!is_found(1));
    near_cache_lease(cache, NOW_MS + 1);
    ck_assert(is_found(1));
}
END_TEST

START_TEST(a_new_cache_is_not_believed_yet)
{
    struct near_cache *other = near_cache_create(epochs, BUDGET);

    near_draft(&draft, 1, 0, BODY);
    ck_assert_int_eq(near_cache_put(other, &draft.source, NOW_MS), STATUS_OK);
    epoch_enter(slot);
    ck_assert_ptr_null(near_cache_find(other, draft.source.signature, NOW_MS));
    epoch_leave(slot);
    near_cache_destroy(&other);
}
END_TEST

START_TEST(a_newer_answer_replaces_an_older_one_and_not_the_other_way)
{
    struct near_entry *first;
    struct near_entry *second;

    ck_assert_int_eq(put(1, 0), STATUS_OK);
    first = find_at(1, NOW_MS);
    near_draft(&draft, 1, 1, BODY);
    ck_assert_int_eq(near_cache_put(cache, &draft.source, NOW_MS), STATUS_OK);
    second = find_at(1, NOW_MS);
    ck_assert_ptr_ne(first, second);
    ck_assert(bytes_equal_text(second->content.plain.head, "X-Version: 1\r\n"));
    ck_assert(bytes_equal_text(first->content.plain.head, "X-Version: 0\r\n"));
    ck_assert_uint_eq(near_cache_count(cache), 1);
    near_entry_release(&second);
    /* Came late: generated a minute before the one that is there. */
    near_draft(&draft, 1, 2, BODY);
    draft.source.age_ms = 60000;
    ck_assert_int_eq(near_cache_put(cache, &draft.source, NOW_MS), STATUS_OK);
    second = find_at(1, NOW_MS);
    ck_assert(bytes_equal_text(second->content.plain.head, "X-Version: 1\r\n"));
    near_entry_release(&second);
    /* Once that one is stale, anything fresh is better. */
    near_draft(&draft, 1, 3, BODY);
    draft.source.age_ms = 600000;
    ck_assert_int_eq(near_cache_put(cache, &draft.source, NOW_MS + 100000), STATUS_OK);
    second = find_at(1, NOW_MS + 100000);
    ck_assert(bytes_equal_text(second->content.plain.head, "X-Version: 3\r\n"));
    near_entry_release(&second);
    near_entry_release(&first);
}
END_TEST

START_TEST(a_purge_drops_what_was_fetched_before_it)
{
    ck_assert_int_eq(put(1, 0), STATUS_OK);
    ck_assert_int_eq(put(2, 0), STATUS_OK);
    ck_assert_int_eq(put(3, 1), STATUS_OK);
    near_cache_purge(cache, 1, SCOPE("odd"));
    ck_assert(!is_found(1));
    ck_assert(is_found(2));
    ck_assert(is_found(3));
    near_cache_purge(cache, 2, SCOPE(""));
    ck_assert_uint_eq(near_cache_count(cache), 0);
    ck_assert_uint_eq(near_cache_bytes(cache), 0);
    ck_assert_int_eq(near_cache_purge_number(cache), 2);
}
END_TEST

START_TEST(what_was_fetched_before_a_purge_is_not_stored_after_it)
{
    near_cache_purge(cache, 1, SCOPE("odd"));
    ck_assert_int_eq(put(1, 0), STATUS_PURGED);
    ck_assert_int_eq(put(2, 0), STATUS_OK);
    ck_assert_int_eq(put(1, 1), STATUS_OK);
    near_cache_purge(cache, 2, SCOPE(""));
    ck_assert_int_eq(put(2, 1), STATUS_PURGED);
    ck_assert_int_eq(put(2, 2), STATUS_OK);
    ck_assert(is_found(2));
}
END_TEST

START_TEST(an_entry_in_the_cache_outlives_the_list_of_purges)
{
    ck_assert_int_eq(put(2, 0), STATUS_OK);
    for (int64_t number = 1; number <= 5000; number++)
        near_cache_purge(cache, number, SCOPE("odd"));
    ck_assert(is_found(2));
    ck_assert_int_eq(put(4, 5000 - 4096), STATUS_OK);
    ck_assert_int_eq(put(4, 5000 - 4097), STATUS_PURGED);
    near_cache_purge(cache, 5001, SCOPE("even"));
    ck_assert(!is_found(2));
}
END_TEST

START_TEST(a_repeated_purge_does_nothing_and_a_gap_empties)
{
    near_cache_purge(cache, 1, SCOPE("odd"));
    ck_assert_int_eq(put(1, 1), STATUS_OK);
    near_cache_purge(cache, 1, SCOPE(""));
    ck_assert(is_found(1));
    near_cache_purge(cache, 3, SCOPE("even"));
    ck_assert(!is_found(1));
    ck_assert_int_eq(near_cache_purge_number(cache), 3);
    ck_assert_int_eq(put(1, 1), STATUS_PURGED);
    ck_assert_int_eq(put(1, 2), STATUS_OK);
    ck_assert_int_eq(put(2, 2), STATUS_PURGED);
}
END_TEST

START_TEST(emptied_it_takes_younger_entries_only)
{
    ck_assert_int_eq(put(1, 9), STATUS_OK);
    near_cache_empty(cache, 7);
    ck_assert(!is_found(1));
    ck_assert_int_eq(near_cache_purge_number(cache), 7);
    ck_assert_int_eq(put(1, 6), STATUS_PURGED);
    ck_assert_int_eq(put(1, 7), STATUS_OK);
    /* The log of purges was lost and began again. */
    near_cache_empty(cache, 0);
    ck_assert_int_eq(put(1, 0), STATUS_OK);
    near_cache_purge(cache, 1, SCOPE(""));
    ck_assert(!is_found(1));
}
END_TEST

START_TEST(the_budget_holds_and_read_entries_stay)
{
    for (uint32_t number = 0; number < 2000; number++) {
        ck_assert_int_eq(put(number, 0), STATUS_OK);
        ck_assert_uint_le(near_cache_bytes(cache), BUDGET);
        ck_assert(is_found(0));
    }
    ck_assert_uint_gt(near_cache_bytes(cache), BUDGET * 9 / 10);
    ck_assert_int_eq(near_cache_evictions(cache), 2000 - (int64_t)near_cache_count(cache));
    ck_assert(is_found(1999));
    ck_assert(!is_found(1));
}
END_TEST

START_TEST(an_entry_of_more_than_an_eighth_is_refused)
{
    tear_down();
    set_up_with(8 * 4096);
    near_draft(&draft, 1, 0, 4096);
    ck_assert_int_eq(near_cache_put(cache, &draft.source, NOW_MS), STATUS_NO_MEMORY);
    near_draft(&draft, 1, 0, 3000);
    ck_assert_int_eq(near_cache_put(cache, &draft.source, NOW_MS), STATUS_OK);
}
END_TEST

START_TEST(a_cache_without_budget_keeps_nothing)
{
    tear_down();
    set_up_with(0);
    near_cache_purge(cache, 1, SCOPE(""));
    ck_assert_int_eq(put(1, 1), STATUS_NO_MEMORY);
    ck_assert(!is_found(1));
    ck_assert_int_eq(near_cache_purge_number(cache), 1);
}
END_TEST

START_TEST(evicted_entries_that_are_referenced_count_until_released)
{
    struct near_entry *held[600];
    size_t count = 0;
    size_t full;

    while (count < COUNT(held) && put((uint32_t)count, 0) == STATUS_OK) {
        held[count] = find_at((uint32_t)count, NOW_MS);
        count++;
    }
    /* Every entry is being written: evicting them frees nothing. */
    ck_assert_uint_lt(count, COUNT(held));
    ck_assert_int_eq(put(1000, 0), STATUS_NO_MEMORY);
    full = near_cache_bytes(cache);
    ck_assert_uint_gt(full, BUDGET * 9 / 10);
    ck_assert_uint_le(full, BUDGET);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(held[i]->content.plain.body.data[BODY - 1], (int)('a' + i % 26));
        near_entry_release(&held[i]);
    }
    ck_assert_int_eq(put(1000, 0), STATUS_OK);
    ck_assert(is_found(1000));
}
END_TEST

START_TEST(a_reader_that_stands_still_costs_no_entry)
{
    struct epoch_slot *other = epoch_slot_take(epochs);
    uint32_t filler = 1000;
    size_t before;

    while (near_cache_evictions(cache) < 10)
        ck_assert_int_eq(put(filler++, 0), STATUS_OK);
    before = near_cache_count(cache);
    epoch_enter(other);
    for (uint32_t number = 0; number < 500; number++)
        put(number, 0);
    ck_assert_uint_gt(near_cache_count(cache), before - before / 8);
    ck_assert_uint_le(near_cache_bytes(cache), BUDGET);
    epoch_leave(other);
    ck_assert_int_eq(put(600, 0), STATUS_OK);
    epoch_slot_give(&other);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("near_cache");
    TCase *tcase = tcase_create("near_cache");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, both_variants_are_kept_and_counted);
    tcase_add_test(tcase, a_variant_that_is_added_is_counted_and_seen_by_all);
    tcase_add_test(tcase, a_variant_that_comes_after_a_purge_is_not_kept);
    tcase_add_test(tcase, a_variant_that_makes_the_entry_too_large_is_not_kept);
    tcase_add_test(tcase, an_entry_is_found_as_it_was_put);
    tcase_add_test(tcase, another_signature_is_a_miss);
    tcase_add_test(tcase, an_entry_is_found_until_it_expires);
    tcase_add_test(tcase, nothing_is_found_when_the_listener_is_silent);
    tcase_add_test(tcase, a_new_cache_is_not_believed_yet);
    tcase_add_test(tcase, a_newer_answer_replaces_an_older_one_and_not_the_other_way);
    tcase_add_test(tcase, a_purge_drops_what_was_fetched_before_it);
    tcase_add_test(tcase, what_was_fetched_before_a_purge_is_not_stored_after_it);
    tcase_add_test(tcase, an_entry_in_the_cache_outlives_the_list_of_purges);
    tcase_add_test(tcase, a_repeated_purge_does_nothing_and_a_gap_empties);
    tcase_add_test(tcase, emptied_it_takes_younger_entries_only);
    tcase_add_test(tcase, the_budget_holds_and_read_entries_stay);
    tcase_add_test(tcase, an_entry_of_more_than_an_eighth_is_refused);
    tcase_add_test(tcase, a_cache_without_budget_keeps_nothing);
    tcase_add_test(tcase, evicted_entries_that_are_referenced_count_until_released);
    tcase_add_test(tcase, a_reader_that_stands_still_costs_no_entry);
    suite_add_tcase(suite, tcase);
    return suite;
}
