/* thread_slots.h - what each thread of a listener does: it answers, it waits for its connection's next request, or it has none.
 *
 * A slot belongs to its thread. What its thread stores at each request is atomic, on a line of its own, so that threads do not
 * fight over it; the lock is taken when a connection begins or ends, and to end another thread's one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thread_slots;
struct thread_slot;

/* NULL: no memory. */
struct thread_slots *thread_slots_create(int64_t count);
void thread_slots_destroy(struct thread_slots **slots);

/* For a new thread; at most as often as there are slots. */
struct thread_slot *thread_slots_take(struct thread_slots *slots);
/* The thread has a connection, whose descriptor is file (-1: not known), until thread_slot_disconnect. */
void thread_slot_connect(struct thread_slots *slots, struct thread_slot *slot, int file,
                         int64_t now_ms);
void thread_slot_disconnect(struct thread_slots *slots, struct thread_slot *slot);
void thread_slot_begin(struct thread_slot *slot); /* a request is answered ... */
void thread_slot_end(struct thread_slot *slot, int64_t now_ms);

/* -1: the thread has no connection, or it is not known. */
int thread_slot_file(const struct thread_slot *slot);
/* Another connection needed the thread: what the client had sent until then is read, nothing more. */
bool thread_slot_is_given_up(const struct thread_slot *slot);

int64_t thread_slots_connected(const struct thread_slots *slots);
bool thread_slots_are_answering(const struct thread_slots *slots);
/* Ends the connection that has waited longest for its client, not the one of `except`. False: none waits. */
bool thread_slots_give_up_idle(struct thread_slots *slots, const struct thread_slot *except);
