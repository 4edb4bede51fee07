/* api_key_test.c - client keys and their hashes. */
/* links: core/domain/api_key.c core/base/digest.c core/base/log.c core/base/log_line.c core/base/clock.c */
/* links: core/base/clock_text.c core/base/dates.c core/base/text.c */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include "api_key.h"
#include "base/digest.h"
#include "base/hex.h"
#include "support/row.h"

static void
mint(uint8_t seed, char key[API_KEY_SIZE])
{
    uint8_t entropy[40];

    for (size_t i = 0; i < sizeof entropy; i++)
        entropy[i] = (uint8_t)(seed + i * 37);
    api_key_mint(entropy, key);
}

START_TEST(a_key_has_its_form)
{
    char key[API_KEY_SIZE];

    mint(1, key);
    ck_assert_int_eq((int)strlen(key), 51);
    ck_assert_int_eq(strncmp(key, "rc_", 3), 0);
    ck_assert_int_eq(key[11], '_');
    ck_assert_int_eq(key[44], '_');
    ck_assert(api_key_is_well_formed(bytes_of_text(key)));
}
END_TEST

/* All zeros: digits 0 throughout, and the CRC-32 of the text before the checksum (crc32 of zlib). */
START_TEST(a_key_is_its_entropy)
{
    const uint8_t zeros[40] = {0};
    char key[API_KEY_SIZE];
    char other[API_KEY_SIZE];

    api_key_mint(zeros, key);
    ck_assert_str_eq(key, "rc_00000000_00000000000000000000000000000000_0Q6edM");
    mint(1, key);
    mint(1, other);
    ck_assert_str_eq(key, other);
    mint(2, other);
    ck_assert_str_ne(key, other);
}
END_TEST

START_TEST(any_changed_character_is_noticed)
{
    char key[API_KEY_SIZE];

    mint(9, key);
    for (size_t i = 0; key[i] != '\0'; i++) {
        char before = key[i];

        key[i] = before == 'x' ? 'y' : 'x';
        ck_assert_msg(!api_key_is_well_formed(bytes_of_text(key)), "at %zu", i);
        key[i] = before;
    }
    ck_assert(api_key_is_well_formed(bytes_of_text(key)));
}
END_TEST

START_TEST(other_texts_are_no_keys)
{
    char key[API_KEY_SIZE];

    mint(9, key);
    ck_assert(!api_key_is_well_formed(bytes_of_text("")));
    ck_assert(!api_key_is_well_formed(bytes_of_text("my_rentcast_key")));
    ck_assert(!api_key_is_well_formed(bytes_of(key, strlen(key) - 1)));
    ck_assert(!api_key_is_well_formed(bytes_of(key, strlen(key) + 1)));
}
END_TEST

/* FIPS 180-2, and the sample of the original. */
static const struct {
    const char *text;
    const char *hex;
} hashes[] = {
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"my_rentcast_key", "86e4c7f4c7503f60b512c0017881eb3d88e6b7b4520bf194ca5729d434e52bc9"},
};

START_TEST(keys_are_hashed_with_sha256)
{
    char hex[API_KEY_HEX_SIZE];

    row("R-010");
    /* Twice: the context is used again. */
    for (int round = 0; round < 2; round++) {
        api_key_hash_hex(bytes_of_text(hashes[_i].text), hex);
        ck_assert_str_eq(hex, hashes[_i].hex);
    }
}
END_TEST

START_TEST(md5_is_that_of_rfc_1321)
{
    uint8_t digest[DIGEST_MD5_SIZE];
    char hex[2 * DIGEST_MD5_SIZE + 1];

    digest_md5(bytes_of_text("message digest"), digest);
    hex_write(digest, sizeof digest, hex);
    ck_assert_str_eq(hex, "f96b697d7cb7938d525a2f31aaf161d0");
    digest_md5(bytes_of(NULL, 0), digest);
    hex_write(digest, sizeof digest, hex);
    ck_assert_str_eq(hex, "d41d8cd98f00b204e9800998ecf8427e");
}
END_TEST

static void *
hash_often(void *unused)
{
    char hex[API_KEY_HEX_SIZE];

    for (int i = 0; i < 1000; i++) {
        api_key_hash_hex(bytes_of_text("abc"), hex);
        if (strcmp(hex, hashes[0].hex) != 0)
            return unused;
    }
    return NULL;
}

START_TEST(threads_hash_at_once)
{
    pthread_t threads[4];
    void *failure = NULL;
    char mark;

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hash_often, &mark), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &failure);
        ck_assert_ptr_null(failure);
    }
}
END_TEST

START_TEST(names_are_letters_digits_and_two_marks)
{
    static const char *const good[] = {"a", "A-b_9", "0", "_", "-"};
    static const char *const bad[] = {"", "a b", "a.b", "a/b", "\xc3\xa4", "a\n", "a'b", "%"};
    char longest[API_KEY_NAME_MOST + 2];

    for (size_t i = 0; i < COUNT(good); i++)
        ck_assert_msg(api_key_name_is_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(!api_key_name_is_valid(bad[i]), "%s", bad[i]);
    ck_assert(!api_key_name_is_valid(NULL));
    memset(longest, 'a', sizeof longest);
    longest[API_KEY_NAME_MOST] = '\0';
    ck_assert(api_key_name_is_valid(longest));
    longest[API_KEY_NAME_MOST] = 'a';
    longest[API_KEY_NAME_MOST + 1] = '\0';
    ck_assert(!api_key_name_is_valid(longest));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/api_key");
    TCase *tcase = tcase_create("api_key");

    tcase_add_test(tcase, a_key_has_its_form);
    tcase_add_test(tcase, a_key_is_its_entropy);
    tcase_add_test(tcase, any_changed_character_is_noticed);
    tcase_add_test(tcase, other_texts_are_no_keys);
    tcase_add_test(tcase, names_are_letters_digits_and_two_marks);
    tcase_add_loop_test(tcase, keys_are_hashed_with_sha256, 0, 3);
    tcase_add_test(tcase, md5_is_that_of_rfc_1321);
    tcase_add_test(tcase, threads_hash_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
