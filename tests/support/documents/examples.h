/* examples.h - the command blocks of a Markdown page, with what the page says must come of them.
 *
 * A command block is indented by four spaces, or fenced as ```sh. A comment line right before it, in any number, marks it:
 *
 *   <!-- expect: 200, X-Cache-Hit: true, no Age, "some text", exit 1 -->
 *   <!-- not run: why -->
 *
 * A block without a mark is run, and must end with exit status 0. Pure: no files, no processes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct example {
    char *commands;    /* owned; lines */
    char *expectation; /* owned; "" when nothing was marked; several marks joined by ", " */
    bool is_run;
    int line; /* of its first command */
};

struct examples {
    struct example *entries; /* owned */
    size_t count;
};

/* Takes the page apart. False, and error says why: a mark that stands before no block, an open fence. */
bool examples_read(struct examples *examples, const char *page, char error[256]);
void examples_fini(struct examples *examples);

/* What a block did. */
struct example_outcome {
    int exit_status;
    const char *output; /* all that it printed */
    const char *heads;  /* response heads of its curl calls, in order; the last one counts */
};

/* Whether the outcome is what the expectation says; false: error names the first part that is not. */
bool examples_check(const char *expectation, const struct example_outcome *outcome,
                    char error[256]);
