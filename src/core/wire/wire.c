/* wire.c - one encoder and one decoder for every message, bounded in both directions.
 *
 * Packing is msgpack-c's; reading is our own cursor, wire_reader.h says why. */

#include "actor/wire.h"

#include <assert.h>
#include <msgpack.h>

#include "wire/wire_reader.h"

/* version, kind, sender, correlation_id, status, time_left_ms, request_id, body_size */
enum { HEAD_FIELDS = 8 };

/* Where packed bytes go; a sink without memory only counts them. */
struct sink {
    uint8_t *to;
    size_t size;
};

static int
sink_write(void *context, const char *data, size_t size)
{
    struct sink *sink = context;

    if (sink->to != NULL)
        memcpy(sink->to + sink->size, data, size);
    sink->size += size;
    return 0;
}

static void
pack_bytes(msgpack_packer *packer, struct bytes bytes)
{
    msgpack_pack_bin(packer, bytes.size);
    if (bytes.size > 0)
        msgpack_pack_bin_body(packer, bytes.data, bytes.size);
}

static void
pack_head(msgpack_packer *packer, const struct message *message)
{
    int64_t time_left_ms = message->time_left_ms >= 0 ? message->time_left_ms : 1;

    msgpack_pack_int(packer, MESSAGE_VERSION);
    msgpack_pack_int(packer, (int)message->kind);
    msgpack_pack_int(packer, (int)message->sender);
    msgpack_pack_uint64(packer, message->correlation_id);
    msgpack_pack_int(packer, (int)message->status);
    msgpack_pack_int64(packer, time_left_ms);
    pack_bytes(packer, message->request_id);
    msgpack_pack_uint64(packer, blob_bytes(message->body).size);
}

static const void *
member_of(const struct message *message, const struct field *field)
{
    return (const uint8_t *)&message->u + field->offset;
}

/* Of a field that is no FIELD_BYTES. The table has checked that enums are unsigned int. */
static int64_t
number_at(const struct field *field, const void *member)
{
    switch (field->type) {
    case FIELD_FLAG:
        return *(const bool *)member;
    case FIELD_ENUM:
        return *(const unsigned *)member;
    default:
        return *(const int64_t *)member;
    }
}

static size_t
wire_pack(const struct message *message, uint8_t *to)
{
    const struct schema *schema = message_schema(message->kind);
    struct sink sink = {.to = to};
    msgpack_packer packer;

    msgpack_packer_init(&packer, &sink, sink_write);
    msgpack_pack_array(&packer, HEAD_FIELDS + schema->field_count);
    pack_head(&packer, message);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const void *member = member_of(message, field);

        if (field->type == FIELD_BYTES)
            pack_bytes(&packer, *(const struct bytes *)member);
        else
            msgpack_pack_int64(&packer, number_at(field, member));
    }
    return sink.size;
}

static bool
may_send(enum actor_id sender, enum message_kind kind)
{
    enum actor_id allowed = message_sender(kind);

    return sender >= 0 && sender < ACTOR_COUNT && (allowed == ACTOR_ANY || allowed == sender);
}

/* Whether a flag or an enum has such a value; every number is one. */
static bool
is_value(const struct field *field, int64_t number)
{
    return field->type == FIELD_INT || (number >= 0 && number < field->value_count);
}

static bool
is_within_bounds(const struct message *message)
{
    const struct schema *schema = message_schema(message->kind);

    if (message->request_id.size >= MESSAGE_REQUEST_ID_SIZE || !status_is_known(message->status))
        return false;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const void *member = member_of(message, field);

        if (field->type == FIELD_BYTES ? ((const struct bytes *)member)->size > field->max_bytes
                                       : !is_value(field, number_at(field, member)))
            return false;
    }
    return true;
}

/* Memory of an envelope with a secret in it. */
struct wiped {
    size_t size;
    uint8_t bytes[];
};

static void
wipe_and_free(void *owner)
{
    struct wiped *wiped = owner;

    explicit_bzero(wiped->bytes, wiped->size);
    free(wiped);
}

static struct blob *
pack_secret(const struct message *message, size_t size)
{
    struct wiped *wiped = malloc(sizeof *wiped + size);
    struct blob *envelope;

    if (wiped == NULL)
        return NULL;
    wiped->size = size;
    wire_pack(message, wiped->bytes);
    envelope = blob_wrap(bytes_of(wiped->bytes, size), wipe_and_free, wiped);
    if (envelope == NULL)
        wipe_and_free(wiped);
    return envelope;
}

static bool
has_secret(const struct message *message)
{
    const struct schema *schema = message_schema(message->kind);

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];

        if (field->is_secret && ((const struct bytes *)member_of(message, field))->size > 0)
            return true;
    }
    return false;
}

void
wire_wipe(const struct message *message)
{
    const struct schema *schema = message_schema(message->kind);

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const struct bytes *member = member_of(message, field);

        if (field->is_secret && member->size > 0)
            explicit_bzero((uint8_t *)(uintptr_t)member->data, member->size);
    }
}

enum status
wire_encode(const struct message *message, struct blob **envelope)
{
    *envelope = NULL;
    assert(message->kind >= 0 && message->kind < MSG_COUNT);
    if (!may_send(message->sender, message->kind) || !is_within_bounds(message))
        return STATUS_MALFORMED;

    size_t size = wire_pack(message, NULL);

    if (size > WIRE_ENVELOPE_MAX_BYTES)
        return STATUS_MALFORMED;
    if (has_secret(message)) {
        *envelope = pack_secret(message, size);
        return *envelope != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    }
    *envelope = blob_create(size);
    if (*envelope == NULL)
        return STATUS_NO_MEMORY;
    wire_pack(message, blob_writable(*envelope));
    return STATUS_OK;
}

static bool
read_head(struct wire_reader *reader, struct message *message, size_t *body_size)
{
    uint64_t version, kind, sender, size;
    int64_t status;

    if (!wire_read_uint(reader, &version) || version != MESSAGE_VERSION)
        return false;
    if (!wire_read_uint(reader, &kind) || kind >= MSG_COUNT)
        return false;
    if (!wire_read_uint(reader, &sender) || sender >= ACTOR_COUNT)
        return false;
    message->kind = (enum message_kind)kind;
    message->sender = (enum actor_id)sender;
    if (!wire_read_uint(reader, &message->correlation_id) || !wire_read_int(reader, &status) ||
        !status_is_known(status))
        return false;
    message->status = (enum status)status;
    if (!wire_read_int(reader, &message->time_left_ms) || message->time_left_ms < 0)
        return false;
    if (!wire_read_bytes(reader, MESSAGE_REQUEST_ID_SIZE - 1, &message->request_id))
        return false;
    if (!wire_read_uint(reader, &size) || size > SIZE_MAX)
        return false;
    *body_size = (size_t)size;
    return may_send(message->sender, message->kind);
}

static bool
read_field(struct wire_reader *reader, const struct field *field, void *member)
{
    int64_t number;

    if (field->type == FIELD_BYTES)
        return wire_read_bytes(reader, field->max_bytes, member);
    if (!wire_read_int(reader, &number) || !is_value(field, number))
        return false;
    if (field->type == FIELD_FLAG)
        *(bool *)member = number == 1;
    else if (field->type == FIELD_ENUM)
        *(unsigned *)member = (unsigned)number;
    else
        *(int64_t *)member = number;
    return true;
}

static bool
read_fields(struct wire_reader *reader, const struct schema *schema, struct message *message)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];

        if (!read_field(reader, field, (uint8_t *)&message->u + field->offset))
            return false;
    }
    return wire_reader_at_end(reader);
}

enum status
wire_decode(struct bytes envelope, struct message *message, size_t *body_size)
{
    struct wire_reader reader = wire_reader_of(envelope);
    size_t count;

    message->body = NULL;
    *body_size = 0;
    if (envelope.size > WIRE_ENVELOPE_MAX_BYTES || !wire_read_array(&reader, &count))
        return STATUS_MALFORMED;
    if (!read_head(&reader, message, body_size))
        return STATUS_MALFORMED;

    const struct schema *schema = message_schema(message->kind);

    if (count != HEAD_FIELDS + schema->field_count || !read_fields(&reader, schema, message))
        return STATUS_MALFORMED;
    return STATUS_OK;
}

static void
describe_field(const struct field *field, FILE *out)
{
    switch (field->type) {
    case FIELD_INT:
        fprintf(out, "| `%s` | integer | |\n", field->name);
        break;
    case FIELD_FLAG:
        fprintf(out, "| `%s` | 0 or 1 | |\n", field->name);
        break;
    case FIELD_ENUM:
        fprintf(out, "| `%s` | `enum %s`, below %u | |\n", field->name, field->enum_tag,
                field->value_count);
        break;
    case FIELD_BYTES:
        fprintf(out, "| `%s` | bytes, at most %zu | %s |\n", field->name, field->max_bytes,
                field->is_secret ? "secret: never logged, stored or dumped" : "");
        break;
    }
}

static void
describe_message(enum message_kind kind, FILE *out)
{
    const struct schema *schema = message_schema(kind);

    fprintf(out, "\n## %s\n\nNumber %d, from %s to %s. %s\n\n", message_kind_name(kind), (int)kind,
            actor_id_name(message_sender(kind)), actor_id_name(message_receiver(kind)),
            message_meaning(kind));
    if (schema->field_count > 0)
        fprintf(out, "| field | type | |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < schema->field_count; i++)
        describe_field(&schema->fields[i], out);
}

void
wire_describe(FILE *out)
{
    fprintf(
        out,
        "# Messages between actors\n\n"
        "Made from the table in `src/core/wire/messages.c`; what fields mean stands in "
        "`include/messages.h`.\n\n"
        "A message is one frame, a msgpack array `[version, kind, sender, correlation_id, "
        "status, time_left_ms, request_id, body_size, fields...]`, and a second frame with the raw "
        "body where `body_size` is above 0. Version %d; an envelope has at most %d bytes, "
        "`request_id` at most %d. `status` is a reply's `enum status`, 0 in other messages. "
        "Anything else is dropped and counted.\n\n"
        "A body above 256 KiB goes in parts: the first message has three frames (envelope, "
        "BODY_CHUNK with number 0, bytes), the others are BODY_CHUNK messages. At most 4 parts "
        "are on their way; each BODY_CREDIT makes room.\n\n"
        "| number | message | from | to |\n| --- | --- | --- | --- |\n",
        MESSAGE_VERSION, WIRE_ENVELOPE_MAX_BYTES, MESSAGE_REQUEST_ID_SIZE - 1);
    for (int kind = 0; kind < MSG_COUNT; kind++)
        fprintf(out, "| %d | %s | %s | %s |\n", kind, message_kind_name((enum message_kind)kind),
                actor_id_name(message_sender((enum message_kind)kind)),
                actor_id_name(message_receiver((enum message_kind)kind)));
    for (int kind = 0; kind < MSG_COUNT; kind++)
        describe_message((enum message_kind)kind, out);
}
