/* request.c - looking up headers, and the parts of a target. */
#include "server/request.h"

#include <strings.h>

/* Bytes of "http://" or "https://" at the beginning; 0: neither. */
static size_t
scheme_size(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < COUNT(schemes); i++)
        if (strncasecmp(target, schemes[i], strlen(schemes[i])) == 0)
            return strlen(schemes[i]);
    return 0;
}

void
request_split_target(struct request *request)
{
    const char *from = request->target;
    size_t scheme = from[0] != '/' ? scheme_size(from) : 0;
    char *mark;

    request->authority = bytes_of(NULL, 0);
    if (scheme > 0) {
        request->authority = bytes_of(from + scheme, strcspn(from + scheme, "/?"));
        from += scheme + request->authority.size;
    }
    request->path = from;
    mark = request->query == NULL ? (char *)(uintptr_t)strchr(from, '?') : NULL;
    if (mark == NULL)
        return;
    *mark = '\0';
    request->query = mark + 1;
}

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
