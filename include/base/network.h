/* network.h - IP addresses and the networks that hold them: "10.0.0.0/8", "::1". Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define NETWORKS_MAX 32

/* family 0: unknown. An IPv4 address takes the first four bytes, the others are 0. */
struct address {
    uint8_t bytes[16];
    uint8_t family; /* 4, 6 or 0 */
};

struct network {
    struct address base;
    unsigned prefix; /* leading bits that count */
};

struct network_list {
    struct network items[NETWORKS_MAX];
    size_t count;
};

/* "192.0.2.1" or "2001:db8::1", nothing around it. An IPv4 address written as IPv6 (::ffff:192.0.2.1) is IPv4. False: neither;
 * *address has family 0 then. */
bool address_parse(struct bytes text, struct address *address);
/* What counts as one client: the whole IPv4 address, the /64 of an IPv6 address. Distinct for distinct clients within a family. */
uint64_t address_client(const struct address *address);

/* Separated by commas or blanks; "" is an empty list. False: a part is no address and no address/prefix, or there are
 * more than NETWORKS_MAX; *bad (unless NULL) is that part. */
bool network_list_parse(struct bytes text, struct network_list *list, struct bytes *bad);
bool network_list_holds(const struct network_list *list, const struct address *address);
