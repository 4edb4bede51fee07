/* options.c - the command line of the simulator. */
#include "options.h"

#include "common/calendar.h"
#include "control/settable_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: rentcast-simulator [option...]\n"
    "A local stand-in for the RentCast API, with faults on request.\n"
    "\n"
    "  --host ADDRESS          IPv4 address to listen on (127.0.0.1)\n"
    "  --port N                port of the API (8900; 0 picks a free one)\n"
    "  --control-port N        port of the control interface (8901; 0 picks a free one)\n"
    "  --seed N                the same seed makes the same records (1)\n"
    "  --now INSTANT           simulated instant, such as 2026-01-15T12:00:00.000Z, that stands\n"
    "                          still until it is moved (the machine's clock, running)\n"
    "  --threads N             connections served at once (600)\n"
    "  --keep-alive-ms N       how long a connection may be idle (20000)\n"
    "  --journal-rows N        requests that the journal keeps (1000000)\n"
    "  --hold-ms N             the longest that a hold keeps an answer back (600000)\n"
    "  --help                  this text\n";

struct number {
    const char *name;
    size_t offset; /* of an int64_t in struct options */
    int64_t least;
    int64_t most;
};

static const struct number numbers[] = {
    {"--port", offsetof(struct options, port), 0, 65535},
    {"--control-port", offsetof(struct options, control_port), 0, 65535},
    {"--seed", offsetof(struct options, seed), 0, INT64_MAX},
    {"--threads", offsetof(struct options, threads), 1, 8192},
    {"--keep-alive-ms", offsetof(struct options, keep_alive_ms), 1, 3600000},
    {"--journal-rows", offsetof(struct options, journal_rows), 0, 100000000},
    {"--hold-ms", offsetof(struct options, hold_ms), 1, 86400000},
};

static bool
read_number(const struct number *number, const char *text, struct options *options)
{
    size_t length = strlen(text);
    if (length == 0 || length > 18 || strspn(text, "0123456789") != length)
        return false;
    int64_t value = strtoll(text, NULL, 10);
    if (value < number->least || value > number->most)
        return false;
    memcpy((char *)options + number->offset, &value, sizeof value);
    return true;
}

static bool
read_value(const char *name, const char *text, struct options *options)
{
    if (strcmp(name, "--host") == 0) {
        options->host = text;
        return *text != '\0';
    }
    if (strcmp(name, "--now") == 0)
        return calendar_parse(text, &options->now_ms);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(name, numbers[i].name) == 0)
            return read_number(&numbers[i], text, options);
    return false;
}

bool
options_read(int count, char *const *arguments, struct options *options, char *complaint,
             size_t size)
{
    *options = (struct options){
        .host = "127.0.0.1",
        .port = 8900,
        .control_port = 8901,
        .seed = 1,
        .now_ms = SETTABLE_CLOCK_RUNS,
        .threads = 600,
        .keep_alive_ms = 20000,
        .journal_rows = 1000000,
        .hold_ms = 600000,
    };
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0) {
            options->wants_help = true;
            continue;
        }
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (!read_value(arguments[i], value, options)) {
            snprintf(complaint, size, "%s %s: no such option, or no such value", arguments[i],
                     value);
            return false;
        }
        i++;
    }
    return true;
}
