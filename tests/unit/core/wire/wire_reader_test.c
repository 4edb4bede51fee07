/* wire_reader_test.c - the cursor over msgpack; the bytes are those of the msgpack specification. */
/* links: core/wire/wire_reader.c */

#include "wire/wire_reader.h"

#include <check.h>
#include <inttypes.h>

static struct wire_reader
reader_of(const char *bytes, size_t size)
{
    return wire_reader_of(bytes_of(bytes, size));
}

#define READER(literal) reader_of(literal, sizeof literal - 1)

struct number_case {
    const char *comment;
    const char *bytes;
    size_t size;
    bool is_int, is_uint;
    int64_t value;
};

#define NUMBER(comment, literal, is_int, is_uint, value)                                           \
    {                                                                                              \
        comment, literal, sizeof literal - 1, is_int, is_uint, value                               \
    }

static const struct number_case number_cases[] = {
    NUMBER("positive fixint, least", "\x00", true, true, 0),
    NUMBER("positive fixint, most", "\x7f", true, true, 127),
    NUMBER("negative fixint, most", "\xff", true, false, -1),
    NUMBER("negative fixint, least", "\xe0", true, false, -32),
    NUMBER("uint8", "\xcc\xff", true, true, 255),
    NUMBER("uint16", "\xcd\xff\xfe", true, true, 65534),
    NUMBER("uint32", "\xce\xff\xff\xff\xff", true, true, 4294967295),
    NUMBER("uint64", "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", true, true, INT64_MAX),
    NUMBER("uint64 above every int64", "\xcf\x80\x00\x00\x00\x00\x00\x00\x00", false, true,
           INT64_MIN),
    NUMBER("int8", "\xd0\x80", true, false, -128),
    NUMBER("int8, positive", "\xd0\x7f", true, true, 127),
    NUMBER("int16", "\xd1\x80\x00", true, false, -32768),
    NUMBER("int32", "\xd2\x80\x00\x00\x00", true, false, INT32_MIN),
    NUMBER("int64", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", true, false, INT64_MIN),
    NUMBER("cut short", "\xcd\xff", false, false, 0),
    NUMBER("nothing", "", false, false, 0),
    NUMBER("nil", "\xc0", false, false, 0),
    NUMBER("true", "\xc3", false, false, 0),
    NUMBER("float64", "\xcb\x00\x00\x00\x00\x00\x00\x00\x00", false, false, 0),
    NUMBER("fixstr", "\xa1\x31", false, false, 0),
};

START_TEST(numbers_are_read_in_every_width)
{
    const struct number_case *row = &number_cases[_i];
    struct wire_reader as_int = reader_of(row->bytes, row->size);
    struct wire_reader as_uint = reader_of(row->bytes, row->size);
    int64_t value = 0;
    uint64_t bits = 0;

    ck_assert_msg(wire_read_int(&as_int, &value) == row->is_int, "int: %s", row->comment);
    ck_assert_msg(wire_read_uint(&as_uint, &bits) == row->is_uint, "uint: %s", row->comment);
    if (row->is_int)
        ck_assert_msg(value == row->value && wire_reader_at_end(&as_int), "int value: %s",
                      row->comment);
    if (row->is_uint)
        ck_assert_msg(bits == (uint64_t)row->value, "uint value: %s", row->comment);
}
END_TEST

START_TEST(arrays_are_believed_only_as_far_as_bytes_follow)
{
    struct wire_reader small = READER("\x92\x01\x02");
    struct wire_reader wide = READER("\xdc\x00\x01\x05");
    struct wire_reader widest = READER("\xdd\x00\x00\x00\x01\x05");
    struct wire_reader lying = READER("\xdd\x0f\xff\xff\xff");
    struct wire_reader lying_small = READER("\x92\x01");
    struct wire_reader map = READER("\x81\x01\x02");
    size_t count;

    ck_assert(wire_read_array(&small, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert(wire_read_array(&wide, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert(wire_read_array(&widest, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert(!wire_read_array(&lying, &count));
    ck_assert(!wire_read_array(&lying_small, &count));
    ck_assert(!wire_read_array(&map, &count));
}
END_TEST

START_TEST(bytes_are_bounded_twice)
{
    struct wire_reader bin8 = READER("\xc4\x03"
                                     "abc");
    struct wire_reader again = bin8;
    struct wire_reader bin16 = READER("\xc5\x00\x02"
                                      "hi");
    struct wire_reader bin32 = READER("\xc6\x00\x00\x00\x00");
    struct wire_reader lying = READER("\xc6\xff\xff\xff\xff"
                                      "a");
    struct wire_reader text = READER("\xa3"
                                     "abc");
    struct bytes value;

    ck_assert(wire_read_bytes(&bin8, 3, &value));
    ck_assert(bytes_equal_text(value, "abc"));
    ck_assert(wire_reader_at_end(&bin8));
    ck_assert_msg(!wire_read_bytes(&again, 2, &value), "longer than it may be");
    ck_assert(wire_read_bytes(&bin16, 9, &value));
    ck_assert(bytes_equal_text(value, "hi"));
    ck_assert(wire_read_bytes(&bin32, 9, &value));
    ck_assert_uint_eq(value.size, 0);
    ck_assert_msg(!wire_read_bytes(&lying, SIZE_MAX, &value), "more than there is");
    ck_assert_msg(!wire_read_bytes(&text, 9, &value), "strings are another type");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("wire_reader");
    TCase *tcase = tcase_create("wire_reader");

    tcase_add_loop_test(tcase, numbers_are_read_in_every_width, 0, COUNT(number_cases));
    tcase_add_test(tcase, arrays_are_believed_only_as_far_as_bytes_follow);
    tcase_add_test(tcase, bytes_are_bounded_twice);
    suite_add_tcase(suite, tcase);
    return suite;
}
