/* control_journal.c - shows the journal, however long it is. */
#include "control/control_call.h"
#include "http/field.h"

enum {
    PORTION_ROWS = 500,
};

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

void
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
