/* metrics_text.h - all metrics as Prometheus text exposition 0.0.4. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "gateway_state.h"

/* False: no memory. */
bool metrics_text_write(struct gateway *gateway, FILE *out);
