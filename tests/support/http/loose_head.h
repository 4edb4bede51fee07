/* loose_head.h - reads a request head as loosely as the server library does, so that the guard can be tested without it.
 *
 * It looks for the end of the head from the first byte, and for the head behind all white space, as the library does.
 * It drops what the library drops: fields behind the 64th, behind an empty name, behind a folded line. It accepts what the
 * library accepts: bare LF, several blanks, blanks before a colon, any field name. Delimiters in the buffer become NUL. */
#pragma once

#include <ctype.h>
#include <string.h>

#include "server/request.h"

/* Bytes behind the head that belong to the buffer: the library's own is larger than any head. */
#define LOOSE_HEAD_SPARE 16

/* Length of the head with its empty line; 0: not whole; -1: a control character. */
static inline long
loose_head_length(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];

        if (c < 128 && c != '\r' && c != '\n' && !isprint(c))
            return -1;
        if (i + 1 < size && data[i] == '\n' && data[i + 1] == '\n')
            return (long)i + 2;
        if (i + 3 < size && memcmp(data + i, "\r\n\r\n", 4) == 0)
            return (long)i + 4;
    }
    return 0;
}

/* Ends the word at *at and goes on to the next one. */
static inline bool
loose_head_word(char **at, bool is_last)
{
    while (isgraph((unsigned char)**at))
        (*at)++;
    if (is_last ? (**at != '\r' && **at != '\n') : **at != ' ')
        return false;
    do {
        **at = '\0';
        (*at)++;
    } while (isspace((unsigned char)**at));
    return is_last || isgraph((unsigned char)**at);
}

/* One field; false: the fields end here. *is_bad: the library refuses. */
static inline bool
loose_head_field(char **at, struct request_header *header, bool *is_bad)
{
    char *c = *at;

    *is_bad = false;
    while (*c != ':' && *c >= 33 && *c <= 126)
        c++;
    if (c == *at)
        return false;
    while (*c == ' ')
        *c++ = '\0';
    *is_bad = *c != ':';
    if (*is_bad)
        return false;
    *c = '\0';
    header->name = *at;
    do {
        c++;
    } while (*c == ' ' || *c == '\t');
    header->value = c;
    c += strcspn(c, "\r\n");
    if (*c == '\r') {
        *c++ = '\0';
        *is_bad = *c != '\n';
        if (*is_bad)
            return false;
    }
    if (*c != '\0')
        *c++ = '\0';
    *at = c;
    return true;
}

static inline bool
loose_head_is_method(const char *method)
{
    static const char *const known[] = {"GET",     "POST",    "PUT",   "DELETE",   "HEAD",
                                        "OPTIONS", "CONNECT", "PATCH", "PROPFIND", "MKCOL"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(known[i], method) == 0)
            return true;
    return false;
}

/* buffer: size bytes, LOOSE_HEAD_SPARE more readable ones behind. False: the library itself refuses. */
static inline bool
loose_head_parse(char *buffer, size_t size, struct request *request)
{
    char *at = buffer, *version;
    long length;
    bool is_bad = false;

    memset(request, 0, sizeof *request);
    request->content_length = -1;
    request->remote_address = "127.0.0.1";
    length = loose_head_length(buffer, size);
    if (length <= 0)
        return false;
    request->head = bytes_of(buffer, (size_t)length);
    while (size > 0 && isspace((unsigned char)*at)) {
        at++;
        size--;
    }
    length = loose_head_length(at, size);
    if (length <= 0)
        return false;
    at[length - 1] = '\0';
    request->method = at;
    if (!loose_head_word(&at, false))
        return false;
    request->target = at;
    if (!loose_head_word(&at, false))
        return false;
    version = at;
    if (!loose_head_word(&at, true) || strncmp(version, "HTTP/", 5) != 0 ||
        !loose_head_is_method(request->method))
        return false;
    request->version = version + 5;
    while (request->header_count < REQUEST_HEADERS_MAX && *at != '\r' && *at != '\n' &&
           loose_head_field(&at, &request->headers[request->header_count], &is_bad))
        request->header_count++;
    request_split_target(request);
    return !is_bad;
}
