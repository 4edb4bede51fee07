/* entry_test.c - an entry made of a fetch or of a row keeps what it was made of, until its last release. */
/* links: cache/object/entry.c core/base/blob.c */
#include "object/entry.h"

#include <check.h>

#include "support/row.h"

static const struct route_config route = {
    .name = "property_by_id", .endpoint = "properties", .method = "GET"};

START_TEST(a_fetched_entry_copies_and_becomes_a_row)
{
    row("R-044");
    char headers[] = "Content-Type: application/json\r\n";
    char signature[] = "{\"endpoint\": \"properties\"}";
    struct blob *body = blob_copy(bytes_of_text("[1]"));
    struct entry source = {.cache_key = "ceba473f42f79d99adb48ccd2b0ae28c",
                           .route = &route,
                           .meta = {.http_status = 200,
                                    .created_wall_ms = 1000,
                                    .expires_wall_ms = 2000,
                                    .stale_until_wall_ms = 3000,
                                    .price_micro_usd = 1000000,
                                    .purge_number = 4,
                                    .fetched_by_key_id = 5},
                           .signature = bytes_of_text(signature),
                           .headers = bytes_of_text(headers),
                           .body = body};
    struct entry *entry = entry_of_fetch(&source);

    ck_assert_ptr_nonnull(entry);
    blob_release(&body);
    headers[0] = signature[0] = 'x';
    struct entry_row stored = entry_as_row(entry);

    ck_assert_str_eq(stored.cache_key, "ceba473f42f79d99adb48ccd2b0ae28c");
    ck_assert(bytes_equal_text(stored.signature, "{\"endpoint\": \"properties\"}"));
    ck_assert(bytes_equal_text(stored.headers, "Content-Type: application/json\r\n"));
    ck_assert(bytes_equal_text(stored.body, "[1]"));
    ck_assert(bytes_equal_text(stored.endpoint, "properties"));
    ck_assert(bytes_equal_text(stored.method, "GET"));
    ck_assert_int_eq(stored.meta.http_status, 200);
    ck_assert_int_eq(stored.meta.price_micro_usd, 1000000);
    ck_assert_int_eq(stored.meta.created_wall_ms, 1000);
    ck_assert_int_eq(stored.meta.expires_wall_ms, 2000);
    ck_assert_int_eq(stored.meta.stale_until_wall_ms, 3000);
    ck_assert_int_eq(stored.meta.purge_number, 4);
    ck_assert_int_eq(stored.meta.fetched_by_key_id, 5);
    entry_release(&entry);
    ck_assert_ptr_null(entry);
}
END_TEST

START_TEST(an_entry_of_a_row_keeps_the_rows_memory)
{
    struct blob *owner = blob_copy(bytes_of_text("sigheadbody"));
    const uint8_t *data = blob_bytes(owner).data;
    struct entry_row stored = {.cache_key = "cc1e4d1c26aa5a5a2c5d1541aa67fcd5",
                               .signature = bytes_of(data, 3),
                               .headers = bytes_of(data + 3, 4),
                               .body = bytes_of(data + 7, 4),
                               .meta = {.http_status = 404,
                                        .created_wall_ms = 1,
                                        .expires_wall_ms = 3,
                                        .stale_until_wall_ms = 4,
                                        .price_micro_usd = 7,
                                        .purge_number = 9}};
    struct entry *entry = entry_of_row(&stored, owner);

    ck_assert_ptr_nonnull(entry);
    struct blob *body = blob_hold(entry->body);

    ck_assert(bytes_equal_text(entry->signature, "sig"));
    ck_assert(bytes_equal_text(entry->headers, "head"));
    ck_assert_int_eq(entry->meta.http_status, 404);
    ck_assert_int_eq(entry->meta.created_wall_ms, 1);
    ck_assert_int_eq(entry->meta.expires_wall_ms, 3);
    ck_assert_int_eq(entry->meta.price_micro_usd, 7);
    ck_assert_int_eq(entry->meta.purge_number, 9);
    entry_release(&entry);
    ck_assert(bytes_equal_text(blob_bytes(body), "body")); /* outlives the entry */
    blob_release(&body);
}
END_TEST

START_TEST(references_are_counted)
{
    struct entry source = {.route = &route};
    struct entry *entry = entry_of_fetch(&source);
    struct entry *held = entry_hold(entry);

    entry_release(&entry);
    ck_assert_ptr_null(entry);
    ck_assert_int_eq(held->references, 1);
    entry_release(&held);
    entry_release(&held); /* NULL-safe */
    ck_assert_ptr_null(entry_hold(NULL));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/entry");
    TCase *life = tcase_create("life");

    tcase_add_test(life, a_fetched_entry_copies_and_becomes_a_row);
    tcase_add_test(life, an_entry_of_a_row_keeps_the_rows_memory);
    tcase_add_test(life, references_are_counted);
    suite_add_tcase(suite, life);
    return suite;
}
