/* response_body.h - a response's body as it is meant: without content codings, byte order mark, or our credential. Pure.
 *
 * The paid API is asked for `identity`; one that sends gzip or deflate all the same was paid for it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum body_decoding { BODY_DECODED, BODY_MALFORMED, BODY_TOO_LARGE, BODY_NO_MEMORY };

/* Undoes coding, the value of a Content-Encoding: gzip, x-gzip or deflate. *decoded is the caller's, freed with free(), at
 * most `most` bytes; set only where it is BODY_DECODED. */
enum body_decoding response_body_decode(struct bytes coding, struct bytes body, size_t most,
                                        struct bytes *decoded);
/* Bytes of the byte order mark in front of a JSON text, which a reader may overlook (RFC 8259 8.1); 0: there is none. */
size_t response_body_mark(struct bytes body);

#define SECRET_SIZE_MIN 4 /* a shorter one is found in texts that do not mean it */

/* Replaces each occurrence of secret by "***", in place; returns the new size. */
size_t redact_secret(uint8_t *text, size_t size, const char *secret);
