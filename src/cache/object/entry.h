/* entry.h - one response in the cache actor's memory, made of a fetch or of a row of L2.
 *
 * Life: made with one reference -> immutable -> the last release frees it. References are counted
 * by the cache thread alone; a tier worker reads an entry only while a job holds a reference for
 * it. */
#pragma once

#include <stdint.h>

#include "base/blob.h"
#include "base/bytes.h"
#include "config.h"
#include "response_meta.h"
#include "storage.h"

#define ENTRY_KEY_SIZE 33 /* 32 hex characters and NUL */

struct entry {
    int references;
    char cache_key[ENTRY_KEY_SIZE];
    const struct route_config *route; /* NULL when made of a row */
    struct response_meta meta;
    struct bytes signature; /* canonical JSON of the request */
    struct bytes headers;   /* "Name: value\r\n"..., end-to-end headers */
    struct blob *body;      /* NULL: empty */
    uint8_t text[];         /* signature and headers, when made of a fetch */
};

/* Copies what source holds and takes its own reference on the body. NULL: no memory. */
struct entry *entry_of_fetch(const struct entry *source);
/* Takes owner, which holds the row's bytes. NULL: no memory (owner is released then, too). */
struct entry *entry_of_row(const struct entry_row *row, struct blob *owner);
/* The row to be stored; borrows from entry. Not filled in: params_hash. */
struct entry_row entry_as_row(const struct entry *entry);

struct entry *entry_hold(struct entry *entry); /* NULL stays NULL */
void entry_release(struct entry **entry);      /* NULL-safe; sets *entry to NULL */
