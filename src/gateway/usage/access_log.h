/* access_log.h - one line of the log for each answered request, handed over by its worker and written by the shipper.
 *
 * Workers copy what the line says into a place of a bounded queue: no lock, no formatting, no waiting. A full queue loses
 * the line and counts it (log_count_lost). Refused credentials and hosts (401, 403, 421) have their line whatever gateway.access_log
 * says; those of unknown callers are bounded in number a second. */
#pragma once

#include "exchange.h"

struct access_log;

struct access_log *access_log_create(void);
/* Writes what is left first: nobody adds or drains any more. */
void access_log_destroy(struct access_log **log);

/* Worker, after the answer: bytes of its body left; ttl_s negative: none. */
void access_log_add(struct exchange *exchange, int http_status, int64_t ttl_s, size_t bytes);
/* The shipper's thread alone. */
void access_log_drain(struct access_log *log);
