/* config_check_edge.c - what the options of the gateway's edge may say. */
#include "config/config_check_edge.h"

#include <string.h>

#include "base/bytes.h"
#include "base/network.h"
#include "config/config_origin.h"

const char *
config_check_networks(const char *text)
{
    struct network_list list;

    if (network_list_parse(bytes_of_text(text), &list, NULL))
        return NULL;
    return "is not a list of at most 32 addresses and networks, as 10.0.0.0/8, ::1";
}

const char *
config_check_hosts(const char *text)
{
    static const char wrong[] = "is not a list of host names, as api.example.com, *.example.com";
    static const char host_bytes[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]";
    size_t count = 0;

    for (text += strspn(text, ", \t"); *text != '\0'; text += strspn(text, ", \t")) {
        size_t size = strcspn(text, ", \t");
        size_t star = text[0] == '*' ? 1 : 0;

        if (star + strspn(text + star, host_bytes) < size ||
            (star == 1 && size > 1 && (text[1] != '.' || size == 2)))
            return wrong;
        text += size;
        count++;
    }
    return count > 0 ? NULL : wrong;
}

/* Nobody else can say that a request came by HTTPS: without a trusted proxy every one would be refused. */
void
config_check_https(const struct config *config, struct config_report *report)
{
    struct config_place place =
        config_origin_place(config, config_option_find("gateway.require_https"));

    if (config->gateway.require_https &&
        config->gateway.trusted_proxies[strspn(config->gateway.trusted_proxies, ", \t")] == '\0')
        config_report_add(report, &place, "gateway.require_https",
                          "needs gateway.trusted_proxies: the proxy that takes HTTPS");
}
