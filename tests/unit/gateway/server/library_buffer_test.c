/* library_buffer_test.c - finding a connection's buffer among what the server library keeps to itself. */
/* links: gateway/server/library_buffer.c */

#include "server/library_buffer.h"

#include <check.h>
#include <stdlib.h>

#define CAPACITY 4096

/* As the library lays it out: a description of responses, then its own of the connection. */
struct private_part {
    char response[1100];
    void *context;
    struct {
        unsigned short family, port;
        unsigned address;
    } peer;
    char *buffer;
    char *path_info;
    int flags[4];
    int handled;
    int capacity, head, received;
    char rest[2048];
};

static char bytes[CAPACITY];

static struct private_part *
make_part(int head, int received)
{
    struct private_part *part = calloc(1, sizeof *part);

    ck_assert_ptr_nonnull(part);
    part->context = part;
    part->peer.family = 2;
    part->peer.port = CAPACITY;
    part->buffer = bytes;
    part->handled = 3;
    part->capacity = CAPACITY;
    part->head = head;
    part->received = received;
    return part;
}

START_TEST(a_place_is_found_once_and_known_then)
{
    struct private_part *part = make_part(40, 100), *other = make_part(-2, CAPACITY);
    struct library_buffer buffer;

    ck_assert(!library_buffer_find(part, NULL, CAPACITY, &buffer)); /* nothing to find it by */
    ck_assert(library_buffer_find(part, bytes + 2, CAPACITY, &buffer));
    ck_assert_ptr_eq(buffer.received.data, bytes);
    ck_assert_uint_eq(buffer.received.size, 100);
    ck_assert_uint_eq(buffer.head_size, 40);
    ck_assert(library_buffer_find(other, NULL, CAPACITY, &buffer));
    ck_assert_uint_eq(buffer.received.size, CAPACITY);
    ck_assert_uint_eq(buffer.head_size, 0);
    free(part);
    free(other);
}
END_TEST

START_TEST(another_layout_is_not_believed)
{
    struct private_part *part = make_part(40, 100);
    struct library_buffer buffer;

    part->capacity = CAPACITY + 1;
    ck_assert(!library_buffer_find(part, bytes + 2, CAPACITY, &buffer));
    part->capacity = CAPACITY;
    part->received = 39; /* a head of more than was received */
    ck_assert(!library_buffer_find(part, bytes + 2, CAPACITY, &buffer));
    part->received = 100;
    part->buffer = NULL;
    ck_assert(!library_buffer_find(part, bytes + 2, CAPACITY, &buffer));
    free(part);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("library buffer");
    TCase *cases = tcase_create("places");

    tcase_add_test(cases, a_place_is_found_once_and_known_then);
    tcase_add_test(cases, another_layout_is_not_believed);
    suite_add_tcase(suite, cases);
    return suite;
}
