/* library_buffer.h - where the bytes of a connection lie and how many of them the server library takes for the head.
 *
 * The library (civetweb 1.15, 1.16) tells neither, and both are needed: it looks for the end of a head from the first byte
 * that it received, but for the head itself behind all white space, and behind what it received, too. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct library_buffer {
    struct bytes
        received;     /* on this connection and not answered yet, from the first byte of the head */
    size_t head_size; /* what of it is the head; 0: the library saw no end of it */
};

/* behind_info: what follows the library's public description of the request in its own of the connection. method: within the
 * buffer; NULL: none was read, and only a place that is known already helps. False: this is not how the library is known. */
bool library_buffer_find(const void *behind_info, const char *method, size_t capacity,
                         struct library_buffer *buffer);
