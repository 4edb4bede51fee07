/* accept_encoding_fuzz.c - any text: read within its bounds, and weights stay weights. */
/* links: gateway/http/accept_encoding.c */

#include "http/accept_encoding.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct accept_encoding accepted = accept_encoding_none();
    char *text = calloc(1, size + 1);

    assert(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    accept_encoding_add(&accepted, text);
    assert(accepted.gzip >= -1 && accepted.gzip <= 1000);
    assert(accepted.identity >= -1 && accepted.identity <= 1000);
    assert(accepted.any >= -1 && accepted.any <= 1000);
    /* the short way and the long one agree */
    assert(accept_encoding_takes_gzip(text) == accept_encoding_prefers_gzip(&accepted));
    free(text);
    return 0;
}
