/* admin_client.h - talking to a running server's admin listener: where it is, by which token, one call. */
#pragma once

#include <jansson.h>

#include "config.h"
#include "options.h"
#include "status.h"

#define ADMIN_URL_SIZE          (CONFIG_TEXT_SIZE + 64)
#define ADMIN_TOKEN_SOURCE_SIZE (CONFIG_TEXT_SIZE + 64)

/* A server as the options, the environment and the configuration name it. */
struct admin_server {
    char url[ADMIN_URL_SIZE];     /* without a slash at its end */
    const char *url_source;       /* what named it; NULL: the configuration's own address */
    char token[CONFIG_TEXT_SIZE]; /* empty: none was found */
    char token_source[ADMIN_TOKEN_SOURCE_SIZE]; /* where it came from, or was looked for last */
};

struct admin_call {
    const char *method;
    const char *path;   /* with its query */
    const json_t *body; /* NULL: none */
};

/* False: said on stderr. Forget it when it is done: it holds the token. */
bool admin_server_find(const struct config *config, const struct options *options,
                       struct admin_server *server);
void admin_server_forget(struct admin_server *server);

/* Asks with the token. *answer: the JSON that came, owned by the caller.
 * UNAVAILABLE: nobody listens there; TIMEOUT: no complete answer came; else the HTTP status is in *http_status. */
enum status admin_client_call(const struct admin_server *server, const struct admin_call *call,
                              int *http_status, json_t **answer);
/* Says on stderr what became of a call that was not done. */
void admin_client_complain(const char *command, const struct admin_server *server,
                           enum status status, int http_status, const json_t *answer);
