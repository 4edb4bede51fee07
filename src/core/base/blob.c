/* blob.c - an immutable, counted buffer that may be shared between threads. */

#include "base/blob.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

struct blob {
    atomic_size_t references;
    struct bytes bytes;
    blob_free_function *free_owner; /* NULL: the bytes follow this struct */
    void *owner;
    uint8_t own[];
};

struct blob *
blob_create(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct blob))
        return NULL;

    struct blob *blob = malloc(sizeof *blob + size);

    if (blob == NULL)
        return NULL;
    atomic_init(&blob->references, 1);
    blob->bytes = bytes_of(blob->own, size);
    blob->free_owner = NULL;
    blob->owner = NULL;
    return blob;
}

struct blob *
blob_copy(struct bytes from)
{
    struct blob *blob = blob_create(from.size);

    if (blob != NULL && from.size > 0)
        memcpy(blob->own, from.data, from.size);
    return blob;
}

struct blob *
blob_wrap(struct bytes memory, blob_free_function *free_owner, void *owner)
{
    struct blob *blob = blob_create(0);

    assert(free_owner != NULL);
    if (blob == NULL)
        return NULL;
    blob->bytes = memory;
    blob->free_owner = free_owner;
    blob->owner = owner;
    return blob;
}

struct blob *
blob_hold(struct blob *blob)
{
    if (blob != NULL)
        atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
    return blob;
}

void
blob_release(struct blob **blob)
{
    struct blob *dropped = *blob;

    *blob = NULL;
    if (dropped == NULL)
        return;

    size_t before = atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel);

    assert(before > 0);
    if (before > 1)
        return;
    if (dropped->free_owner != NULL)
        dropped->free_owner(dropped->owner);
    free(dropped);
}

struct bytes
blob_bytes(const struct blob *blob)
{
    return blob != NULL ? blob->bytes : (struct bytes){0};
}

uint8_t *
blob_writable(struct blob *blob)
{
    assert(blob->free_owner == NULL);
    assert(atomic_load_explicit(&blob->references, memory_order_relaxed) == 1);
    return blob->own;
}
