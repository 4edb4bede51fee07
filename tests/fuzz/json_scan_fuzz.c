/* json_scan_fuzz.c - any bytes: read within their bounds; a document with something behind it is none. */
/* links: core/base/json_scan.c */

#include "base/header_lines.h"
#include "base/json_scan.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *longer = malloc(size + 2);

    assert(longer != NULL);
    (void)header_lines_announce_json(bytes_of(data, size));
    if (size > 0)
        memcpy(longer, data, size);
    memcpy(longer + size, " x", 2);
    if (json_is_well_formed(bytes_of(data, size))) {
        assert(json_is_well_formed(bytes_of(longer, size + 1)));
        assert(!json_is_well_formed(bytes_of(longer, size + 2)));
    }
    free(longer);
    return 0;
}
