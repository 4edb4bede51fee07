/* keys.h - the API keys the simulator knows, and whether one may make a request.
 *
 * One fixed key of each kind exists at start; the control interface replaces the list. These keys open
 * nothing, so they are shown as they are. Any thread may call.
 */
#pragma once

#include "http/problem.h"
#include "operation/rate_window.h"

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KEYS_MOST = 256,
    KEY_HASH_SIZE = 65, /* SHA-256 in hexadecimal, and a NUL */
    KEY_RATE_DEFAULT = 20,
};

enum key_kind {
    KEY_UNLIMITED,
    KEY_LIMITED,      /* so many requests in any second, 429 */
    KEY_INACTIVE,     /* no subscription, 403 as the vendor answers today */
    KEY_INACTIVE_401, /* no subscription, 401 as it answered before */
    KEY_RESTRICTED,   /* one path only, else 403 */
    KEY_DISABLED,     /* 401, as if unknown */
    KEY_KIND_COUNT
};

struct key {
    char name[64];
    char value[128];
    char hash[KEY_HASH_SIZE];
    char path[128]; /* the one path of a restricted key */
    enum key_kind kind;
    struct rate_window window; /* of a limited key */
};

struct keys {
    pthread_mutex_t lock;
    struct key *rows;
    size_t count;
};

void keys_init(struct keys *keys);
void keys_fini(struct keys *keys);

/* The hash of any key, known or not. */
void keys_hash(struct keys *keys, const char *value, char hash[KEY_HASH_SIZE]);

/* Whether the key may ask for the path now (monotonic); false with a problem. value NULL: none
 * was sent. */
bool keys_admit(struct keys *keys, const char *value, const char *path, int64_t now_ms,
                struct problem *problem);

/* {"keys":[...]}: replaces the list, or says in complaint what is wrong and changes nothing. */
bool keys_replace(struct keys *keys, const json_t *document, char *complaint, size_t size);
void keys_write(struct keys *keys, struct text *text);
