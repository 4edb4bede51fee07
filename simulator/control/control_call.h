/* control_call.h - one call of the control interface, and the handlers of its paths. */
#pragma once

#include "http/server.h"
#include "simulator.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* One call: handlers fill in the body, and the status when it is not 200. */
struct control_call {
    struct simulator *simulator;
    struct request *request;
    json_t *document; /* of a PUT */
    int status;
    bool is_sent;
    struct text body;
};

void control_refuse(struct control_call *call, int status, const char *message);

/* Reads wait=N&timeout_ms=M; false when the call was refused. */
bool control_read_wait(struct control_call *call, int64_t *requests, int64_t *timeout_ms);

/* The head, and the body as far as it is there; framing is a complete line, or empty. */
bool control_send_head(struct control_call *call, const char *framing);

void control_get_journal(struct control_call *call);
void control_delete_journal(struct control_call *call);
void control_get_ledger(struct control_call *call);
void control_delete_ledger(struct control_call *call);
void control_get_faults(struct control_call *call);
void control_put_faults(struct control_call *call);
void control_get_held(struct control_call *call);
void control_get_clock(struct control_call *call);
void control_put_clock(struct control_call *call);
void control_get_keys(struct control_call *call);
void control_put_keys(struct control_call *call);
void control_get_settings(struct control_call *call);
void control_put_settings(struct control_call *call);
void control_get_health(struct control_call *call);
