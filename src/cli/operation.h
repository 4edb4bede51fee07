/* operation.h - what an operator's command does: asked of a running server, or done here where none runs.
 *
 * Without a server the part's lock is taken first, the one that the server would hold, so that a database never has two
 * writers. */
#pragma once

#include <jansson.h>

#include "admin_client.h"
#include "command.h"

struct operation {
    const struct command *command; /* whose name stands before every error */
    struct admin_call call;
    const char *part; /* whose database direct opens for writing: its lock; NULL: it only reads */
    /* The same without a server. OK: *answer is what the server would have answered. INVALID_PARAMETER: said on stderr. */
    enum status (*direct)(const struct config *config, const struct operation *operation,
                          json_t **answer);
    const void *argument; /* for direct */
};

/* The answer, the caller's; NULL: what went wrong is on stderr. */
json_t *operation_run(const struct config *config, const struct operation *operation);

/* An argument of `direct` that is one message for the analytics actor. */
enum status operation_direct_message(const struct config *config, const struct operation *operation,
                                     json_t **answer);

/* Asks on the terminal unless is_agreed. False: no, or there is no terminal (said on stderr). */
bool operation_is_agreed(const struct command *command, bool is_agreed, const char *question);
/* As JSON, indented, with a line end. */
void operation_print_json(const json_t *answer);
