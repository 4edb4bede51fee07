/* wire_secret_test.c - what is marked secret in a message is overwritten once it was handled. */
/* links: core/wire/wire.c core/wire/wire_reader.c core/wire/messages.c core/base/blob.c core/domain/status.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "actor/wire.h"

#define SECRET "the client's own key"

/* The bytes of an encoded CACHE_GET that carries the secret. */
static size_t
encode(uint8_t *frame, size_t capacity)
{
    struct message message = {
        .kind = MSG_CACHE_GET,
        .sender = ACTOR_GATEWAY,
        .u.CACHE_GET = {.route = bytes_of_text("properties"), .credential = bytes_of_text(SECRET)}};
    struct blob *envelope = NULL;
    struct bytes bytes;

    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
    bytes = blob_bytes(envelope);
    ck_assert_uint_le(bytes.size, capacity);
    memcpy(frame, bytes.data, bytes.size);
    blob_release(&envelope);
    return bytes.size;
}

START_TEST(a_handled_message_holds_its_secret_no_more)
{
    uint8_t frame[1024];
    size_t size = encode(frame, sizeof frame), body_size;
    struct message message;

    ck_assert_ptr_nonnull(memmem(frame, size, SECRET, strlen(SECRET)));
    ck_assert_int_eq(wire_decode(bytes_of(frame, size), &message, &body_size), STATUS_OK);
    ck_assert(bytes_equal_text(message.u.CACHE_GET.credential, SECRET));
    wire_wipe(&message);
    ck_assert_ptr_null(memmem(frame, size, SECRET, strlen(SECRET)));
    ck_assert(bytes_equal_text(message.u.CACHE_GET.route, "properties"));
}
END_TEST

START_TEST(what_carries_credentials_is_marked)
{
    static const enum message_kind kinds[] = {MSG_CACHE_GET, MSG_UPSTREAM_FETCH};

    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct schema *schema = message_schema(kinds[i]);
        size_t secrets = 0;

        for (size_t f = 0; f < schema->field_count; f++)
            secrets +=
                schema->fields[f].is_secret && strcmp(schema->fields[f].name, "credential") == 0;
        ck_assert_uint_eq(secrets, 1);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("wire_secret");
    TCase *cases = tcase_create("secrets");

    tcase_add_test(cases, a_handled_message_holds_its_secret_no_more);
    tcase_add_test(cases, what_carries_credentials_is_marked);
    suite_add_tcase(suite, cases);
    return suite;
}
