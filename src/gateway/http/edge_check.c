/* edge_check.c - the edge's verdict about a request, and its answer.
 *
 * No redirect to HTTPS: a client of an API follows it without a word, and sends its key in clear each time again. */
#include "http/edge_check.h"

#include "http/client.h"
#include "response/answer.h"

bool
edge_admits(struct exchange *exchange)
{
    const struct edge *edge = &exchange->worker->gateway->edge;
    enum status status;

    if (edge->is_open)
        return true;
    status = edge_verdict(edge, exchange->request, client_peer_is_trusted(exchange));
    if (status == STATUS_OK)
        return true;
    answer_problem(exchange, status,
                   status == STATUS_HTTPS_REQUIRED
                       ? "Use https. A key that was sent without it may have been read: replace it"
                       : NULL);
    return false;
}
