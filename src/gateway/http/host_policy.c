/* host_policy.c - the host list and HTTPS. Pure. */
#include "http/host_policy.h"

#include "http/forwarded.h"

#define SEPARATORS ", \t"

void
host_policy_init(struct host_policy *host_policy, const struct config *config)
{
    const char *hosts = config->gateway.allowed_hosts;

    memset(host_policy, 0, sizeof *host_policy);
    network_list_parse(bytes_of_text(config->gateway.trusted_proxies), &host_policy->trusted, NULL);
    host_policy->hosts = hosts[0] == '\0' || strcmp(hosts, "*") == 0 ? NULL : hosts;
    host_policy->require_https = config->gateway.require_https;
    host_policy->is_open = host_policy->hosts == NULL && !host_policy->require_https;
}

/* Without ":port" and a last dot. */
static struct bytes
name_of(struct bytes field)
{
    const uint8_t *bracket = memchr(field.data, ']', field.size);
    const uint8_t *colon = memchr(field.data, ':', field.size);

    if (field.size > 0 && field.data[0] == '[' && bracket != NULL)
        return bytes_of(field.data, (size_t)(bracket - field.data) + 1);
    if (colon != NULL)
        field.size = (size_t)(colon - field.data);
    if (field.size > 0 && field.data[field.size - 1] == '.')
        field.size--;
    return field;
}

/* pattern: a name, "*.name" or "*". */
static bool
host_policy_matches(struct bytes pattern, struct bytes name)
{
    if (pattern.data[0] != '*')
        return bytes_equal_ignoring_case(pattern, name);
    pattern = bytes_skip(pattern, 1);
    return name.size > pattern.size &&
           bytes_equal_ignoring_case(pattern,
                                     bytes_of(name.data + name.size - pattern.size, pattern.size));
}

bool
host_policy_host_is_allowed(const char *hosts, struct bytes field)
{
    struct bytes rest = bytes_of_text(hosts), host, name;

    if (field.size == 0)
        return false;
    name = name_of(field);
    while (bytes_next_word(&rest, SEPARATORS, &host))
        if (host_policy_matches(host, name))
            return true;
    return false;
}

/* RFC 9112 3.2.2: the host of an absolute form counts, not the field. */
static struct bytes
asked_host(const struct request *request)
{
    return request->authority.size > 0 ? request->authority
                                       : bytes_of_text(request_header(request, "Host", NULL));
}

bool
host_policy_lists(const struct host_policy *host_policy, struct bytes host)
{
    return host_policy->hosts != NULL && host_policy_host_is_allowed(host_policy->hosts, host);
}

enum status
host_policy_result(const struct host_policy *host_policy, const struct request *request,
                   bool is_peer_trusted)
{
    if (host_policy->hosts != NULL && !host_policy_lists(host_policy, asked_host(request)))
        return STATUS_HOST_NOT_ALLOWED;
    if (host_policy->require_https && !(is_peer_trusted && forwarded_is_https(request)))
        return STATUS_HTTPS_REQUIRED;
    return STATUS_OK;
}
