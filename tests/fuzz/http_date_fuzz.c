/* http_date_fuzz.c - any bytes: what is read as a date is the same date when written and read again. */
/* links: gateway/http/http_date.c core/base/text.c */

#include "http/http_date.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char buffer[64];
    struct text text = text_of(buffer, sizeof buffer);
    int64_t seconds, again;

    if (!http_date_read(bytes_of(data, size), 1767225600, &seconds))
        return 0;
    http_date_write(&text, seconds);
    assert(http_date_read(text_bytes(&text), 1767225600, &again));
    assert(again == seconds);
    return 0;
}
