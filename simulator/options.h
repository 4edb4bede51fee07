/* options.h - the command line of the simulator. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
    const char *host;
    int64_t port; /* 0 picks a free one, as of control_port */
    int64_t control_port;
    int64_t seed;
    int64_t now_ms;        /* SETTABLE_CLOCK_RUNS: the machine's clock */
    int64_t threads;       /* connections served at once */
    int64_t keep_alive_ms; /* how long a connection may be idle */
    int64_t journal_rows;
    int64_t hold_ms; /* the longest that a hold keeps an answer */
    bool wants_help;
};

/* Fills in the defaults and what the arguments say; false with a complaint. */
bool options_read(int count, char *const *arguments, struct options *options, char *complaint,
                  size_t size);

extern const char options_help[];
