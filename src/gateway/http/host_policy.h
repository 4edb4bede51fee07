/* host_policy.h - what stands in front of everything: which proxies are trusted, which hosts are served, whether only HTTPS is. Pure.
 *
 * Made at the start, const afterwards. With the default options nothing is checked and no field is read. */
#pragma once

#include "base/network.h"
#include "config.h"
#include "server/request.h"
#include "status.h"

struct host_policy {
    struct network_list trusted;
    const char *hosts; /* config->gateway.allowed_hosts; NULL: any */
    bool require_https;
    bool is_open; /* nothing to check */
};

/* config must outlive the policy; its texts were checked when it was loaded. */
void host_policy_init(struct host_policy *host_policy, const struct config *config);
/* OK, HOST_NOT_ALLOWED or HTTPS_REQUIRED. is_peer_trusted: only then the peer's X-Forwarded-Proto counts. */
enum status host_policy_result(const struct host_policy *host_policy, const struct request *request,
                               bool is_peer_trusted);

/* Whether "host" or "host:port" is named by gateway.allowed_hosts; where that is "*", no host is. */
bool host_policy_lists(const struct host_policy *host_policy, struct bytes host);

/* Whether a Host field is one of hosts: "api.example.com, *.example.com" or "*". The case, the port and a last dot do not
 * matter; *.example.com is every name below example.com, not example.com itself. */
bool host_policy_host_is_allowed(const char *hosts, struct bytes field);
