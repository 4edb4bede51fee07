/* wire.h - both listeners of the simulator in this process, and a client that hides nothing.
 *
 * For tests of the simulator itself, one at a time: the fixture wire_set_up, wire_tear_down.
 */
#pragma once

#include "api.h"
#include "common/calendar.h"
#include "control/control.h"
#include "simulator.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct simulator *simulator;
static struct server *api;
static struct server *control;

static inline struct server *
wire_start(server_handler handler)
{
    struct server_options options = {"127.0.0.1", 0, 16, 5000, handler, simulator};
    struct server *server = server_start(&options);
    ck_assert_ptr_nonnull(server);
    return server;
}

static inline void
wire_set_up(void)
{
    struct options options;
    char complaint[64];
    char *arguments[] = {(char[]){"simulator"}, (char[]){"--now"}, (char[]){"2026-01-15"}};
    ck_assert(options_read(3, arguments, &options, complaint, sizeof complaint));
    simulator = simulator_create(&options);
    control = wire_start(control_handle);
    api = wire_start(api_handle);
}

static inline void
wire_tear_down(void)
{
    simulator_stop(simulator);
    server_stop(&api);
    server_stop(&control);
    simulator_destroy(&simulator);
}

static inline int
wire_open_connection(const struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)server_port(server));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {20, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_int_eq(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

static inline void
wire_send_text(int descriptor, const char *text)
{
    ck_assert_int_eq(send(descriptor, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads to the end of the connection; 0, or the errno that ended it. */
static inline int
wire_read_all(int descriptor, struct text *into)
{
    for (;;) {
        text_reserve(into, 65536);
        ssize_t got = recv(descriptor, into->data + into->size, 65536, 0);
        if (got <= 0)
            return got == 0 ? 0 : errno;
        into->size += (size_t)got;
        into->data[into->size] = '\0';
    }
}

/* One request on a connection of its own; the answer with its head. */
static inline struct text
wire_ask(const struct server *server, const char *line, const char *fields, const char *body)
{
    struct text request = {0};
    struct text answer = {0};
    int descriptor = wire_open_connection(server);
    text_print(&request, "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s", line, fields);
    if (body != NULL)
        text_print(&request, "Content-Length: %zu\r\n", strlen(body));
    text_print(&request, "\r\n%s", body == NULL ? "" : body);
    wire_send_text(descriptor, request.data);
    ck_assert_int_eq(wire_read_all(descriptor, &answer), 0);
    close(descriptor);
    text_fini(&request);
    return answer;
}

static inline int
wire_status_of(struct text answer)
{
    int status = 0;
    if (answer.size > 12)
        status = (int)strtol(answer.data + 9, NULL, 10);
    return status;
}

static const char *
wire_body_of(struct text answer)
{
    const char *end = answer.size == 0 ? NULL : strstr(answer.data, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}

static inline int
wire_get_status(const char *target, const char *fields)
{
    char line[256];
    snprintf(line, sizeof line, "GET %s", target);
    struct text answer = wire_ask(api, line, fields, NULL);
    int status = wire_status_of(answer);
    text_fini(&answer);
    return status;
}

static inline json_t *
wire_call_control(const char *line, const char *body)
{
    struct text answer = wire_ask(control, line, "", body);
    ck_assert_msg(wire_status_of(answer) == 200, "%s: %s", line, answer.data);
    const char *json = wire_body_of(answer);
    /* The journal comes in chunks: a short one is a single chunk. */
    if (strstr(answer.data, "Transfer-Encoding: chunked") != NULL)
        json = strstr(json, "\r\n") + 2;
    json_t *document = json_loads(json, JSON_DISABLE_EOF_CHECK, NULL);
    ck_assert_msg(document != NULL, "%s", answer.data);
    text_fini(&answer);
    return document;
}

static inline void
wire_set_control(const char *line, const char *body)
{
    json_decref(wire_call_control(line, body));
}

/* status and billable of the last row of the journal. */
static inline void
wire_assert_last_row(int status, bool billable)
{
    json_t *journal = wire_call_control("GET /_control/journal", NULL);
    const json_t *rows = json_object_get(journal, "requests");
    const json_t *row = json_array_get(rows, json_array_size(rows) - 1);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "status")), status);
    ck_assert(json_is_true(json_object_get(row, "billable")) == billable);
    json_decref(journal);
}

static const char wire_key[] = "X-Api-Key: sim_key_unlimited\r\n";
static const char wire_small[] = "/v1/properties?limit=1";
