/* exchange.c - the beginning of a request: its id and its clock. */
#include "exchange.h"

#include <ctype.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

/* Taken over only when it can be logged, sent on and answered without any escaping. */
static bool
is_well_formed_id(const char *text)
{
    size_t size = strlen(text);

    if (size == 0 || size >= MESSAGE_REQUEST_ID_SIZE)
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && strchr("-_.", *text) == NULL)
            return false;
    return true;
}

static void
make_id(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    struct text text = text_of(exchange->request_id, sizeof exchange->request_id - 1);

    text_add_bytes(&text, bytes_of(worker->request_prefix, 16));
    text_add_hex(&text, ++worker->request_count, 16);
    exchange->request_id[text.size] = '\0';
}

void
exchange_begin(struct exchange *exchange, struct worker *worker, struct connection *connection,
               const struct request *request)
{
    size_t count = 0;
    const char *id = request != NULL ? request_header(request, "X-Request-ID", &count) : NULL;

    memset(exchange, 0, sizeof *exchange);
    exchange->worker = worker;
    exchange->connection = connection;
    exchange->request = request;
    exchange->started_ns = clock_mono_ns();
    exchange->is_head = request != NULL && request_method_is(request, "HEAD");
    exchange->decision = DECISION_REFUSED;
    if (count == 1 && is_well_formed_id(id))
        bytes_copy_text(bytes_of_text(id), exchange->request_id, sizeof exchange->request_id);
    else
        make_id(exchange);
    log_set_request(exchange->request_id);
}

void
exchange_end(struct exchange *exchange)
{
    (void)exchange;
    log_set_request(NULL);
}

int64_t
exchange_elapsed_us(const struct exchange *exchange)
{
    return (clock_mono_ns() - exchange->started_ns) / 1000;
}
