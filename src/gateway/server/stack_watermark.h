/* stack_watermark.h - how deep a thread's stack ever was: painted at the thread's start, looked at at its end.
 *
 * The server library gives its threads 102,400 bytes, in which the thread-local variables of the program lie as well.
 * Painting touches every page, so it is for tests alone. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stack_watermark {
    uint8_t *low;  /* the lowest byte that may be used */
    uint8_t *high; /* behind the highest */
    bool is_painted;
};

/* The deepest of several threads, which may end at the same time. */
struct stack_record {
    _Atomic size_t used;
    _Atomic size_t size;
};

/* Of the calling thread. Does nothing where a sanitizer keeps frames elsewhere. */
void stack_watermark_paint(struct stack_watermark *mark);
/* At the end of the thread that painted it: how deep it ever was goes to *record. */
void stack_watermark_note(const struct stack_watermark *mark, struct stack_record *record);
/* "stacks of the NAME workers: at most N of M bytes used", if any was painted. */
void stack_record_log(struct stack_record *record, const char *name);
