/* documents.c - the documents and their fields.
 *
 * The page may load nothing but its own script, style and openapi.json: what a document says cannot reach anything else. */
#include "admin/documents.h"

#include <stdlib.h>
#include <string.h>

#include "embedded.h"
#include "response/response.h"

/* What every response has besides: common_headers.h. */
#define POLICY                                                                                     \
    "Cache-Control: no-cache\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "  \
    "style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "  \
    "'none'\r\n"

struct document {
    const char *path;
    const char *head;
    struct bytes body;
};

#define DOCUMENT_COUNT 5

struct documents {
    char *openapi; /* owned */
    struct document items[DOCUMENT_COUNT];
};

struct documents *
documents_create(const struct config *config, const struct openapi_own *own, size_t own_count)
{
    struct documents *documents = calloc(1, sizeof *documents);
    struct bytes page = bytes_of(embedded_web_docs_html, embedded_web_docs_html_size);
    static const char html[] = "Content-Type: text/html; charset=utf-8\r\n" POLICY;

    if (documents == NULL)
        return NULL;
    documents->openapi = openapi_make(config, own, own_count);
    if (documents->openapi == NULL) {
        documents_destroy(&documents);
        return NULL;
    }
    documents->items[0] =
        (struct document){"/openapi.json", "Content-Type: application/json\r\n" POLICY,
                          bytes_of_text(documents->openapi)};
    documents->items[1] = (struct document){"/docs", html, page};
    documents->items[2] = (struct document){"/redoc", html, page};
    documents->items[3] =
        (struct document){"/docs.css", "Content-Type: text/css; charset=utf-8\r\n" POLICY,
                          bytes_of(embedded_web_docs_css, embedded_web_docs_css_size)};
    documents->items[4] =
        (struct document){"/docs.js", "Content-Type: text/javascript; charset=utf-8\r\n" POLICY,
                          bytes_of(embedded_web_docs_js, embedded_web_docs_js_size)};
    return documents;
}

void
documents_destroy(struct documents **documents)
{
    if (*documents == NULL)
        return;
    free((*documents)->openapi);
    free(*documents);
    *documents = NULL;
}

static const struct document *
documents_find(const struct documents *documents, const char *path)
{
    for (size_t i = 0; i < DOCUMENT_COUNT; i++)
        if (strcmp(documents->items[i].path, path) == 0)
            return &documents->items[i];
    return NULL;
}

bool
documents_redirect(struct exchange *exchange)
{
    const char *path = exchange->request->path;
    struct response response = response_of(302);

    if (strcmp(path, "/") != 0 && strcmp(path, "/docs/") != 0)
        return false;
    response.head = bytes_of_text("Location: /docs\r\nCache-Control: no-store\r\n");
    response_send(exchange, &response);
    return true;
}

bool
documents_send(struct exchange *exchange)
{
    const struct document *document =
        documents_find(exchange->worker->gateway->documents, exchange->request->path);
    struct response response = response_of(200);

    if (document == NULL)
        return false;
    if (!exchange->is_head && !request_method_is(exchange->request, "GET")) {
        response_method_not_allowed(exchange, "GET, HEAD");
        return true;
    }
    response.head = bytes_of_text(document->head);
    response.body = document->body;
    response_send(exchange, &response);
    return true;
}

void
documents_show(struct exchange *exchange)
{
    if (!documents_send(exchange))
        response_no_route(exchange);
}
