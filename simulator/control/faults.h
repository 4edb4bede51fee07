/* faults.h - the faults in force, and what they do to a request.
 *
 * Entries are looked at in their order. Each that matches path, key and probability counts once:
 * latency adds its delay and the search goes on, any other kind ends it. A hold keeps its answers
 * back while an entry of that kind matches them; one that has used up its times catches no new
 * requests, but still holds those it caught. Any thread may call.
 */
#pragma once

#include "common/text.h"
#include "control/waiting.h"
#include "data/draw.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
    FAULT_NONE, /* the answer goes out as it is */
    FAULT_LATENCY,
    FAULT_STATUS,
    FAULT_RESET,        /* RST instead of an answer */
    FAULT_TRUNCATE,     /* half of the body, then the end of the connection */
    FAULT_GARBAGE,      /* 200 with a body that is no JSON */
    FAULT_CONTENT_TYPE, /* the body as text/html */
    FAULT_TRICKLE,      /* the body in small pieces, with pauses */
    FAULT_CLOSE,        /* the end of the connection instead of an answer */
    FAULT_HOLD,
    FAULT_KIND_COUNT
};

enum fault_distribution {
    DISTRIBUTION_FIXED,
    DISTRIBUTION_UNIFORM,     /* latency_ms to latency_ms + spread_ms */
    DISTRIBUTION_NORMAL,      /* mean latency_ms, deviation spread_ms */
    DISTRIBUTION_EXPONENTIAL, /* mean latency_ms */
    DISTRIBUTION_COUNT
};

enum {
    FAULTS_MOST = 256,
    FAULT_HEADERS_SIZE = 1024,
    FAULT_LATENCY_MOST_MS = 600000,
};

struct fault {
    char path[256]; /* decoded path, a template with {id}, or a prefix that ends in *; empty: any */
    char key_hash[65]; /* empty: any */
    double probability;
    enum fault_kind kind;
    enum fault_distribution distribution;
    int64_t latency_ms; /* before the answer; of trickle: between pieces */
    int64_t spread_ms;
    int status;
    int64_t times; /* how often it still applies, -1 without end */
    uint32_t piece_bytes;
    char headers[FAULT_HEADERS_SIZE]; /* complete lines added to the answer */
};

struct faults {
    struct waiting waiting;
    struct fault *rows;
    size_t count;
    _Atomic size_t armed; /* count, read without the lock */
    size_t held;
    struct draw draw;
};

/* Whom a fault may hit. */
struct fault_target {
    const char *path;     /* decoded */
    const char *template; /* of the operation, NULL for none */
    const char *key_hash; /* NULL for none */
};

/* What happens to one request. */
struct fault_plan {
    enum fault_kind kind;
    int64_t delay_ms;
    int64_t piece_pause_ms;
    uint32_t piece_bytes;
    int status;
    char headers[FAULT_HEADERS_SIZE];
};

void faults_init(struct faults *faults, uint64_t seed);
void faults_fini(struct faults *faults);

void faults_plan(struct faults *faults, const struct fault_target *target, struct fault_plan *plan);

/* Returns once nothing holds the target any more; false after so long, or at a stop. A plan of
 * kind FAULT_HOLD counts as held from faults_plan on, and this ends it. */
bool faults_hold(struct faults *faults, const struct fault_target *target, int64_t most_ms);

/* Waits until so many requests are held; how many are. */
size_t faults_wait_held(struct faults *faults, size_t requests, int64_t timeout_ms);

/* {"faults":[...]}: replaces the list, or says in complaint what is wrong and changes nothing. */
bool faults_replace(struct faults *faults, const json_t *document, char *complaint, size_t size);
void faults_write(struct faults *faults, struct text *text);

/* faults_json.c: one entry; NULL when it was read, else what is wrong. */
const char *fault_read(json_t *entry, struct fault *fault);
void fault_write(const struct fault *fault, struct text *text);
