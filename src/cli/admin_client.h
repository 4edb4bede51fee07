/* admin_client.h - talking to a running server's admin listener. */
#pragma once

#include <jansson.h>

#include "config.h"
#include "status.h"

struct admin_call {
    const char *method;
    const char *path;   /* with its query */
    const json_t *body; /* NULL: none */
};

/* Asks with the admin token. *answer: the JSON that came, owned by the caller.
 * UNAVAILABLE: nobody listens (the data folder may be free); else the HTTP status is in *http_status. */
enum status admin_client_call(const struct config *config, const struct admin_call *call,
                              int *http_status, json_t **answer);
/* Prints what a refused call said, to stderr. */
void admin_client_complain(const char *command, int http_status, const json_t *answer);
