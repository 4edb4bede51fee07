/* hash_test.c - FNV-1a as published, and its seed. */
#include "base/hash.h"

#include <check.h>

/* From the authors' table of test vectors. */
static const struct {
    const char *text;
    uint64_t hash;
} vectors[] = {
    {"", 0xcbf29ce484222325},
    {"a", 0xaf63dc4c8601ec8c},
    {"b", 0xaf63df4c8601f1a5},
    {"foobar", 0x85944171f73967e8},
};

START_TEST(the_published_values)
{
    ck_assert_uint_eq(hash_fnv1a(bytes_of_text(vectors[_i].text), 0), vectors[_i].hash);
}
END_TEST

START_TEST(a_seed_gives_another_hash)
{
    ck_assert_uint_ne(hash_fnv1a(bytes_of_text("a"), 1), hash_fnv1a(bytes_of_text("a"), 2));
    ck_assert_uint_ne(hash_fnv1a(bytes_of(NULL, 0), 1), hash_fnv1a(bytes_of(NULL, 0), 2));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/hash");
    TCase *tcase = tcase_create("hash");

    tcase_add_loop_test(tcase, the_published_values, 0, (int)COUNT(vectors));
    tcase_add_test(tcase, a_seed_gives_another_hash);
    suite_add_tcase(suite, tcase);
    return suite;
}
