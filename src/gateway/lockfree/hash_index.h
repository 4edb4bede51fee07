/* hash_index.h - a hash table that any thread reads without a lock while one thread at a time
 * writes it.
 *
 * It maps a 64-bit hash to a pointer; what is equal the caller says. Values stay the caller's: who
 * removes or replaces one retires it by the same epoch domain. A value that is in the index is
 * found by every reader, also while it is replaced by another and while the table grows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lockfree/epoch.h"

struct hash_index;

/* What one entry costs beside its value, about. */
#define HASH_INDEX_ENTRY_SIZE 48

typedef bool hash_index_is_equal(const void *value, const void *key);
typedef void hash_index_visit(void *context, void *value);

/* NULL: no memory. */
struct hash_index *hash_index_create(struct epoch_domain *epochs);
/* No reader left. visit (may be NULL) gets every value still in it. */
void hash_index_destroy(struct hash_index **index, hash_index_visit *visit, void *context);

/* Reader, pinned; or the writer. NULL: there is none. */
void *hash_index_find(const struct hash_index *index, uint64_t hash, hash_index_is_equal *is_equal,
                      const void *key);

/* Writers: one at a time, by a lock of the caller. */
/* value is not in it. False: no memory, nothing changed. */
bool hash_index_insert(struct hash_index *index, uint64_t hash, void *value);
/* old is in it with that hash: readers find either old or value. */
void hash_index_replace(struct hash_index *index, uint64_t hash, const void *old, void *value);
/* value is in it with that hash. */
void hash_index_remove(struct hash_index *index, uint64_t hash, const void *value);
/* visit may remove or replace the value that it gets, no other. */
void hash_index_each(struct hash_index *index, hash_index_visit *visit, void *context);
/* The same in steps, from *cursor (0 at first) on: a step ends where visit says false, and the next one begins with the
 * chain of that value. False: the end was not reached. A value that stays in the index is visited, however it grows. */
typedef bool hash_index_step(void *context, void *value);
bool hash_index_walk(const struct hash_index *index, size_t *cursor, hash_index_step *step,
                     void *context);
/* Any thread. */
size_t hash_index_count(const struct hash_index *index);
