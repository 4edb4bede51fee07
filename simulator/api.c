/* api.c - the API's listener: decides what every request is answered.
 *
 * The order of refusals is the one of the specification: 405, then 404 for paths that are no
 * operation, 401 and 403 for the key, 429, and what the operation itself finds wrong.
 */
#include "api.h"

#include "deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
api_refuse(struct exchange *exchange, enum problem_kind kind)
{
    struct problem problem;
    problem_set(&problem, kind, NULL);
    answer_problem(&exchange->answer, &problem);
}

static void
call_operation(struct exchange *exchange, const char *id)
{
    struct simulator *simulator = exchange->simulator;
    struct query query;
    query_parse(exchange->request->query, &query);
    struct call call = {
        .dataset = simulator->dataset,
        .query = &query,
        .id = id,
        .now_ms = settable_clock_now_ms(&simulator->clock),
        .padded_bytes = atomic_load(&simulator->settings.body_bytes),
    };
    if (exchange->operation->id == OPERATION_PROPERTIES_RANDOM)
        call.draw_number = atomic_fetch_add(&simulator->draws, 1);
    if (query.malformed)
        api_refuse(exchange, PROBLEM_BAD_REQUEST);
    else
        exchange->operation->answer(&call, &exchange->answer);
    query_fini(&query);
}

static void
api_decide(struct exchange *exchange, const char *raw_id)
{
    struct request *request = exchange->request;
    struct problem problem;
    char id[sizeof exchange->path] = "";
    if (strcmp(request->method, "GET") != 0)
        api_refuse(exchange, PROBLEM_METHOD);
    else if (exchange->operation == NULL)
        api_refuse(exchange, PROBLEM_NOT_FOUND);
    else if (!keys_admit(&exchange->simulator->keys, request->api_key, exchange->path,
                         waiting_now_ms(), &problem))
        answer_problem(&exchange->answer, &problem);
    else if (raw_id != NULL && !query_decode_path(raw_id, id, sizeof id))
        api_refuse(exchange, PROBLEM_BAD_REQUEST);
    else
        call_operation(exchange, id);
}

static void
api_arrive(struct exchange *exchange)
{
    struct request *request = exchange->request;
    struct simulator *simulator = exchange->simulator;
    if (!query_decode_path(request->path, exchange->path, sizeof exchange->path))
        snprintf(exchange->path, sizeof exchange->path, "%s", request->path);
    if (request->api_key != NULL && request->api_key[0] != '\0')
        keys_hash(&simulator->keys, request->api_key, exchange->key_hash);
    struct journal_arrival arrival = {
        .method = request->method,
        .path = exchange->path,
        .query = request->query,
        .key_hash = exchange->key_hash[0] == '\0' ? NULL : exchange->key_hash,
        .request_id = request->request_id,
        .call_id = request->call_id,
        .time_ms = settable_clock_machine_ms(),
    };
    exchange->ticket = journal_arrive(&simulator->journal, &arrival);
}

/* Plans the fault and sits out its delay; a stop meanwhile leaves the request without answer. */
static void
api_suffer(struct exchange *exchange)
{
    struct simulator *simulator = exchange->simulator;
    struct fault_target target = {
        .path = exchange->path,
        .template = exchange->operation == NULL ? NULL : exchange->operation->path,
        .key_hash = exchange->key_hash[0] == '\0' ? NULL : exchange->key_hash,
    };
    bool goes_on = true;
    faults_plan(&simulator->faults, &target, &exchange->plan);
    if (exchange->plan.delay_ms > 0)
        goes_on = waiting_pause(&simulator->pauses, exchange->plan.delay_ms);
    if (exchange->plan.kind == FAULT_HOLD)
        (void)faults_hold(&simulator->faults, &target, simulator->options.hold_ms);
    if (!goes_on || waiting_is_stopping(&simulator->pauses))
        exchange->plan.kind = FAULT_CLOSE;
}

void
api_handle(void *context, struct request *request)
{
    struct exchange exchange = {.simulator = context, .request = request};
    const char *raw_id = NULL;
    /* No operation takes a body: none is read, so nothing can follow it on this connection. */
    if (request->has_body) {
        request->wants_close = true;
        connection_close(request->connection);
    }
    exchange.operation = operation_match(request->path, &raw_id);
    api_arrive(&exchange);
    api_decide(&exchange, raw_id);
    api_suffer(&exchange);
    deliver(&exchange);
    answer_fini(&exchange.answer);
}
