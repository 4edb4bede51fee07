/* window.c - a ring of parts, each in one word with the round of the ring that it is of. Pure.
 *
 * Life of a part: begun by the first thread that sees its time, which clears the word of the part a ring ago -> newest ->
 * behind others, until its word is needed again. Its tokens leave `used` only after `newest` has moved on, and whoever
 * takes reads `newest` again once it has its tokens: so they are counted in a part that is not older than the room they
 * were given. Between the two steps `used` is too large, never too small. */

#include "access/window.h"

#include <assert.h>
#include <string.h>

enum { NS_PER_MS = 1000000, RING = WINDOW_PARTS + 1, COUNT_BITS = 30 };

#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1) /* a rate has at most 1,000,000,000 */

static _Atomic uint64_t *
word_of(struct window *window, int64_t part)
{
    return &window->parts[part % RING];
}

static bool
is_of(uint64_t word, int64_t part)
{
    return word >> COUNT_BITS == (uint64_t)(part / RING);
}

static int64_t
window_count(struct window *window, int64_t part)
{
    uint64_t word =
        part >= 0 ? atomic_load_explicit(word_of(window, part), memory_order_acquire) : 0;

    return part >= 0 && is_of(word, part) ? (int64_t)(word & COUNT_MASK) : 0;
}

void
window_init(struct window *window, int64_t period_ms)
{
    memset(window, 0, sizeof *window);
    window->part_ns = (period_ms * NS_PER_MS + WINDOW_PARTS - 1) / WINDOW_PARTS;
}

/* Whoever clears the word gets what the part a ring ago held; the others get 0. */
static int64_t
begin_part(struct window *window, int64_t part)
{
    _Atomic uint64_t *at = word_of(window, part);
    uint64_t round = (uint64_t)(part / RING);
    uint64_t word = atomic_load_explicit(at, memory_order_acquire);

    while (word >> COUNT_BITS < round)
        if (atomic_compare_exchange_weak_explicit(at, &word, round << COUNT_BITS,
                                                  memory_order_acq_rel, memory_order_acquire))
            return (int64_t)(word & COUNT_MASK);
    return 0;
}

/* Moves on to the part of now_ns, if that is later. */
static void
window_advance(struct window *window, int64_t now_ns)
{
    int64_t part = now_ns / window->part_ns;
    int64_t newest = atomic_load_explicit(&window->newest, memory_order_acquire);
    int64_t freed = 0;

    if (part <= newest)
        return;
    for (int64_t begun = part - newest > RING ? part - RING + 1 : newest + 1; begun <= part;
         begun++)
        freed += begin_part(window, begun);
    while (newest < part &&
           !atomic_compare_exchange_weak_explicit(&window->newest, &newest, part,
                                                  memory_order_acq_rel, memory_order_acquire))
        ;
    if (freed > 0)
        atomic_fetch_sub_explicit(&window->used, freed, memory_order_acq_rel);
}

/* In the newest part, which is returned. */
static int64_t
add_to_newest(struct window *window, int64_t tokens)
{
    for (;;) {
        int64_t part = atomic_load_explicit(&window->newest, memory_order_acquire);
        _Atomic uint64_t *at = word_of(window, part);
        uint64_t word = atomic_load_explicit(at, memory_order_acquire);

        while (is_of(word, part))
            if (atomic_compare_exchange_weak_explicit(at, &word, word + (uint64_t)tokens,
                                                      memory_order_acq_rel, memory_order_acquire))
                return part;
    }
}

static int64_t
until_forgotten_ms(const struct window *window, int64_t part, int64_t now_ns)
{
    int64_t wait_ns = (part + RING) * window->part_ns - now_ns;

    return wait_ns > NS_PER_MS ? (wait_ns + NS_PER_MS - 1) / NS_PER_MS : 1;
}

/* excess: how many tokens must be forgotten first. */
static struct bucket_result
window_refuse(struct window *window, int64_t remaining, int64_t excess, int64_t now_ns)
{
    int64_t newest = atomic_load_explicit(&window->newest, memory_order_acquire);
    int64_t enough = newest, last = newest - WINDOW_PARTS;
    bool is_enough = false;

    for (int64_t part = newest - WINDOW_PARTS; part <= newest; part++) {
        int64_t count = window_count(window, part);

        excess -= count;
        if (!is_enough && excess <= 0) {
            is_enough = true;
            enough = part;
        }
        if (count > 0)
            last = part;
    }
    return (struct bucket_result){
        .is_admitted = false,
        .remaining = remaining > 0 ? remaining : 0,
        .retry_after_ms = until_forgotten_ms(window, enough, now_ns),
        .reset_ms = until_forgotten_ms(window, last, now_ns),
    };
}

struct bucket_result
window_take(struct window *window, const struct rate *rate, int64_t tokens, int64_t now_ns,
            int64_t *part)
{
    /* More than ever fits is refused as one more than fits: no time is long enough. */
    int64_t asked = tokens <= rate->count ? tokens : rate->count + 1;
    int64_t used;

    assert(tokens >= 1 && rate->count >= 1 && now_ns > 0);
    window_advance(window, now_ns);
    used = atomic_load_explicit(&window->used, memory_order_acquire);
    do {
        if (used + asked > rate->count)
            return window_refuse(window, rate->count - used, used + asked - rate->count, now_ns);
    } while (!atomic_compare_exchange_weak_explicit(&window->used, &used, used + asked,
                                                    memory_order_acq_rel, memory_order_acquire));
    *part = add_to_newest(window, asked);
    return (struct bucket_result){
        .is_admitted = true,
        .remaining = rate->count - used - asked,
        .reset_ms = until_forgotten_ms(window, *part, now_ns),
    };
}

void
window_give_back(struct window *window, int64_t tokens, int64_t part)
{
    _Atomic uint64_t *at = word_of(window, part);
    uint64_t word = atomic_load_explicit(at, memory_order_acquire);

    while (is_of(word, part)) {
        if (atomic_compare_exchange_weak_explicit(at, &word, word - (uint64_t)tokens,
                                                  memory_order_acq_rel, memory_order_acquire)) {
            atomic_fetch_sub_explicit(&window->used, tokens, memory_order_acq_rel);
            return;
        }
    }
}

int64_t
window_read(struct window *window, int64_t now_ns, struct window_counts *counts)
{
    int64_t total = 0;

    window_advance(window, now_ns);
    counts->part_ns = window->part_ns;
    counts->newest = atomic_load_explicit(&window->newest, memory_order_acquire);
    for (int64_t i = 0; i < RING; i++) {
        counts->used[i] = (int32_t)window_count(window, counts->newest - i);
        total += counts->used[i];
    }
    return total;
}

/* Of a part that is begun; one that is forgotten meanwhile needs nothing. */
static void
raise_part(struct window *window, int64_t part, int64_t count)
{
    _Atomic uint64_t *at = word_of(window, part);
    uint64_t word = atomic_load_explicit(at, memory_order_acquire);

    while (is_of(word, part) && (int64_t)(word & COUNT_MASK) < count) {
        int64_t missing = count - (int64_t)(word & COUNT_MASK);

        /* First used: it is never less than the parts hold. */
        atomic_fetch_add_explicit(&window->used, missing, memory_order_acq_rel);
        if (atomic_compare_exchange_strong_explicit(at, &word, word + (uint64_t)missing,
                                                    memory_order_acq_rel, memory_order_acquire))
            return;
        atomic_fetch_sub_explicit(&window->used, missing, memory_order_acq_rel);
    }
}

void
window_raise(struct window *window, const struct window_counts *counts, int64_t now_ns)
{
    int64_t newest, in_newest = 0;

    window_advance(window, now_ns);
    newest = atomic_load_explicit(&window->newest, memory_order_acquire);
    for (int64_t i = 0; i < RING; i++) {
        int64_t part = counts->newest - i;

        if (counts->part_ns != window->part_ns || part >= newest)
            in_newest += counts->used[i];
        else if (part > newest - RING)
            raise_part(window, part, counts->used[i]);
    }
    raise_part(window, newest, in_newest < (int64_t)COUNT_MASK ? in_newest : (int64_t)COUNT_MASK);
}
