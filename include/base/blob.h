/* blob.h - an immutable, counted buffer that may be shared between threads.
 *
 * Life: created (one reference, writable by its creator alone) -> shared (immutable) -> last release frees
 * it. The count is atomic; bytes are never written after the first blob_hold or send. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct blob;

typedef void blob_free_function(void *owner);

/* NULL when memory for size bytes is not to be had (size comes from outside, so this is no bug). */
struct blob *blob_create(size_t size);
struct blob *blob_copy(struct bytes from);
/* Wraps memory that somebody else owns; free_owner(owner) runs at the last release, on any thread. */
struct blob *blob_wrap(struct bytes memory, blob_free_function *free_owner, void *owner);

struct blob *blob_hold(struct blob *blob); /* one more reference; NULL stays NULL */
void blob_release(struct blob **blob);     /* drops one, sets *blob to NULL; NULL-safe */

struct bytes blob_bytes(const struct blob *blob); /* of NULL: empty */
uint8_t *blob_writable(struct blob *blob);        /* creator only, before it is shared */
