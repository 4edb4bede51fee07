/* client.c - the peer's address is read once for as long as the same peer comes; most come again. */
#include "http/client.h"

#include "http/forwarded.h"

static void
read_peer(struct worker *worker, const char *text)
{
    bytes_copy_text(bytes_of_text(text), worker->peer_text, sizeof worker->peer_text);
    address_parse(bytes_of_text(text), &worker->peer);
    worker->is_peer_trusted =
        network_list_holds(&worker->gateway->host_policy.trusted, &worker->peer);
}

bool
client_peer_is_trusted(struct exchange *exchange)
{
    const char *text = exchange->request->remote_address;

    if (strcmp(exchange->worker->peer_text, text) != 0)
        read_peer(exchange->worker, text);
    return exchange->worker->is_peer_trusted;
}

const struct address *
client_address(struct exchange *exchange)
{
    if (!client_peer_is_trusted(exchange))
        return &exchange->worker->peer;
    if (!exchange->has_client &&
        !forwarded_client(exchange->request, &exchange->worker->gateway->host_policy.trusted,
                          &exchange->client))
        exchange->client = exchange->worker->peer;
    exchange->has_client = true;
    return &exchange->client;
}
