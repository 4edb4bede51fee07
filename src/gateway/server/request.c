/* request.c - looking up headers. */
#include "server/request.h"

#include <strings.h>

const char *
request_header(const struct request *request, const char *name, size_t *count)
{
    const char *value = NULL;
    size_t found = 0;

    for (size_t i = 0; i < request->header_count; i++) {
        /* the first letter tells most names apart without a call */
        if (((request->headers[i].name[0] ^ name[0]) & 0x5f) != 0 ||
            strcasecmp(request->headers[i].name, name) != 0)
            continue;
        if (found++ == 0)
            value = request->headers[i].value;
    }
    if (count != NULL)
        *count = found;
    return value;
}

bool
request_method_is(const struct request *request, const char *method)
{
    return strcmp(request->method, method) == 0;
}
