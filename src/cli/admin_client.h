/* admin_client.h - talking to a running server's admin listener. */
#pragma once

#include <jansson.h>

#include "config.h"
#include "status.h"

/* Sends body (NULL: GET) to path with the admin token. *answer: the JSON that came, owned by the caller.
 * UNAVAILABLE: nobody listens (the data folder may be free); else the HTTP status is in *http_status. */
enum status admin_client_call(const struct config *config, const char *path, const json_t *body,
                              int *http_status, json_t **answer);
/* Prints what a refused call said, to stderr. */
void admin_client_complain(const char *command, int http_status, const json_t *answer);
