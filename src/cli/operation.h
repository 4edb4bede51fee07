/* operation.h - what an operator's command does: asked of a running server, or done here where none runs.
 *
 * A server that was named (--url, RENTCACHE_ADMIN_URL) is asked, and nothing else. At the configuration's own address
 * nobody may listen: then the database of that configuration is worked on, if there is one. --offline asks nobody, and
 * alone makes a database.
 * Without a server the part's lock is taken first, the one that the server would hold, so that a database never has two
 * writers. */
#pragma once

#include "admin_client.h"
#include "command.h"
#include "messages.h"

struct operation {
    struct admin_call call;
    const char *
        part; /* whose database is opened for writing without a server: its lock; NULL: it is only read */
    int64_t api_key_id;            /* for direct */
    const struct message *message; /* what the analytics part would be asked by the server */
    /* Where the message alone does not do. OK: *answer is what the server would have answered. INVALID_PARAMETER: said on stderr. */
    enum status (*direct)(const struct config *config, const struct operation *operation,
                          json_t **answer);
};

/* The answer, the caller's; NULL: what went wrong is on stderr. */
json_t *operation_run(const struct config *config, const struct options *options,
                      const struct operation *operation);
/* For direct: asks the database what the server would ask the analytics part. */
enum status operation_ask_database(const struct config *config, const struct message *message,
                                   json_t **answer);

/* The same for a REPORT_GET: without a server the configuration here says which endpoints there are. */
enum status operation_ask_about_endpoint(const struct config *config,
                                         const struct operation *operation, json_t **answer);

/* Asks on the terminal unless that is agreed. False: no, or there is no terminal (said on stderr). */
bool operation_is_agreed(const struct options *options, const char *question);
/* Shows the answer, as JSON where that was asked for, and lets it go. Returns the exit status; NULL: it failed. */
int operation_show(const struct options *options, json_t *answer,
                   void (*print)(const json_t *answer));
