/* wire_test.c - every message encodes and decodes to itself; anything else is refused. */
/* links: core/wire/wire.c core/wire/wire_reader.c core/wire/messages.c core/base/blob.c core/domain/status.c */

#include "actor/wire.h"

#include <check.h>
#include <stdlib.h>

static const int64_t numbers[] = {0,         1,         -1,        127,       128,
                                  -32,       -33,       INT32_MAX, INT32_MIN, INT64_MAX,
                                  INT64_MIN, 1LL << 32, 255,       65535,     -65536};

static uint8_t filling[WIRE_ENVELOPE_MAX_BYTES];

static void *
member_of(struct message *message, const struct field *field)
{
    return (uint8_t *)&message->u + field->offset;
}

static void
set_number(struct message *message, const struct field *field, int64_t number)
{
    if (field->type == FIELD_INT)
        *(int64_t *)member_of(message, field) = number;
    else if (field->type == FIELD_FLAG)
        *(bool *)member_of(message, field) = number != 0;
    else
        *(unsigned *)member_of(message, field) = (unsigned)number;
}

static int64_t
number_at(struct message *message, const struct field *field)
{
    if (field->type == FIELD_INT)
        return *(int64_t *)member_of(message, field);
    if (field->type == FIELD_FLAG)
        return *(bool *)member_of(message, field);
    return *(unsigned *)member_of(message, field);
}

/* Fills every field: numbers from the table, values of an enum in turn, texts of the size that fullness says (0: empty,
 * 1: full). */
static struct message
make_message(enum message_kind kind, size_t number, int fullness)
{
    const struct schema *schema = message_schema(kind);
    enum actor_id sender = message_sender(kind);
    struct message message = {
        .kind = kind,
        .sender = sender == ACTOR_ANY ? ACTOR_ANALYTICS : sender,
        .correlation_id = fullness ? UINT64_MAX : 0,
        .status = (enum status)((number + (size_t)fullness * 15) % STATUS_COUNT),
        .time_left_ms = fullness ? INT64_MAX : 0,
        .request_id = bytes_of(filling, fullness ? MESSAGE_REQUEST_ID_SIZE - 1 : 0),
    };

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        size_t size = fullness ? field->max_bytes : 0;

        if (field->type == FIELD_BYTES)
            *(struct bytes *)member_of(&message, field) = bytes_of(filling, size);
        else if (field->type == FIELD_INT)
            set_number(&message, field, numbers[(number + i) % COUNT(numbers)]);
        else
            set_number(&message, field, (int64_t)((number + i) % field->value_count));
    }
    return message;
}

static void
assert_same(struct message *a, struct message *b)
{
    const struct schema *schema = message_schema(a->kind);

    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_int_eq(a->sender, b->sender);
    ck_assert_uint_eq(a->correlation_id, b->correlation_id);
    ck_assert_int_eq(a->status, b->status);
    ck_assert_int_eq(a->time_left_ms, b->time_left_ms);
    ck_assert(bytes_equal(a->request_id, b->request_id));
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];

        if (field->type != FIELD_BYTES)
            ck_assert_int_eq(number_at(a, field), number_at(b, field));
        else
            ck_assert(bytes_equal(*(struct bytes *)member_of(a, field),
                                  *(struct bytes *)member_of(b, field)));
    }
}

START_TEST(every_message_decodes_to_itself)
{
    for (size_t number = 0; number < COUNT(numbers); number++) {
        for (int fullness = 0; fullness < 2; fullness++) {
            struct message sent = make_message((enum message_kind)_i, number, fullness);
            struct message received;
            struct blob *envelope;
            size_t body_size;

            ck_assert_int_eq(wire_encode(&sent, &envelope), STATUS_OK);
            ck_assert_int_eq(wire_decode(blob_bytes(envelope), &received, &body_size), STATUS_OK);
            ck_assert_uint_eq(body_size, 0);
            assert_same(&sent, &received);
            blob_release(&envelope);
        }
    }
}
END_TEST

static size_t
size_of(const struct field *field)
{
    switch (field->type) {
    case FIELD_FLAG:
        return sizeof(bool);
    case FIELD_ENUM:
        return sizeof(unsigned);
    case FIELD_BYTES:
        return sizeof(struct bytes);
    default:
        return sizeof(int64_t);
    }
}

/* Which bytes of a message's body belong to members: those are 0xff afterwards, the padding is 0. */
static const uint8_t *
mark_members(enum message_kind kind, union message_body *body)
{
    memset(body, 0xff, sizeof *body);
#if __has_builtin(__builtin_clear_padding)
    switch (kind) {
#define CASE(kind, ...)                                                                            \
    case MSG_##kind:                                                                               \
        __builtin_clear_padding(&body->kind);                                                      \
        break;
        MESSAGES(CASE)
#undef CASE
    default:
        ck_abort_msg("no such kind");
    }
#else
    (void)kind;
#endif
    return (const uint8_t *)body;
}

/* A compiler that cannot tell padding sees only that the fields are in the order of the members. */
START_TEST(every_member_of_a_struct_is_a_field)
{
    const struct schema *schema = message_schema((enum message_kind)_i);
    union message_body body;
    const uint8_t *bytes = mark_members((enum message_kind)_i, &body);
    size_t covered = 0;

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];

        ck_assert_msg(field->offset >= covered, "%s is out of order", field->name);
        ck_assert_uint_lt(field->offset - covered, sizeof(int64_t));
#if __has_builtin(__builtin_clear_padding)
        for (size_t at = covered; at < field->offset; at++)
            ck_assert_msg(bytes[at] == 0, "a member before %s is not a field", field->name);
#endif
        for (size_t at = field->offset; at < field->offset + size_of(field); at++)
            ck_assert_msg(bytes[at] == 0xff, "%s is not the whole member", field->name);
        covered = field->offset + size_of(field);
        ck_assert_msg(field->type != FIELD_BYTES || field->max_bytes > 0, "%s", field->name);
    }
    if (schema->field_count == 0) {
        ck_assert_uint_eq(schema->body_struct_size, 1);
        return;
    }
#if __has_builtin(__builtin_clear_padding)
    for (size_t at = covered; at < schema->body_struct_size; at++)
        ck_assert_msg(bytes[at] == 0, "the last member is not a field");
#endif
    ck_assert_uint_lt(schema->body_struct_size - covered, sizeof(int64_t));
    ck_assert_uint_le(schema->field_count, WIRE_FIELDS_MAX);
}
END_TEST

START_TEST(every_message_has_a_name_a_meaning_and_two_ends)
{
    enum message_kind kind = (enum message_kind)_i;

    ck_assert_uint_gt(strlen(message_kind_name(kind)), 3);
    ck_assert_ptr_nonnull(message_meaning(kind));
    ck_assert_uint_gt(strlen(message_meaning(kind)), 10);
    ck_assert_int_le(message_sender(kind), ACTOR_ANY);
    ck_assert_int_le(message_receiver(kind), ACTOR_ANY);
}
END_TEST

START_TEST(no_prefix_and_no_longer_form_of_a_message_is_one)
{
    struct message sent = make_message((enum message_kind)_i, 0, 0);
    struct message received;
    struct blob *envelope;
    size_t body_size;

    ck_assert_int_eq(wire_encode(&sent, &envelope), STATUS_OK);

    struct bytes whole = blob_bytes(envelope);
    uint8_t *longer = calloc(1, whole.size + 1);

    for (size_t size = 0; size < whole.size; size++)
        ck_assert_int_eq(wire_decode(bytes_of(whole.data, size), &received, &body_size),
                         STATUS_MALFORMED);
    memcpy(longer, whole.data, whole.size);
    ck_assert_int_eq(wire_decode(bytes_of(longer, whole.size + 1), &received, &body_size),
                     STATUS_MALFORMED);
    free(longer);
    blob_release(&envelope);
}
END_TEST

START_TEST(a_field_over_its_bound_is_not_sent)
{
    const struct schema *schema = message_schema((enum message_kind)_i);

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        struct message message = make_message((enum message_kind)_i, 0, 0);
        struct blob *envelope;

        if (field->type != FIELD_BYTES)
            continue;
        *(struct bytes *)member_of(&message, field) = bytes_of(filling, field->max_bytes + 1);
        ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_MALFORMED);
        ck_assert_ptr_null(envelope);
    }
}
END_TEST

/* The envelope of a message without texts, and the byte of it that changes with the field; the caller releases it. */
static struct blob *
envelope_and_place(enum message_kind kind, const struct field *field, size_t *place)
{
    struct message message = make_message(kind, 0, 0);
    struct blob *first, *last;

    set_number(&message, field, 0);
    ck_assert_int_eq(wire_encode(&message, &first), STATUS_OK);
    set_number(&message, field, field->value_count - 1);
    ck_assert_int_eq(wire_encode(&message, &last), STATUS_OK);
    ck_assert_uint_eq(blob_bytes(first).size, blob_bytes(last).size);
    for (*place = 0; blob_bytes(first).data[*place] == blob_bytes(last).data[*place];)
        ++*place;
    blob_release(&first);
    return last;
}

START_TEST(a_value_that_an_enum_or_a_flag_does_not_have_is_refused)
{
    const struct schema *schema = message_schema((enum message_kind)_i);

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const int refused[] = {(int)field->value_count, 0x7f, 0xff /* -1 */};
        struct blob *envelope;
        struct message received;
        size_t place, body_size;

        if (field->type != FIELD_ENUM && field->type != FIELD_FLAG)
            continue;
        ck_assert_uint_ge(field->value_count, 2);
        envelope = envelope_and_place((enum message_kind)_i, field, &place);
        ck_assert_int_eq(wire_decode(blob_bytes(envelope), &received, &body_size), STATUS_OK);
        ck_assert_int_eq(number_at(&received, field), field->value_count - 1);
        for (size_t j = 0; j < COUNT(refused); j++) {
            blob_writable(envelope)[place] = (uint8_t)refused[j];
            ck_assert_msg(wire_decode(blob_bytes(envelope), &received, &body_size) ==
                              STATUS_MALFORMED,
                          "%s of %d", field->name, refused[j]);
        }
        blob_release(&envelope);
    }
}
END_TEST

START_TEST(a_value_that_an_enum_does_not_have_is_not_sent)
{
    const struct schema *schema = message_schema((enum message_kind)_i);

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        struct message message = make_message((enum message_kind)_i, 0, 0);
        struct blob *envelope;

        if (field->type != FIELD_ENUM)
            continue;
        set_number(&message, field, field->value_count);
        ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_MALFORMED);
    }
}
END_TEST

START_TEST(every_status_is_sent_and_no_other)
{
    struct message message = {.kind = MSG_LEDGER_SETTLED, .sender = ACTOR_ANALYTICS};
    struct message received;
    struct blob *envelope;
    size_t body_size;

    for (int status = 0; status < STATUS_COUNT; status++) {
        message.status = (enum status)status;
        ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
        ck_assert_int_eq(wire_decode(blob_bytes(envelope), &received, &body_size), STATUS_OK);
        ck_assert_int_eq(received.status, status);
        blob_release(&envelope);
    }
    message.status = STATUS_COUNT;
    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_MALFORMED);
}
END_TEST

START_TEST(a_kind_is_sent_by_its_sender_alone)
{
    struct message message = {.kind = MSG_CACHE_GET, .sender = ACTOR_UPSTREAM};
    struct message heartbeat = {.kind = MSG_HEARTBEAT, .sender = ACTOR_COUNT};
    struct blob *envelope;

    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_MALFORMED);
    ck_assert_int_eq(wire_encode(&heartbeat, &envelope), STATUS_MALFORMED);
}
END_TEST

START_TEST(a_request_id_over_its_bound_is_not_sent)
{
    struct message message = {.kind = MSG_HEARTBEAT,
                              .request_id = bytes_of(filling, MESSAGE_REQUEST_ID_SIZE)};
    struct blob *envelope;

    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_MALFORMED);
}
END_TEST

START_TEST(a_request_that_is_late_still_has_a_deadline)
{
    struct message message = {.kind = MSG_HEARTBEAT, .time_left_ms = -5};
    struct message received;
    struct blob *envelope;
    size_t body_size;

    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
    ck_assert_int_eq(wire_decode(blob_bytes(envelope), &received, &body_size), STATUS_OK);
    ck_assert_int_eq(received.time_left_ms, 1);
    blob_release(&envelope);
}
END_TEST

START_TEST(the_size_of_the_body_is_announced)
{
    struct message message = {.kind = MSG_HEARTBEAT, .body = blob_create(70000)};
    struct message received;
    struct blob *envelope;
    size_t body_size;

    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
    ck_assert_int_eq(wire_decode(blob_bytes(envelope), &received, &body_size), STATUS_OK);
    ck_assert_uint_eq(body_size, 70000);
    ck_assert_ptr_null(received.body);
    blob_release(&envelope);
    message_fini(&message);
    ck_assert_ptr_null(message.body);
}
END_TEST

/* HEARTBEAT from the gateway: [2, 0, 0, 0, 0, 0, "", 0, 5], as the specification of msgpack has it. */
struct input_case {
    const char *comment;
    const char *bytes;
    size_t size;
    enum status expected;
};

#define INPUT(comment, literal, expected)                                                          \
    {                                                                                              \
        comment, literal, sizeof literal - 1, expected                                             \
    }

static const struct input_case input_cases[] = {
    INPUT("a heartbeat", "\x99\x03\x00\x00\x00\x00\x00\xc4\x00\x00\x05", STATUS_OK),
    INPUT("the same with wider numbers",
          "\xdc\x00\x09\xcc\x03\x00\x00\xcd\x00\x00\xcc\x00\x00\xc4\x00\x00\xd3\x00\x00\x00\x00\x00"
          "\x00\x00"
          "\x05",
          STATUS_OK),
    INPUT("nothing", "", STATUS_MALFORMED),
    INPUT("version 2", "\x99\x02\x00\x00\x00\x00\x00\xc4\x00\x00\x05", STATUS_MALFORMED),
    INPUT("version 4", "\x99\x04\x00\x00\x00\x00\x00\xc4\x00\x00\x05", STATUS_MALFORMED),
    INPUT("an unknown kind", "\x99\x03\x7f\x00\x00\x00\x00\xc4\x00\x00\x05", STATUS_MALFORMED),
    INPUT("a negative kind", "\x99\x03\xff\x00\x00\x00\x00\xc4\x00\x00\x05", STATUS_MALFORMED),
    INPUT("an unknown sender", "\x99\x03\x00\x04\x00\x00\x00\xc4\x00\x00\x05", STATUS_MALFORMED),
    INPUT("CACHE_REPLY's kind from the gateway", "\x99\x03\x05\x00\x00\x00\x00\xc4\x00\x00\x05",
          STATUS_MALFORMED),
    INPUT("a field too few", "\x98\x03\x00\x00\x00\x00\x00\xc4\x00\x00", STATUS_MALFORMED),
    INPUT("a field too many", "\x9a\x03\x00\x00\x00\x00\x00\xc4\x00\x00\x05\x06", STATUS_MALFORMED),
    INPUT("an array head that is one too small", "\x98\x03\x00\x00\x00\x00\x00\xc4\x00\x00\x05",
          STATUS_MALFORMED),
    INPUT("a text where a number belongs", "\x99\x03\x00\x00\x00\x00\x00\xc4\x00\x00\xc4\x00",
          STATUS_MALFORMED),
    INPUT("a number where a text belongs", "\x99\x03\x00\x00\x00\x00\x00\x00\x00\x05",
          STATUS_MALFORMED),
    INPUT("a number above every int64",
          "\x99\x03\x00\x00\x00\x00\x00\xc4\x00\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
          STATUS_MALFORMED),
    INPUT("a negative time left", "\x99\x03\x00\x00\x00\x00\xff\xc4\x00\x00\x05", STATUS_MALFORMED),
    INPUT("a negative body size", "\x99\x03\x00\x00\x00\x00\x00\xc4\x00\xff\x05", STATUS_MALFORMED),
    INPUT("a status that is none", "\x99\x03\x00\x00\x00\x7f\x00\xc4\x00\x00\x05",
          STATUS_MALFORMED),
    INPUT("a negative status", "\x99\x03\x00\x00\x00\xff\x00\xc4\x00\x00\x05", STATUS_MALFORMED),
    INPUT("a status above every int",
          "\x99\x03\x00\x00\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00\x00\xc4\x00\x00\x05",
          STATUS_MALFORMED),
    INPUT("five bytes that announce 268 million elements", "\xdd\x0f\xff\xff\xff",
          STATUS_MALFORMED),
    INPUT("an array in an array, 33 deep",
          "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
          "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91",
          STATUS_MALFORMED),
    INPUT("a map", "\x89\x03\x00\x00\x00\x00\x00\xc4\x00\x00\x05", STATUS_MALFORMED),
};

START_TEST(inputs_are_refused_or_taken)
{
    const struct input_case *row = &input_cases[_i];
    struct message message;
    size_t body_size;
    enum status status = wire_decode(bytes_of(row->bytes, row->size), &message, &body_size);

    ck_assert_msg(status == row->expected, "%s: %s", row->comment, status == STATUS_OK ? "ok" : "");
    if (status == STATUS_OK)
        ck_assert_int_eq(message.u.HEARTBEAT.epoch, 5);
}
END_TEST

START_TEST(an_envelope_over_its_bound_is_refused)
{
    uint8_t *large = calloc(1, WIRE_ENVELOPE_MAX_BYTES + 1);
    struct message message;
    size_t body_size;

    memcpy(large, "\x99\x03\x00\x00\x00\x00\x00\xc4\x00\x00\x05", 11);
    ck_assert_int_eq(
        wire_decode(bytes_of(large, WIRE_ENVELOPE_MAX_BYTES + 1), &message, &body_size),
        STATUS_MALFORMED);
    free(large);
}
END_TEST

/* Reads a file whole; the caller frees. NULL: it is not there. */
static char *
read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    *size = 0;
    if (file != NULL) {
        *size = fread(text, 1, (1 << 20) - 1, file);
        fclose(file);
    }
    return text;
}

START_TEST(the_documentation_is_the_table)
{
    const char *root = getenv("RENTCACHE_SOURCE_DIR");
    char path[4096];
    char *described = NULL;
    size_t described_size, documented_size;
    FILE *out = open_memstream(&described, &described_size);

    wire_describe(out);
    fclose(out);
    snprintf(path, sizeof path, "%s/docs/messages.md", root != NULL ? root : ".");

    char *documented = read_file(path, &documented_size);

    ck_assert_uint_gt(described_size, 1000);
    ck_assert_msg(described_size == documented_size &&
                      memcmp(described, documented, described_size) == 0,
                  "docs/messages.md is not what wire_describe prints");
    free(documented);
    free(described);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("wire");
    TCase *table = tcase_create("table");
    TCase *codec = tcase_create("codec");

    for (size_t i = 0; i < sizeof filling; i++)
        filling[i] = (uint8_t)i;
    tcase_add_loop_test(table, every_member_of_a_struct_is_a_field, 0, MSG_COUNT);
    tcase_add_loop_test(table, every_message_has_a_name_a_meaning_and_two_ends, 0, MSG_COUNT);
    tcase_add_test(table, the_documentation_is_the_table);
    suite_add_tcase(suite, table);
    tcase_add_loop_test(codec, every_message_decodes_to_itself, 0, MSG_COUNT);
    tcase_add_loop_test(codec, no_prefix_and_no_longer_form_of_a_message_is_one, 0, MSG_COUNT);
    tcase_add_loop_test(codec, a_field_over_its_bound_is_not_sent, 0, MSG_COUNT);
    tcase_add_loop_test(codec, a_value_that_an_enum_or_a_flag_does_not_have_is_refused, 0,
                        MSG_COUNT);
    tcase_add_loop_test(codec, a_value_that_an_enum_does_not_have_is_not_sent, 0, MSG_COUNT);
    tcase_add_test(codec, every_status_is_sent_and_no_other);
    tcase_add_test(codec, a_kind_is_sent_by_its_sender_alone);
    tcase_add_test(codec, a_request_id_over_its_bound_is_not_sent);
    tcase_add_test(codec, a_request_that_is_late_still_has_a_deadline);
    tcase_add_test(codec, the_size_of_the_body_is_announced);
    tcase_add_loop_test(codec, inputs_are_refused_or_taken, 0, COUNT(input_cases));
    tcase_add_test(codec, an_envelope_over_its_bound_is_refused);
    suite_add_tcase(suite, codec);
    return suite;
}
