/* network.c - reading addresses and networks, and comparing them. Pure. */
#include "base/network.h"

#include <arpa/inet.h>

#define ADDRESS_TEXT_SIZE 46 /* the longest IPv6 text, with NUL */
#define CLIENT_BYTES      8  /* an IPv6 client has at least a /64 for itself */

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void
network_unmap(struct address *address)
{
    if (memcmp(address->bytes, mapped_prefix, sizeof mapped_prefix) != 0)
        return;
    memmove(address->bytes, address->bytes + sizeof mapped_prefix, 4);
    memset(address->bytes + 4, 0, 12);
    address->family = 4;
}

bool
address_parse(struct bytes text, struct address *address)
{
    char copy[ADDRESS_TEXT_SIZE];

    memset(address, 0, sizeof *address);
    if (text.size == 0 || text.size >= sizeof copy || memchr(text.data, '\0', text.size) != NULL)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (inet_pton(AF_INET, copy, address->bytes) == 1) {
        address->family = 4;
    } else if (inet_pton(AF_INET6, copy, address->bytes) == 1) {
        address->family = 6;
        network_unmap(address);
    } else {
        memset(address, 0, sizeof *address);
    }
    return address->family != 0;
}

uint64_t
address_client(const struct address *address)
{
    uint64_t client = 0;

    for (size_t i = 0; i < CLIENT_BYTES; i++)
        client = client << 8 | address->bytes[i];
    return client;
}

/* At most three digits, no more than most. */
static bool
read_prefix(struct bytes text, unsigned most, unsigned *prefix)
{
    int64_t number;

    if (text.size > 3 || !bytes_read_number(text, &number) || number > most)
        return false;
    *prefix = (unsigned)number;
    return true;
}

static bool
network_parse(struct bytes text, struct network *network)
{
    const uint8_t *slash = memchr(text.data, '/', text.size);
    size_t size = slash != NULL ? (size_t)(slash - text.data) : text.size;
    unsigned most;

    if (!address_parse(bytes_of(text.data, size), &network->base))
        return false;
    most = network->base.family == 4 ? 32 : 128;
    network->prefix = most;
    return slash == NULL ||
           read_prefix(bytes_of(slash + 1, text.size - size - 1), most, &network->prefix);
}

bool
network_list_parse(struct bytes text, struct network_list *list, struct bytes *bad)
{
    struct bytes part;

    list->count = 0;
    while (bytes_next_word(&text, ", \t", &part)) {
        if (list->count == NETWORKS_MAX || !network_parse(part, &list->items[list->count])) {
            if (bad != NULL)
                *bad = part;
            return false;
        }
        list->count++;
    }
    return true;
}

static bool
network_holds(const struct network *network, const struct address *address)
{
    size_t whole = network->prefix / 8;
    unsigned rest = network->prefix % 8;

    if (address->family != network->base.family ||
        memcmp(address->bytes, network->base.bytes, whole) != 0)
        return false;
    return rest == 0 || ((address->bytes[whole] ^ network->base.bytes[whole]) >> (8 - rest)) == 0;
}

bool
network_list_holds(const struct network_list *list, const struct address *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (network_holds(&list->items[i], address))
            return true;
    return false;
}
