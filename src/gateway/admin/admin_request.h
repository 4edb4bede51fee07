/* admin_request.h - what admin routes share: queries in, actors asked, JSON out. */
#pragma once

#include <jansson.h>

#include "exchange.h"

/* Answers with 422 and one problem in the shape of the original: {type, loc: ["body", name], msg}. */
void admin_refuse_member(struct exchange *exchange, const char *name, const char *type,
                         const char *message);
/* OK: *reply is there, of the kind that answers this request, until worker_done, which is called in any case. */
enum status admin_ask(struct exchange *exchange, enum actor_id actor, struct message *request,
                      struct message *reply);
/* Answers with object and takes it over; NULL: 500. */
void admin_send_json(struct exchange *exchange, int http_status, json_t *object);
/* Asks and answers with what comes back; errors as problems. Returns how it went. */
enum status admin_relay(struct exchange *exchange, enum actor_id actor, struct message *request);
/* One line of the log for each change that was made: who asked, and what was changed (a name and its value; value NULL: left
 * out). key_id 0: of no key. */
void admin_log_change(struct exchange *exchange, const char *message, int64_t key_id,
                      const char *name, const char *value);
/* The raw text of a query parameter, whatever it is; absent or without a value: empty. */
struct bytes admin_query_value(const struct exchange *exchange, const char *name);
/* The value of a query parameter as a number; absent: otherwise; false: not in least..most (answered). */
bool admin_query_int(struct exchange *exchange, const char *name, int64_t otherwise, int64_t least,
                     int64_t most, int64_t *value);
/* The raw text of a query parameter (letters, digits, "_", "-" only), or empty. */
struct bytes admin_query_name(const struct exchange *exchange, const char *name);
/* False: the parameter is there and is no such text; answered. */
bool admin_query_is_name(struct exchange *exchange, const char *name);
/* The query parameter "endpoint": empty where it is absent. False: there is no such endpoint; answered. */
bool admin_query_endpoint(struct exchange *exchange, struct bytes *endpoint);
/* The first segment of the path that is a number; 0: there is none. */
int64_t admin_path_id(const struct exchange *exchange);
/* The third segment of the path, as of /admin/upstreams/{name}; empty: there is none. */
struct bytes admin_path_name(const struct exchange *exchange);
