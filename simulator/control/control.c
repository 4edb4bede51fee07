/* control.c - the control interface: how a call comes in and goes out, what it shows and changes (journal, ledger, faults,
 * clock, keys, settings), and the table of its paths. */
#include "control/control.h"

#include "common/calendar.h"
#include "http/field.h"
#include "http/query.h"
#include "http/server.h"
#include "simulator.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    BODY_MOST = 1024 * 1024,
    NESTING_MOST = 16, /* of a document; the parser recurses on a small stack */
    WAIT_DEFAULT_MS = 10000,
    WAIT_MOST_MS = 60000,
    PORTION_ROWS = 500, /* of the journal, sent at a time */
};

/* One call: handlers fill in the body, and the status when it is not 200. */
struct control_call {
    struct simulator *simulator;
    struct request *request;
    json_t *document; /* of a PUT */
    int status;
    bool is_sent;
    struct text body;
};

static void
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

/* Reads wait=N&timeout_ms=M; false when the call was refused. */
static bool
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

/* The head, and the body as far as it is there; framing is a complete line, or empty. */
static bool
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

/* What a long answer has written and not yet sent. Its last byte stays when it is sent, so that
 * the next field knows whether it needs a comma. */
struct portion {
    struct text text;
    size_t sent;
};

static bool
send_portion(struct control_call *call, struct portion *portion)
{
    struct connection *connection = call->request->connection;
    struct text *text = &portion->text;
    struct text out = {0};
    size_t size = text->size - portion->sent;
    if (call->request->is_http_1_1)
        text_print(&out, "%zx\r\n", size);
    text_append(&out, text->data + portion->sent, size);
    if (call->request->is_http_1_1)
        text_add(&out, "\r\n");
    bool is_open = connection_write(connection, out.data, out.size);
    text_fini(&out);
    char last = text->data[text->size - 1];
    text_clear(text);
    text_append(text, &last, 1);
    portion->sent = 1;
    return is_open;
}

/* Sent in portions: a long journal is some hundred megabytes. */
static void
send_journal(struct control_call *call)
{
    bool is_chunked = call->request->is_http_1_1;
    struct journal_reader reader;
    struct portion portion = {0};
    journal_read(&call->simulator->journal, &reader);
    bool is_open = control_send_head(call, is_chunked ? "Transfer-Encoding: chunked\r\n" : "");
    field_open(&portion.text, NULL, '{');
    field_open(&portion.text, "requests", '[');
    while (is_open &&
           journal_read_more(&call->simulator->journal, &reader, PORTION_ROWS, &portion.text))
        is_open = send_portion(call, &portion);
    field_close(&portion.text, ']');
    field_integer(&portion.text, "dropped", (int64_t)reader.dropped);
    field_close(&portion.text, '}');
    if (is_open && send_portion(call, &portion) && is_chunked)
        connection_write(call->request->connection, "0\r\n\r\n", 5);
    text_fini(&portion.text);
}

static void
control_get_journal(struct control_call *call)
{
    int64_t requests;
    int64_t timeout_ms;
    if (!control_read_wait(call, &requests, &timeout_ms))
        return;
    journal_wait(&call->simulator->journal, (uint64_t)requests, timeout_ms);
    call->is_sent = true;
    /* An answer to HTTP/1.0 has neither length nor chunks: it ends with the connection. */
    if (!call->request->is_http_1_1)
        connection_close(call->request->connection);
    send_journal(call);
}

static void
control_delete_journal(struct control_call *call)
{
    journal_clear(&call->simulator->journal);
    text_add(&call->body, "{\"requests\":[],\"dropped\":0}");
}

static void
control_get_ledger(struct control_call *call)
{
    ledger_write(&call->simulator->ledger, &call->body);
}

static void
control_delete_ledger(struct control_call *call)
{
    ledger_clear(&call->simulator->ledger);
    control_get_ledger(call);
}

static void
control_get_faults(struct control_call *call)
{
    faults_write(&call->simulator->faults, &call->body);
}

static void
control_put_faults(struct control_call *call)
{
    char complaint[256];
    if (faults_replace(&call->simulator->faults, call->document, complaint, sizeof complaint))
        control_get_faults(call);
    else
        control_refuse(call, 400, complaint);
}

static void
control_get_held(struct control_call *call)
{
    int64_t requests;
    int64_t timeout_ms;
    if (!control_read_wait(call, &requests, &timeout_ms))
        return;
    size_t held = faults_wait_held(&call->simulator->faults, (size_t)requests, timeout_ms);
    field_open(&call->body, NULL, '{');
    field_integer(&call->body, "held", (int64_t)held);
    field_close(&call->body, '}');
}

static void
control_get_clock(struct control_call *call)
{
    struct settable_clock *clock = &call->simulator->clock;
    field_open(&call->body, NULL, '{');
    field_instant(&call->body, "now", settable_clock_now_ms(clock));
    field_boolean(&call->body, "stands", settable_clock_stands(clock));
    field_close(&call->body, '}');
}

static void
control_put_clock(struct control_call *call)
{
    static const int64_t century_s = INT64_C(3155760000);
    struct settable_clock *clock = &call->simulator->clock;
    const json_t *now = json_object_get(call->document, "now");
    const json_t *advance = json_object_get(call->document, "advance_s");
    double advance_s = json_number_value(advance);
    int64_t now_ms = SETTABLE_CLOCK_RUNS;
    bool is_now = now != NULL && advance == NULL &&
                  (json_is_null(now) ||
                   (json_is_string(now) && calendar_parse(json_string_value(now), &now_ms)));
    if (is_now)
        settable_clock_set(clock, now_ms);
    else if (now == NULL && json_is_number(advance) && fabs(advance_s) <= (double)century_s)
        settable_clock_advance(clock, llround(advance_s * 1000));
    else
        control_refuse(call, 400, "needs \"now\", an instant or null, or \"advance_s\", a number");
    if (call->status == 200)
        control_get_clock(call);
}

static void
control_get_keys(struct control_call *call)
{
    keys_write(&call->simulator->keys, &call->body);
}

static void
control_put_keys(struct control_call *call)
{
    char complaint[256];
    if (keys_replace(&call->simulator->keys, call->document, complaint, sizeof complaint))
        control_get_keys(call);
    else
        control_refuse(call, 400, complaint);
}

static void
control_get_settings(struct control_call *call)
{
    settings_write(&call->simulator->settings, &call->body);
}

static void
control_put_settings(struct control_call *call)
{
    char complaint[256];
    if (settings_change(&call->simulator->settings, call->document, complaint, sizeof complaint))
        control_get_settings(call);
    else
        control_refuse(call, 400, complaint);
}

static void
control_get_health(struct control_call *call)
{
    const struct dataset *dataset = call->simulator->dataset;
    field_open(&call->body, NULL, '{');
    field_string(&call->body, "status", "ok");
    field_integer(&call->body, "seed", (int64_t)dataset->seed);
    field_integer(&call->body, "properties", (int64_t)dataset->property_count);
    field_integer(&call->body, "sale_listings", (int64_t)dataset->listing_count[BOOK_SALE]);
    field_integer(&call->body, "rental_listings", (int64_t)dataset->listing_count[BOOK_RENTAL]);
    field_close(&call->body, '}');
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
