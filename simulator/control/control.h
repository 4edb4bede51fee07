/* control.h - the control interface: how tests steer the simulator and see what it did. */
#pragma once

#include "http/server.h"

/* A server_handler; context is the struct simulator. */
void control_handle(void *context, struct request *request);
