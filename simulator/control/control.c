/* control.c - the control interface: its paths, and how a call comes in and goes out. */
#include "control/control.h"

#include "control/control_call.h"
#include "http/field.h"
#include "http/query.h"

#include <stdio.h>
#include <string.h>

enum {
    BODY_MOST = 1024 * 1024,
    NESTING_MOST = 16, /* of a document; the parser recurses on a small stack */
    WAIT_DEFAULT_MS = 10000,
    WAIT_MOST_MS = 60000,
};

void
control_refuse(struct control_call *call, int status, const char *message)
{
    call->status = status;
    text_clear(&call->body);
    field_open(&call->body, NULL, '{');
    field_integer(&call->body, "status", status);
    field_string(&call->body, "error", "control/refused");
    field_string(&call->body, "message", message);
    field_close(&call->body, '}');
}

bool
control_read_wait(struct control_call *call, int64_t *requests, int64_t *timeout_ms)
{
    struct query query;
    *requests = 0;
    *timeout_ms = WAIT_DEFAULT_MS;
    query_parse(call->request->query, &query);
    bool is_good = query_integer(&query, "wait", 0, INT32_MAX, requests) &&
                   query_integer(&query, "timeout_ms", 0, WAIT_MOST_MS, timeout_ms);
    query_fini(&query);
    if (!is_good)
        control_refuse(call, 400, "wait must be an integer, timeout_ms one from 0 to 60000");
    return is_good;
}

bool
control_send_head(struct control_call *call, const char *framing)
{
    struct text head = {0};
    text_print(&head, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n%s%s\r\n", call->status,
               call->status == 200 ? "OK" : "Refused", framing,
               call->request->wants_close ? "Connection: close\r\n" : "");
    text_append(&head, call->body.data, call->body.size);
    bool is_open = connection_write(call->request->connection, head.data, head.size);
    text_fini(&head);
    return is_open;
}

static const struct control_route {
    const char *path;
    void (*get)(struct control_call *call);
    void (*put)(struct control_call *call);
    void (*delete)(struct control_call *call);
} routes[] = {
    {"/_control/journal", control_get_journal, NULL, control_delete_journal},
    {"/_control/ledger", control_get_ledger, NULL, control_delete_ledger},
    {"/_control/faults", control_get_faults, control_put_faults, NULL},
    {"/_control/held", control_get_held, NULL, NULL},
    {"/_control/clock", control_get_clock, control_put_clock, NULL},
    {"/_control/keys", control_get_keys, control_put_keys, NULL},
    {"/_control/settings", control_get_settings, control_put_settings, NULL},
    {"/_control/health", control_get_health, NULL, NULL},
};

static bool
is_nested_too_deep(const struct text *body)
{
    int depth = 0;
    for (size_t i = 0; i < body->size && depth <= NESTING_MOST; i++) {
        char byte = body->data[i];
        if (byte == '[' || byte == '{')
            depth++;
        if (byte == ']' || byte == '}')
            depth--;
    }
    return depth > NESTING_MOST;
}

static void
read_document(struct control_call *call)
{
    struct text body = {0};
    json_error_t error;
    if (!connection_read(call->request->connection, &body, BODY_MOST)) {
        connection_close(call->request->connection);
        control_refuse(call, 413, "the body must be complete and at most 1 MiB long");
    } else if (is_nested_too_deep(&body)) {
        control_refuse(call, 400, "the body is nested too deep");
    } else {
        call->document = json_loadb(body.data, body.size, JSON_REJECT_DUPLICATES, &error);
        if (call->document == NULL)
            control_refuse(call, 400, error.text);
    }
    text_fini(&body);
}

static void
control_put(struct control_call *call, const struct control_route *route)
{
    read_document(call);
    if (call->document != NULL)
        route->put(call);
    json_decref(call->document);
}

static void
control_dispatch(struct control_call *call, const struct control_route *route)
{
    const char *method = call->request->method;
    if (strcmp(method, "GET") == 0 && route->get != NULL)
        route->get(call);
    else if (strcmp(method, "PUT") == 0 && route->put != NULL)
        control_put(call, route);
    else if (strcmp(method, "DELETE") == 0 && route->delete != NULL)
        route->delete (call);
    else
        control_refuse(call, 405, "this path does not take this method");
}

void
control_handle(void *context, struct request *request)
{
    struct control_call call = {.simulator = context, .request = request, .status = 200};
    const struct control_route *route = NULL;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strcmp(routes[i].path, request->path) == 0)
            route = &routes[i];
    if (route != NULL)
        control_dispatch(&call, route);
    else
        control_refuse(&call, 404, "no such path");
    if (!call.is_sent) {
        char length[48];
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", call.body.size);
        control_send_head(&call, length);
    }
    text_fini(&call.body);
}
