/* host_policy_check.c - whether the host policy lets a request in, and the problem it gets if not.
 *
 * No redirect to HTTPS: a client of an API follows it without a word, and sends its key in clear each time again. */
#include "access/host_policy_check.h"

#include "http/client.h"
#include "response/response.h"

bool
host_policy_admits(struct exchange *exchange)
{
    const struct host_policy *host_policy = &exchange->worker->gateway->host_policy;
    enum status status;

    if (host_policy->is_open)
        return true;
    status = host_policy_result(host_policy, exchange->request, client_peer_is_trusted(exchange));
    if (status == STATUS_OK)
        return true;
    response_problem(
        exchange, status,
        status == STATUS_HTTPS_REQUIRED
            ? "Use HTTPS. An API key sent over plain HTTP may have been read by others: replace it"
            : NULL);
    return false;
}
