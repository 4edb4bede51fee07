/* options_method.c - 204 with the headers of CORS, or 204 with Allow. */
#include "proxy/options_method.h"

#include "admin/health.h"
#include "response/response.h"

#define PREFLIGHT_SIZE 4096 /* field names that are asked for come back */

static void
send_empty(struct exchange *exchange, struct bytes head)
{
    struct response response = response_of(204);

    response.head = head;
    response.has_length = true; /* RFC 9110 8.6: a 204 has none */
    response_send(exchange, &response);
}

/* An origin that is not allowed gets a response without permission: that is how a browser is told. */
static void
send_preflight(struct exchange *exchange, const char *origin)
{
    const struct cors *cors = &exchange->worker->headers->cors;
    const char *headers = request_header(exchange->request, "Access-Control-Request-Headers", NULL);
    char head[PREFLIGHT_SIZE];
    struct text text = text_of(head, sizeof head);

    if (cors_allows(cors, origin))
        cors_write_preflight(cors, headers, &text);
    send_empty(exchange, text_bytes(&text));
}

static void
send_allowed(struct exchange *exchange)
{
    const char *path = exchange->request->path;
    char methods[64], head[128];
    struct text text = text_of(head, sizeof head);

    if (strcmp(path, "*") == 0) {
        send_empty(exchange, bytes_of_text("Allow: " OPTIONS_METHOD_ALL "\r\n"));
        return;
    }
    route_table_allow(exchange->worker->gateway->routes, bytes_of_text(path), methods,
                      sizeof methods);
    if (methods[0] == '\0' && !health_is_path(path)) {
        response_no_route(exchange);
        return;
    }
    text_add(&text, "Allow: ");
    text_add(&text, methods[0] != '\0' ? methods : "GET, HEAD");
    text_add(&text, ", OPTIONS\r\n");
    send_empty(exchange, text_bytes(&text));
}

bool
options_method_handle(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    const char *origin;

    if (request->method[0] != 'O' || !request_method_is(request, "OPTIONS"))
        return false;
    origin = request_header(request, "Origin", NULL);
    if (exchange->worker->headers->cors.is_on && origin != NULL &&
        request_header(request, "Access-Control-Request-Method", NULL) != NULL)
        send_preflight(exchange, origin);
    else
        send_allowed(exchange);
    return true;
}
