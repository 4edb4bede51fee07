/* stack_watermark.c - painting a stack below the frame at hand, and finding how far the paint is gone. */
#include "server/stack_watermark.h"

#include <pthread.h>

#include "base/log.h"
#include "base/sanitizer.h"

#define PAINT  0xa5
#define MARGIN 1024 /* of this function's own frame and what it calls */

static bool
find_bounds(struct stack_watermark *mark)
{
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return false;
    bool is_known = pthread_attr_getstack(&attributes, &low, &size) == 0;

    pthread_attr_destroy(&attributes);
    mark->low = low;
    mark->high = mark->low + size;
    return is_known;
}

void
stack_watermark_paint(struct stack_watermark *mark)
{
    volatile uint8_t here = 0;
    uintptr_t end = (uintptr_t)&here - MARGIN;

    *mark = (struct stack_watermark){0};
    if (SANITIZER_IS_ON || !find_bounds(mark) || end <= (uintptr_t)mark->low ||
        end >= (uintptr_t)mark->high)
        return;
    for (volatile uint8_t *byte = mark->low; (uintptr_t)byte < end; byte++)
        *byte = PAINT;
    mark->is_painted = true;
}

/* Bytes from the top down to the deepest one that was ever written. */
static size_t
stack_watermark_measure(const struct stack_watermark *mark)
{
    const volatile uint8_t *byte = mark->low;

    while (byte < mark->high && *byte == PAINT)
        byte++;
    return (size_t)(mark->high - byte);
}

void
stack_watermark_note(const struct stack_watermark *mark, struct stack_record *record)
{
    size_t used = mark->is_painted ? stack_watermark_measure(mark) : 0;
    size_t most = atomic_load(&record->used);

    while (used > most && !atomic_compare_exchange_weak(&record->used, &most, used))
        ;
    atomic_store(&record->size, (size_t)(mark->high - mark->low));
}

void
stack_record_log(struct stack_record *record, const char *name)
{
    if (atomic_load(&record->used) > 0)
        log_info("stacks of the %s workers: at most %zu of %zu bytes used", name,
                 atomic_load(&record->used), atomic_load(&record->size));
}
