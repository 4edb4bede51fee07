/* forwarded.c - X-Forwarded-For read from the right, X-Forwarded-Proto read whole. Pure. */
#include "http/forwarded.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"

/* Cuts the last entry off a list. */
static struct bytes
take_last(struct bytes *list)
{
    size_t start = list->size;
    struct bytes entry;

    while (start > 0 && list->data[start - 1] != ',')
        start--;
    entry = bytes_skip(*list, start);
    list->size = start > 0 ? start - 1 : 0;
    return bytes_trim(entry);
}

static bool
is_port(const uint8_t *text, size_t size)
{
    if (size < 2 || size > 6 || text[0] != ':')
        return false;
    for (size_t i = 1; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* Also with a port, as some proxies write: "192.0.2.1:4711", "[2001:db8::1]:4711". */
static bool
read_entry(struct bytes entry, struct address *address)
{
    const uint8_t *end;
    size_t size;

    if (entry.data[0] == '[') {
        end = memchr(entry.data, ']', entry.size);
        if (end == NULL)
            return false;
        size = (size_t)(end - entry.data) + 1;
        return (size == entry.size || is_port(entry.data + size, entry.size - size)) &&
               address_parse(bytes_of(entry.data + 1, size - 2), address);
    }
    if (address_parse(entry, address))
        return true;
    end = memchr(entry.data, ':', entry.size);
    size = end != NULL ? (size_t)(end - entry.data) : entry.size;
    return end != NULL && is_port(end, entry.size - size) &&
           address_parse(bytes_of(entry.data, size), address) && address->family == 4;
}

/* The entries of one field, from the right; empty ones say nothing (RFC 9110 5.6.1). True: the client is found or can be found
 * no more. */
static bool
search_field(struct bytes list, const struct network_list *trusted, size_t *hops,
             struct address *client)
{
    struct address address;

    while (list.size > 0) {
        struct bytes entry = take_last(&list);

        if (++*hops > FORWARDED_HOPS_MAX)
            return true;
        if (entry.size == 0)
            continue;
        if (!read_entry(entry, &address))
            return true;
        *client = address;
        if (!network_list_holds(trusted, &address))
            return true;
    }
    return false;
}

bool
forwarded_client(const struct request *request, const struct network_list *trusted,
                 struct address *client)
{
    size_t hops = 0;

    memset(client, 0, sizeof *client);
    for (size_t i = request->header_count; i > 0; i--)
        if (strcasecmp(request->headers[i - 1].name, "X-Forwarded-For") == 0 &&
            search_field(bytes_of_text(request->headers[i - 1].value), trusted, &hops, client))
            break;
    return client->family != 0;
}

static bool
all_https(struct bytes list)
{
    do {
        struct bytes entry = take_last(&list);

        if (!bytes_is_name(entry, "https"))
            return false;
    } while (list.size > 0);
    return true;
}

bool
forwarded_is_https(const struct request *request)
{
    bool is_said = false;

    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, "X-Forwarded-Proto") != 0)
            continue;
        if (!all_https(bytes_of_text(request->headers[i].value)))
            return false;
        is_said = true;
    }
    return is_said;
}
