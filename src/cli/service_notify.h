/* service_notify.h - tells the service manager how far the server is: the protocol of sd_notify(3).
 *
 * Does nothing where NOTIFY_SOCKET is not set. Never waits, and a manager that does not hear is no fault. */
#pragma once

#include <stdbool.h>

/* state: "READY=1", "STOPPING=1". True when it was sent. */
bool service_notify(const char *state);
