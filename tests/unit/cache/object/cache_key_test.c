/* cache_key_test.c - the form of keys, and the hash of a signature's parameters. */
/* links: cache/object/cache_key.c @core */
#include "object/cache_key.h"

#include <check.h>

static const struct {
    const char *key;
    bool expected;
} keys[] = {
    {"ceba473f42f79d99adb48ccd2b0ae28c", true},  {"CEBA473F42F79D99ADB48CCD2B0AE28C", false},
    {"ceba473f42f79d99adb48ccd2b0ae28", false},  {"ceba473f42f79d99adb48ccd2b0ae28c0", false},
    {"ceba473f42f79d99adb48ccd2b0ae2 c", false}, {"", false},
};

START_TEST(a_key_is_32_lower_case_hex_characters)
{
    ck_assert_int_eq(cache_key_is_well_formed(bytes_of_text(keys[_i].key)), keys[_i].expected);
}
END_TEST

/* Expected values: md5sum of the text from "path_params" to the end, made with coreutils. */
static const struct {
    const char *signature;
    const char *hash;
} hashes[] = {
    {"{\"body\": {}, \"endpoint\": \"properties\", \"method\": \"GET\", \"path_params\": "
     "{\"property_id\": \"123\"}, \"query_params\": {\"city\": \"Austin\", \"state\": \"TX\"}}",
     "2370003a6b63677d77e40d79a2b166fd"},
    /* the same text in a value or deeper inside is not the member */
    {"{\"body\": {\"path_params\": 1, \"q\\\"\": \"\\\"path_params\\\": \"}, \"endpoint\": \"e\", "
     "\"path_params\": {}, \"query_params\": {}}",
     "e467add0e88f710da96678b101403b31"},
    /* no such member: all of it */
    {"{\"a\": 1}", "42b7b4f2921788ea14dac5566e6f06d0"},
    {"{\"path_params", "dc84ae525c4c13a4d339b705a133be9d"},
    {"", "d41d8cd98f00b204e9800998ecf8427e"},
};

START_TEST(parameters_are_hashed_from_their_member_on)
{
    char hash[PARAMS_HASH_SIZE];

    cache_key_params_hash(bytes_of_text(hashes[_i].signature), hash);
    ck_assert_str_eq(hash, hashes[_i].hash);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/cache_key");
    TCase *keys_case = tcase_create("keys");

    tcase_add_loop_test(keys_case, a_key_is_32_lower_case_hex_characters, 0, (int)COUNT(keys));
    tcase_add_loop_test(keys_case, parameters_are_hashed_from_their_member_on, 0,
                        (int)COUNT(hashes));
    suite_add_tcase(suite, keys_case);
    return suite;
}
