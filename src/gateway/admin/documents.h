/* documents.h - /openapi.json and the page that shows it (/docs, /redoc): made at the start, const afterwards. */
#pragma once

#include "exchange.h"
#include "openapi/openapi.h"

struct documents;

/* NULL: no memory. own: the routes of the admin listener. */
struct documents *documents_create(const struct config *config, const struct openapi_own *own,
                                   size_t own_count);
void documents_destroy(struct documents **documents);

/* Leads / and /docs/ to /docs; false: it is another path. */
bool documents_redirect(struct exchange *exchange);

/* Answers the document of the request's path. False: none has it, and nothing was answered. */
bool documents_send(struct exchange *exchange);
/* The same for the table of the admin listener, which knows the path. */
void documents_show(struct exchange *exchange);
