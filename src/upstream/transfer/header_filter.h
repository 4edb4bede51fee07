/* header_filter.h - an upstream's head, line by line: what may go on to clients, and what it says about the body. Pure.
 *
 * Hop-by-hop headers, those named by Connection, and those that the gateway writes itself are dropped (RFC 9110 7.6.1).
 * A line with a control character, a folded line, contradicting lengths or more names in Connection than can be
 * remembered make the head malformed. Interim heads (1xx) are forgotten when the next status line comes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define HEADER_FILTER_BYTES  16384
#define CONNECTION_NAMES_MAX 16
#define CONNECTION_NAME_SIZE 64 /* of a name in Connection, with NUL */

struct header_filter {
    int http_status;
    bool is_malformed;
    const char *complaint; /* where is_malformed: what was refused, for people; static */
    bool is_too_large;
    bool is_complete; /* its empty line came */
    bool is_chunked;
    int64_t content_length;       /* -1: none */
    size_t received;              /* bytes of this head */
    size_t limit;                 /* bytes that it may have */
    size_t connection_name_count; /* names in Connection */
    char connection_names[CONNECTION_NAMES_MAX][CONNECTION_NAME_SIZE];
    size_t size;                    /* of kept */
    char kept[HEADER_FILTER_BYTES]; /* "Name: value\r\n"... */
};

void header_filter_init(struct header_filter *filter, size_t limit);
/* One line with its CR LF, as libcurl hands it: status lines start over. False: stop the transfer. */
bool header_filter_add(struct header_filter *filter, struct bytes line);
/* Once the head is complete: drops what Connection named; the result borrows from filter. */
struct bytes header_filter_result(struct header_filter *filter);
/* After it: what was kept goes without the headers of this name. */
void header_filter_drop(struct header_filter *filter, const char *name);
