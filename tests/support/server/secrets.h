/* secrets.h - looks for a secret in everything that a testbed has written: databases, spool, log, tokens. */
#pragma once

/* Aborts the test when a file below folder holds the text; but_in: one file that may, or NULL. */
void secrets_expect_nowhere(const char *folder, const char *secret, const char *but_in);
