/* credential.h - how a key stands in a call, and that nothing of it stands in what comes back. Pure.
 *
 * Written at the last moment, into buffers that the caller wipes: a target, a log or an error never has it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "upstream_config.h"

/* A header line or a parameter with a key, NUL included. */
#define CREDENTIAL_LINE_SIZE (4 * CONFIG_TEXT_SIZE)

/* "Name: value" of a key that stands in a header; false: it stands elsewhere, or is too long. */
bool credential_write_header(const struct upstream_credential *credential, const char *key,
                             char line[CREDENTIAL_LINE_SIZE]);
/* "name=value", encoded, of a key that stands in the query; false: it stands elsewhere, or is too long. */
bool credential_write_query(const struct upstream_credential *credential, const char *key,
                            char text[CREDENTIAL_LINE_SIZE]);
/* The header that carries it; NULL: none does. */
const char *credential_header_name(const struct upstream_credential *credential);
/* Replaces the key, also as it was written, by "***" in place; returns the new size. For what is about the key: headers, and
 * bodies and texts of errors. */
size_t credential_redact(const struct upstream_credential *credential, const char *key,
                         uint8_t *text, size_t size);
/* The same for data, as links to the next page that repeat the query: a key shorter than CREDENTIAL_DATA_MIN may be a word of
 * the data, and goes only where it stands behind its parameter's name. */
#define CREDENTIAL_DATA_MIN 16
size_t credential_redact_data(const struct upstream_credential *credential, const char *key,
                              uint8_t *text, size_t size);
