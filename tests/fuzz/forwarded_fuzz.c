/* forwarded_fuzz.c - whatever the fields of a proxy say, what comes out is an address that they hold, or none. */
/* links: gateway/http/forwarded.c gateway/http/host_policy.c gateway/server/request.c core/base/network.c */

#include "http/forwarded.h"
#include "http/host_policy.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
line_of(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t length = end != NULL ? (size_t)(end - *data) : *size;
    char *line = malloc(length + 1);

    assert(line != NULL);
    if (length > 0)
        memcpy(line, *data, length);
    line[length] = '\0';
    *data += end != NULL ? length + 1 : length;
    *size -= end != NULL ? length + 1 : length;
    return line;
}

/* Four lines: networks, two X-Forwarded-For fields, and one that is Host, hosts and X-Forwarded-Proto at once. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *networks = line_of(&data, &size), *first = line_of(&data, &size);
    char *second = line_of(&data, &size), *other = line_of(&data, &size);
    struct request request = {.headers = {{"X-Forwarded-For", first},
                                          {"X-Forwarded-Proto", other},
                                          {"X-Forwarded-For", second}},
                              .header_count = 3};
    struct network_list list;
    struct address client;
    struct bytes bad;

    if (!network_list_parse(bytes_of_text(networks), &list, &bad)) {
        assert(bad.size > 0 && (const char *)bad.data >= networks &&
               (const char *)bad.data + bad.size <= networks + strlen(networks));
        list.count = 0;
    }
    if (forwarded_client(&request, &list, &client))
        assert(client.family == 4 || client.family == 6);
    else
        assert(client.family == 0);
    if (forwarded_is_https(&request))
        assert(strcasestr(other, "https") != NULL);
    if (host_policy_host_is_allowed(other, bytes_of_text(first)))
        assert(first[0] != '\0' && other[0] != '\0');
    free(networks);
    free(first);
    free(second);
    free(other);
    return 0;
}
