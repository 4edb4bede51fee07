/* l1_value_fuzz.c - any bytes: read within their bounds; what is read is written again as the same bytes. */
/* links: cache/tiers/l1_value.c */

#include "tiers/l1_value.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct entry_row row;
    uint8_t *again;

    if (!l1_value_read(bytes_of(data, size), &row))
        return 0;
    assert(l1_value_size(&row) == size);
    again = malloc(size);
    assert(again != NULL);
    l1_value_write(&row, again);
    assert(memcmp(again, data, size) == 0);
    free(again);
    return 0;
}
