/* health.h - /livez, /readyz, /health: what the last heartbeats said; no busy actor is asked. */
#pragma once

#include "exchange.h"

/* Whether health_handle answers there. */
bool health_is_path(const char *path);
/* The three paths of the data listener: true when it was one of them, answered (405 for methods other than GET and HEAD). */
bool health_handle(struct exchange *exchange);

/* 200 while the process runs. */
void health_send_live(struct exchange *exchange);
/* 200 when traffic may come: keys known, the actors connected to each other, cache actor there, not stopping; else 503. */
void health_send_ready(struct exchange *exchange);
/* The five checks; 200 "healthy" when all pass, else 503 "unhealthy". */
void health_send_checks(struct exchange *exchange);
