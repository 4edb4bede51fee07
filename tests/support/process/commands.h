/* commands.h - the rentcache command run against a testbed: its texts and its exit status. */
#pragma once

#include "support/testbed.h"

#define COMMAND_TEXT_SIZE 65536

/* Of the last command. */
extern char command_output[COMMAND_TEXT_SIZE], command_errors[COMMAND_TEXT_SIZE];

/* arguments end with NULL; standard input is no terminal. */
int command_run(struct testbed *testbed, const char *const *arguments);
void command_expect_text(const char *text, const char *within);
