/* settings.h - what may be changed while the simulator runs. Any thread may call. */
#pragma once

#include "common/text.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct settings {
    _Atomic bool chunked;      /* Transfer-Encoding: chunked instead of Content-Length */
    _Atomic size_t body_bytes; /* size of answers for ids that begin with bench-; 0 is off */
};

/* {"transfer":"chunked|length","body_bytes":N}, each of them optional. */
bool settings_change(struct settings *settings, json_t *document, char *complaint, size_t size);
void settings_write(struct settings *settings, struct text *text);
