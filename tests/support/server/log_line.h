/* log_line.h - lines of a server's log, as JSON: found by their message and one of their fields. */
#pragma once

#include <jansson.h>

/* The first line whose fields are so (numbers by their decimal digits); the caller's. NULL: there is none yet. */
json_t *log_line_find(const char *path, const char *message, const char *name, const char *value);
/* Waits for it. */
json_t *log_line_await(const char *path, const char *message, const char *name, const char *value);
