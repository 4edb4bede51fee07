/* api.h - the API's listener: decides what every request is answered. */
#pragma once

#include "http/server.h"

/* A server_handler; context is the struct simulator. */
void api_handle(void *context, struct request *request);
