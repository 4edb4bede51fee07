/* deliver.c - sends an answer, with whatever fault is planned for it. */
#include "deliver.h"

#include "operation/encode.h"

#include <string.h>

enum {
    WRITE_BYTES = 65536, /* head and body up to here leave in one write; a longer body in several */
    CHUNK_BYTES = 16384,
};

static const char content_json[] = "application/json; charset=utf-8";

static void
deliver_settle(struct exchange *exchange, int status)
{
    bool billable = status == 200 && exchange->answer.body.size > 0;
    const char *key_hash = exchange->key_hash[0] == '\0' ? NULL : exchange->key_hash;
    journal_complete(&exchange->simulator->journal, exchange->ticket, status, billable);
    ledger_add(&exchange->simulator->ledger, exchange->operation, key_hash, billable);
}

/* Builds the head and says how the body will go out. */
static bool
deliver_begin(struct exchange *exchange, const char *content_type, struct text *head)
{
    struct request *request = exchange->request;
    struct answer *answer = &exchange->answer;
    bool is_gzip = answer->body.size >= ENCODE_GZIP_LEAST && encode_has_body(answer->status) &&
                   encode_accepts_gzip(request->accept_encoding);
    bool is_chunked = request->is_http_1_1 && encode_has_body(answer->status) &&
                      atomic_load(&exchange->simulator->settings.chunked);
    if (!encode_has_body(answer->status))
        text_clear(&answer->body);
    if (is_gzip)
        encode_gzip(&answer->body);
    struct encode_head options = {
        .content_type = content_type,
        .extra = exchange->plan.headers,
        .is_gzip = is_gzip,
        .is_chunked = is_chunked,
        .is_last = request->wants_close,
        .is_kept = !request->is_http_1_1,
        .date_ms = settable_clock_machine_ms(),
    };
    encode_head(answer, &options, head);
    deliver_settle(exchange, answer->status);
    /* A HEAD request is refused, but its answer must not have a body either way. */
    if (strcmp(request->method, "HEAD") == 0)
        text_clear(&answer->body);
    return is_chunked;
}

static void
add_body(const struct text *body, bool is_chunked, struct text *out)
{
    if (!is_chunked) {
        text_append(out, body->data, body->size);
        return;
    }
    for (size_t at = 0; at < body->size; at += CHUNK_BYTES) {
        size_t left = body->size - at;
        encode_chunk(body->data + at, left < CHUNK_BYTES ? left : CHUNK_BYTES, out);
    }
    encode_chunk(NULL, 0, out);
}

static void
write_pieces(struct connection *connection, const struct text *text, size_t from)
{
    for (size_t at = from; at < text->size; at += WRITE_BYTES) {
        size_t left = text->size - at;
        if (!connection_write(connection, text->data + at, left < WRITE_BYTES ? left : WRITE_BYTES))
            return;
    }
}

static void
send_whole(struct exchange *exchange, const char *content_type)
{
    struct text out = {0};
    text_reserve(&out, 512 + exchange->answer.body.size);
    bool is_chunked = deliver_begin(exchange, content_type, &out);
    if (exchange->answer.body.size > 0)
        add_body(&exchange->answer.body, is_chunked, &out);
    write_pieces(exchange->request->connection, &out, 0);
    text_fini(&out);
}

static void
deliver_plain(struct exchange *exchange)
{
    send_whole(exchange, content_json);
}

static void
deliver_content_type(struct exchange *exchange)
{
    send_whole(exchange, "text/html; charset=utf-8");
}

static void
deliver_status(struct exchange *exchange)
{
    struct problem problem;
    problem_set_status(&problem, exchange->plan.status);
    answer_problem(&exchange->answer, &problem);
    send_whole(exchange, content_json);
}

static void
deliver_garbage(struct exchange *exchange)
{
    text_clear(&exchange->answer.body);
    text_add(&exchange->answer.body, "{\"id\": \"unfinished, \"price\": 25e, [}");
    exchange->answer.status = 200;
    send_whole(exchange, content_json);
}

static void
deliver_nothing(struct exchange *exchange)
{
    deliver_settle(exchange, 0);
    connection_close(exchange->request->connection);
}

static void
deliver_reset(struct exchange *exchange)
{
    deliver_settle(exchange, 0);
    connection_reset(exchange->request->connection);
}

/* A length or a chunk announces more than ever comes. */
static void
deliver_truncated(struct exchange *exchange)
{
    struct text out = {0};
    bool is_chunked = deliver_begin(exchange, content_json, &out);
    const struct text *body = &exchange->answer.body;
    if (is_chunked)
        text_print(&out, "%zx\r\n", body->size);
    text_append(&out, body->data, body->size / 2);
    connection_close(exchange->request->connection);
    write_pieces(exchange->request->connection, &out, 0);
    text_fini(&out);
}

static void
deliver_trickle(struct exchange *exchange)
{
    struct text out = {0};
    struct text coded = {0};
    struct connection *connection = exchange->request->connection;
    bool is_chunked = deliver_begin(exchange, content_json, &out);
    if (exchange->answer.body.size > 0)
        add_body(&exchange->answer.body, is_chunked, &coded);
    bool is_open = connection_write(connection, out.data, out.size);
    for (size_t at = 0; is_open && at < coded.size; at += exchange->plan.piece_bytes) {
        size_t left = coded.size - at;
        size_t piece = left < exchange->plan.piece_bytes ? left : exchange->plan.piece_bytes;
        is_open = waiting_pause(&exchange->simulator->pauses, exchange->plan.piece_pause_ms) &&
                  connection_write(connection, coded.data + at, piece);
    }
    if (!is_open)
        connection_close(connection);
    text_fini(&coded);
    text_fini(&out);
}

static void (*const deliveries[FAULT_KIND_COUNT])(struct exchange *exchange) = {
    [FAULT_NONE] = deliver_plain,
    [FAULT_LATENCY] = deliver_plain,
    [FAULT_STATUS] = deliver_status,
    [FAULT_RESET] = deliver_reset,
    [FAULT_TRUNCATE] = deliver_truncated,
    [FAULT_GARBAGE] = deliver_garbage,
    [FAULT_CONTENT_TYPE] = deliver_content_type,
    [FAULT_TRICKLE] = deliver_trickle,
    [FAULT_CLOSE] = deliver_nothing,
    [FAULT_HOLD] = deliver_plain,
};

void
deliver(struct exchange *exchange)
{
    deliveries[exchange->plan.kind](exchange);
}
