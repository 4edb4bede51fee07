/* blob_test.c - counted buffers: ownership, sharing, wrapped memory. */
/* links: core/base/blob.c */

#include "base/blob.h"

#include <check.h>
#include <pthread.h>

START_TEST(a_new_blob_has_its_size_and_is_writable)
{
    struct blob *blob = blob_create(5);

    ck_assert_ptr_nonnull(blob);
    memcpy(blob_writable(blob), "hello", 5);
    ck_assert(bytes_equal_text(blob_bytes(blob), "hello"));
    ck_assert_uint_eq((uintptr_t)blob_writable(blob) % 8, 0);
    blob_release(&blob);
    ck_assert_ptr_null(blob);
}
END_TEST

START_TEST(a_copy_is_independent_of_what_it_was_made_of)
{
    char text[] = "hello";
    struct blob *blob = blob_copy(bytes_of_text(text));

    text[0] = 'j';
    ck_assert(bytes_equal_text(blob_bytes(blob), "hello"));
    blob_release(&blob);
}
END_TEST

START_TEST(nothing_is_an_empty_blob)
{
    struct blob *nothing = NULL;

    ck_assert_ptr_null(blob_hold(NULL));
    ck_assert_uint_eq(blob_bytes(NULL).size, 0);
    blob_release(&nothing);
    ck_assert_ptr_null(nothing);
}
END_TEST

START_TEST(a_size_that_no_memory_has_gives_no_blob)
{
    ck_assert_ptr_null(blob_create(SIZE_MAX));
    ck_assert_ptr_null(blob_create(SIZE_MAX - 16));
}
END_TEST

static int freed_count;

static void
count_freed(void *owner)
{
    ck_assert_ptr_eq(owner, &freed_count);
    freed_count++;
}

START_TEST(wrapped_memory_is_freed_once_at_the_last_release)
{
    struct blob *first = blob_wrap(bytes_of_text("outside"), count_freed, &freed_count);
    struct blob *second = blob_hold(first);

    freed_count = 0;
    ck_assert(bytes_equal_text(blob_bytes(second), "outside"));
    blob_release(&first);
    ck_assert_int_eq(freed_count, 0);
    blob_release(&second);
    ck_assert_int_eq(freed_count, 1);
}
END_TEST

enum { THREADS = 8, ROUNDS = 20000 };

static void *
hold_and_release(void *context)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct blob *held = blob_hold(context);

        ck_assert_uint_eq(blob_bytes(held).size, 7);
        blob_release(&held);
    }
    return NULL;
}

START_TEST(threads_share_a_blob)
{
    struct blob *blob = blob_wrap(bytes_of_text("outside"), count_freed, &freed_count);
    pthread_t threads[THREADS];

    freed_count = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hold_and_release, blob);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(freed_count, 0);
    blob_release(&blob);
    ck_assert_int_eq(freed_count, 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("blob");
    TCase *tcase = tcase_create("blob");

    tcase_add_test(tcase, a_new_blob_has_its_size_and_is_writable);
    tcase_add_test(tcase, a_copy_is_independent_of_what_it_was_made_of);
    tcase_add_test(tcase, nothing_is_an_empty_blob);
    tcase_add_test(tcase, a_size_that_no_memory_has_gives_no_blob);
    tcase_add_test(tcase, wrapped_memory_is_freed_once_at_the_last_release);
    tcase_add_test(tcase, threads_share_a_blob);
    suite_add_tcase(suite, tcase);
    return suite;
}
