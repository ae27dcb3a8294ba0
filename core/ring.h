/* ring.h - single-producer single-consumer queue of pointers.
 *
 * It is the only thing that two threads share. When it is full, drop and count,
 * never wait. Pushing gives the item away. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { RING_SLOTS = 4096 };	/* a power of two */

typedef struct ring {
	_Alignas(64) _Atomic size_t head;	/* producer writes */
	_Alignas(64) _Atomic size_t tail;	/* consumer writes */
	_Alignas(64) void *slot[RING_SLOTS];
} ring;

/* Producer thread only. False if full: count it, never wait. */
static inline bool ring_push(ring *r, void *item)
{
	size_t h = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t t = atomic_load_explicit(&r->tail, memory_order_acquire);

	if (h - t == RING_SLOTS)
		return false;
	r->slot[h % RING_SLOTS] = item;
	atomic_store_explicit(&r->head, h + 1, memory_order_release);
	return true;
}

/* Consumer thread only. NULL if empty. */
static inline void *ring_pop(ring *r)
{
	size_t t = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t h = atomic_load_explicit(&r->head, memory_order_acquire);
	void *item;

	if (h == t)
		return NULL;
	item = r->slot[t % RING_SLOTS];
	atomic_store_explicit(&r->tail, t + 1, memory_order_release);
	return item;
}

/* Either thread, and roughly: the other one goes on meanwhile. */
static inline size_t ring_held(const ring *r)
{
	const size_t t = atomic_load_explicit(&r->tail, memory_order_relaxed);

	return atomic_load_explicit(&r->head, memory_order_relaxed) - t;
}
