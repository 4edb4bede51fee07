/* library_buffer.c - the buffer's pointer is found by what it points to and by the three sizes that stand behind it. */
#include "server/library_buffer.h"

#include <stdatomic.h>
#include <stdint.h>

#define SEARCHED_BYTES 2048 /* the library's description of a response comes first */
#define SIZES_WITHIN   64   /* of the pointer */

/* capacity, size of the head, received bytes: in this order */
struct buffer_sizes {
    int capacity;
    int head;
    int received;
};

struct buffer_place {
    size_t pointer, sizes; /* offsets behind the public description; sizes 0: not known yet */
};

static const char *
read_pointer(const char *from, size_t at)
{
    const char *pointer;

    memcpy(&pointer, from + at, sizeof pointer);
    return pointer;
}

static struct buffer_sizes
read_sizes(const char *from, size_t at)
{
    struct buffer_sizes sizes;

    memcpy(&sizes, from + at, sizeof sizes);
    return sizes;
}

static bool
is_plausible(const struct buffer_sizes *sizes, size_t capacity)
{
    return sizes->capacity >= 0 && (size_t)sizes->capacity == capacity &&
           sizes->head <= sizes->received && sizes->received >= 0 &&
           sizes->received <= sizes->capacity;
}

/* Where the sizes stand behind the pointer at `pointer`; 0: nowhere, so that it is another pointer. */
static size_t
search_sizes(const char *from, size_t pointer, size_t capacity)
{
    for (size_t at = pointer + sizeof(char *); at < pointer + SIZES_WITHIN; at += sizeof(int)) {
        struct buffer_sizes sizes = read_sizes(from, at);

        if (is_plausible(&sizes, capacity))
            return at;
    }
    return 0;
}

static bool
search_place(const char *from, const char *method, size_t capacity, struct buffer_place *place)
{
    for (size_t at = 0; at < SEARCHED_BYTES; at += sizeof(char *)) {
        uintptr_t start = (uintptr_t)read_pointer(from, at);

        if (start == 0 || (uintptr_t)method < start || (uintptr_t)method - start >= capacity)
            continue;
        *place = (struct buffer_place){at, search_sizes(from, at, capacity)};
        if (place->sizes != 0)
            return true;
    }
    return false;
}

/* The same for every connection of this process. Offsets are small: both go into one word. */
static bool
find_place(const char *from, const char *method, size_t capacity, struct buffer_place *place)
{
    static _Atomic uint64_t known;
    uint64_t word = atomic_load_explicit(&known, memory_order_relaxed);

    *place = (struct buffer_place){word >> 32, word & UINT32_MAX};
    if (word != 0)
        return true;
    if (method == NULL || !search_place(from, method, capacity, place))
        return false;
    atomic_store_explicit(&known, (uint64_t)place->pointer << 32 | place->sizes,
                          memory_order_relaxed);
    return true;
}

bool
library_buffer_find(const void *behind_info, const char *method, size_t capacity,
                    struct library_buffer *buffer)
{
    struct buffer_place place;
    struct buffer_sizes sizes;
    const char *start;

    if (!find_place(behind_info, method, capacity, &place))
        return false;
    start = read_pointer(behind_info, place.pointer);
    sizes = read_sizes(behind_info, place.sizes);
    if (start == NULL || !is_plausible(&sizes, capacity))
        return false;
    buffer->received = bytes_of(start, (size_t)sizes.received);
    buffer->head_size = sizes.head > 0 ? (size_t)sizes.head : 0;
    return true;
}
