/* epoch.h - memory that readers use without a lock and writers retire: epoch-based reclamation.
 *
 * A reader pins (epoch_enter), follows pointers loaded with acquire, unpins (epoch_leave); it never
 * blocks and writes only its own slot. A writer unlinks an object, then retires it: its free
 * function runs once no reader that could have seen it is still pinned. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct epoch_domain;
struct epoch_slot; /* one per reader thread */

/* slot_count: most reader threads at once. */
struct epoch_domain *epoch_domain_create(size_t slot_count);
/* No reader left; frees all that is retired. */
void epoch_domain_destroy(struct epoch_domain **domain);

/* NULL when all slots are taken. Thread-safe. */
struct epoch_slot *epoch_slot_take(struct epoch_domain *domain);
void epoch_slot_give(struct epoch_slot **slot);

void epoch_enter(struct epoch_slot *slot);
void epoch_leave(struct epoch_slot *slot);

/* Thread-safe; may run free functions of older retirees on this thread. */
void epoch_retire(struct epoch_domain *domain, void *object, void (*free_object)(void *));
/* Frees what can be freed now. */
void epoch_reclaim(struct epoch_domain *domain);
