/* queue.h - the lists of <sys/queue.h>, and the loops in which the current element may be removed, as the BSDs have them. */
#pragma once

#include <sys/queue.h>

#define LIST_FOREACH_SAFE(item, head, link, next)                                                  \
    for ((item) = LIST_FIRST(head); (item) != NULL && ((next) = LIST_NEXT(item, link), true);      \
         (item) = (next))

#define TAILQ_FOREACH_SAFE(item, head, link, next)                                                 \
    for ((item) = TAILQ_FIRST(head); (item) != NULL && ((next) = TAILQ_NEXT(item, link), true);    \
         (item) = (next))
