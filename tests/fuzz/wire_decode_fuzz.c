/* wire_decode_fuzz.c - any bytes as an envelope: refused, or a message that encodes to what decodes to it again. */
/* links: core/wire/wire.c core/wire/wire_reader.c core/wire/messages.c core/base/blob.c core/domain/status.c */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of a message lie within the envelope that it was decoded from, within their bounds; its enums and flags have
 * values of their own. */
static void
check_fields(struct bytes envelope, const struct message *message)
{
    const struct schema *schema = message_schema(message->kind);

    assert(status_is_known(message->status));
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const uint8_t *member = (const uint8_t *)&message->u + field->offset;

        if (field->type == FIELD_ENUM) {
            assert(*(const unsigned *)(const void *)member < field->value_count);
        } else if (field->type == FIELD_FLAG) {
            assert(*member <= 1);
        } else if (field->type == FIELD_BYTES) {
            const struct bytes *bytes = (const void *)member;

            assert(bytes->size <= field->max_bytes);
            assert(bytes->data >= envelope.data);
            assert(bytes->data + bytes->size <= envelope.data + envelope.size);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_of(data, size);
    struct message message, again;
    struct blob *first, *second;
    size_t body_size;

    if (wire_decode(input, &message, &body_size) != STATUS_OK)
        return 0;
    check_fields(input, &message);
    assert(message.body == NULL);

    enum status status = wire_encode(&message, &first);

    assert(status == STATUS_OK);
    status = wire_decode(blob_bytes(first), &again, &body_size);
    assert(status == STATUS_OK && body_size == 0);
    status = wire_encode(&again, &second);
    assert(status == STATUS_OK);
    assert(bytes_equal(blob_bytes(first), blob_bytes(second)));
    blob_release(&first);
    blob_release(&second);
    return 0;
}
