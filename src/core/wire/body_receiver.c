/* body_receiver.c - large bodies on their way in: parts put together in order. */

#include "wire/body_receiver.h"

#include <assert.h>
#include <stdlib.h>

#include "base/queue.h"

struct assembly {
    LIST_ENTRY(assembly) link;
    struct body_address from;
    int64_t transfer_id;
    struct body_whole whole;
    int64_t next_number;
    int64_t credited; /* last part that a credit was sent for */
    int64_t moved_ms; /* when the last part came */
};

struct body_receiver {
    LIST_HEAD(, assembly) all;
    size_t count;
    size_t max_assemblies;
};

struct body_receiver *
body_receiver_create(size_t max_assemblies)
{
    struct body_receiver *receiver = calloc(1, sizeof *receiver);

    if (receiver != NULL)
        receiver->max_assemblies = max_assemblies;
    return receiver;
}

static void
body_receiver_drop(struct body_receiver *receiver, struct assembly *assembly)
{
    LIST_REMOVE(assembly, link);
    receiver->count--;
    blob_release(&assembly->whole.envelope);
    blob_release(&assembly->whole.body);
    free(assembly);
}

void
body_receiver_clear(struct body_receiver *receiver)
{
    struct assembly *assembly, *next;

    LIST_FOREACH_SAFE (assembly, &receiver->all, link, next)
        body_receiver_drop(receiver, assembly);
}

void
body_receiver_destroy(struct body_receiver **receiver)
{
    if (*receiver == NULL)
        return;
    body_receiver_clear(*receiver);
    free(*receiver);
    *receiver = NULL;
}

static struct assembly *
body_receiver_find(struct body_receiver *receiver, const struct body_address *from,
                   int64_t transfer_id)
{
    struct assembly *assembly;

    LIST_FOREACH (assembly, &receiver->all, link)
        if (assembly->transfer_id == transfer_id && body_address_equal(&assembly->from, from))
            return assembly;
    return NULL;
}

static struct assembly *
assembly_create(const struct body_address *from, int64_t transfer_id, struct bytes envelope,
                size_t body_size)
{
    struct assembly *assembly = calloc(1, sizeof *assembly);

    if (assembly == NULL)
        return NULL;
    assembly->from = *from;
    assembly->transfer_id = transfer_id;
    assembly->credited = -1;
    assembly->whole = (struct body_whole){blob_copy(envelope), blob_create(body_size)};
    return assembly;
}

enum status
body_receiver_begin(struct body_receiver *receiver, const struct body_address *from,
                    int64_t transfer_id, struct bytes envelope, size_t body_size,
                    struct bytes part0, int64_t now_ms)
{
    struct assembly *assembly = body_receiver_find(receiver, from, transfer_id);

    assert(body_size > BODY_PART_BYTES);
    if (assembly != NULL) {
        body_receiver_drop(receiver, assembly);
        return STATUS_MALFORMED;
    }
    if (part0.size != BODY_PART_BYTES)
        return STATUS_MALFORMED;
    if (receiver->count >= receiver->max_assemblies)
        return STATUS_NO_MEMORY;
    assembly = assembly_create(from, transfer_id, envelope, body_size);
    if (assembly == NULL)
        return STATUS_NO_MEMORY;
    LIST_INSERT_HEAD(&receiver->all, assembly, link);
    receiver->count++;
    if (assembly->whole.envelope == NULL || assembly->whole.body == NULL) {
        body_receiver_drop(receiver, assembly);
        return STATUS_NO_MEMORY;
    }
    memcpy(blob_writable(assembly->whole.body), part0.data, part0.size);
    assembly->next_number = 1;
    assembly->moved_ms = now_ms;
    return STATUS_OK;
}

/* Unlinks it without dropping what it holds. */
static void
take_whole(struct body_receiver *receiver, struct assembly *assembly, struct body_whole *whole)
{
    *whole = assembly->whole;
    assembly->whole = (struct body_whole){0};
    body_receiver_drop(receiver, assembly);
}

enum status
body_receiver_add(struct body_receiver *receiver, const struct body_address *from,
                  int64_t transfer_id, int64_t number, struct bytes part, int64_t now_ms,
                  struct body_whole *whole)
{
    struct assembly *assembly = body_receiver_find(receiver, from, transfer_id);

    if (assembly == NULL)
        return STATUS_NOT_FOUND;

    size_t body_size = blob_bytes(assembly->whole.body).size;

    if (number != assembly->next_number || part.size != body_part_size(body_size, number)) {
        body_receiver_drop(receiver, assembly);
        return STATUS_MALFORMED;
    }
    memcpy(blob_writable(assembly->whole.body) + (size_t)number * BODY_PART_BYTES, part.data,
           part.size);
    assembly->next_number++;
    assembly->moved_ms = now_ms;
    if (assembly->next_number < body_part_count(body_size))
        return STATUS_NOT_READY;
    take_whole(receiver, assembly, whole);
    return STATUS_OK;
}

bool
body_receiver_next_credit(struct body_receiver *receiver, struct body_credit_due *credit)
{
    const struct assembly *assembly;

    LIST_FOREACH (assembly, &receiver->all, link)
        if (assembly->credited != assembly->next_number - 1)
            break;
    if (assembly == NULL)
        return false;
    *credit = (struct body_credit_due){
        .to = assembly->from,
        .transfer_id = assembly->transfer_id,
        .number = assembly->next_number - 1,
    };
    return true;
}

void
body_receiver_credited(struct body_receiver *receiver, const struct body_credit_due *credit)
{
    struct assembly *assembly = body_receiver_find(receiver, &credit->to, credit->transfer_id);

    if (assembly != NULL)
        assembly->credited = credit->number;
}

size_t
body_receiver_expire(struct body_receiver *receiver, int64_t now_ms)
{
    struct assembly *assembly, *next;
    size_t before = receiver->count;

    LIST_FOREACH_SAFE (assembly, &receiver->all, link, next)
        if (now_ms - assembly->moved_ms >= BODY_STALE_MS)
            body_receiver_drop(receiver, assembly);
    return before - receiver->count;
}

size_t
body_receiver_count(const struct body_receiver *receiver)
{
    return receiver->count;
}
