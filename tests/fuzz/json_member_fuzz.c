/* json_member_fuzz.c - any bytes: read within their bounds; of a well-formed document the parser says the same. */
/* links: core/base/json_scan.c @core */

#include "base/json_scan.h"

#include <assert.h>
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name that is spelled with escapes is found by the parser alone; no other can be missed. */
static void
compare(const json_t *document, bool is_found, struct bytes value)
{
    const json_t *expected = json_object_get(document, "m");
    json_t *seen;

    if (!is_found)
        return;
    seen = json_loadb((const char *)value.data, value.size, JSON_DECODE_ANY, NULL);
    assert(seen != NULL && expected != NULL);
    assert(json_equal(seen, expected));
    json_decref(seen);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes json = bytes_of(data, size);
    struct bytes value = {0};
    bool is_found = json_member_find(json, "m", &value);
    bool has_escapes = size > 0 && memchr(data, '\\', size) != NULL;
    json_t *document;

    if (is_found)
        assert(value.size > 0 && value.data >= data && value.data + value.size <= data + size);
    document = json_loadb((const char *)data, size, 0, NULL);
    if (json_is_object(document) && !has_escapes) {
        assert(is_found == (json_object_get(document, "m") != NULL));
        compare(document, is_found, value);
    }
    json_decref(document);
    return 0;
}
