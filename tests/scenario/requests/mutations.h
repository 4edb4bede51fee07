/* mutations.h - good requests, and how a few of their bytes are changed. */
#pragma once

#include <stdlib.h>
#include <string.h>

static const char *const bases[] = {
    "GET /livez HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX-Request-ID: abc\r\n\r\n",
    "GET /api/v1/properties?city=Austin&state=TX HTTP/1.1\r\nHost: a.example:8000\r\nUser-Agent: "
    "t\r\n\r\n",
    "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde",
    "POST /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "GET /api/v1/properties HTTP/1.0\r\nConnection: keep-alive\r\nAuthorization: Bearer "
    "rc_x\r\n\r\n",
};

/* Replaces, inserts, puts in front, leaves out or doubles up to three bytes of a base. */
static size_t
mutate(unsigned *seed, char *to, size_t capacity)
{
    static const char bytes[] = "\r\n\r\n \t:;,/?#%\\\"{}|0159aGZ\x00\x01\x7f\x80\xff+-_=&";
    const char *base = bases[(size_t)rand_r(seed) % (sizeof bases / sizeof *bases)];
    size_t size = strlen(base);
    int changes = 1 + rand_r(seed) % 3;

    memcpy(to, base, size);
    while (changes-- > 0 && size + 64 < capacity) {
        size_t at = (size_t)rand_r(seed) % size, run = 1 + (size_t)rand_r(seed) % 8;

        if (run > size - at)
            run = size - at;
        switch (rand_r(seed) % 5) {
        case 0:
            to[at] = bytes[(size_t)rand_r(seed) % (sizeof bytes - 1)];
            break;
        case 1:
            memmove(to + at + 1, to + at, size++ - at);
            to[at] = bytes[(size_t)rand_r(seed) % (sizeof bytes - 1)];
            break;
        case 2: /* white space in front */
            memmove(to + run, to, size);
            for (size_t i = 0; i < run; i++)
                to[i] = "\r\n \r\n\r\n\n"[i];
            size += run;
            break;
        case 3:
            memmove(to + at, to + at + run, size - at - run);
            size -= run;
            break;
        default:
            memmove(to + at + run, to + at, size - at);
            size += run;
        }
        if (size == 0)
            to[size++] = 'G';
    }
    return size;
}
