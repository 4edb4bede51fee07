/* ledger.c - what the vendor would bill. */
#include "control/ledger.h"

#include "http/field.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 2 * LEDGER_KEYS_MOST,
};

void
ledger_init(struct ledger *ledger)
{
    *ledger = (struct ledger){0};
    pthread_mutex_init(&ledger->lock, NULL);
    ledger->keys = calloc(SLOTS, sizeof *ledger->keys);
    assert(ledger->keys != NULL);
}

void
ledger_fini(struct ledger *ledger)
{
    free(ledger->keys);
    ledger->keys = NULL;
    pthread_mutex_destroy(&ledger->lock);
}

/* The first free or equal slot from where the hash points to; half of the slots stay free. */
static struct ledger_key *
find_key(struct ledger *ledger, const char *hash)
{
    uint32_t slot = 2166136261U;
    for (const char *at = hash; *at != '\0'; at++)
        slot = (slot ^ (unsigned char)*at) * 16777619U;
    for (slot %= SLOTS;; slot = (slot + 1) % SLOTS) {
        struct ledger_key *key = &ledger->keys[slot];
        if (key->hash[0] == '\0' || strcmp(key->hash, hash) == 0)
            return key;
    }
}

static struct ledger_key *
take_key(struct ledger *ledger, const char *hash)
{
    struct ledger_key *key = find_key(ledger, hash);
    if (key->hash[0] != '\0')
        return key;
    if (ledger->key_count + 1 >= LEDGER_KEYS_MOST && strcmp(hash, "other") != 0)
        return take_key(ledger, "other");
    snprintf(key->hash, sizeof key->hash, "%s", hash);
    ledger->key_count++;
    return key;
}

static void
ledger_count(struct ledger_tally *tally, bool billable)
{
    tally->total++;
    tally->billable += billable;
}

void
ledger_add(struct ledger *ledger, const struct operation *operation, const char *key_hash,
           bool billable)
{
    size_t row = operation == NULL ? OPERATION_COUNT : operation->id;
    pthread_mutex_lock(&ledger->lock);
    ledger_count(&ledger->all, billable);
    ledger_count(&ledger->operations[row], billable);
    ledger_count(&take_key(ledger, key_hash == NULL ? "none" : key_hash)->tally, billable);
    pthread_mutex_unlock(&ledger->lock);
}

static void
write_tally(struct text *text, const char *key, const struct ledger_tally *tally)
{
    if (tally->total == 0)
        return;
    field_open(text, key, '{');
    field_integer(text, "total", (int64_t)tally->total);
    field_integer(text, "billable", (int64_t)tally->billable);
    field_close(text, '}');
}

void
ledger_write(struct ledger *ledger, struct text *text)
{
    pthread_mutex_lock(&ledger->lock);
    field_open(text, NULL, '{');
    field_integer(text, "total", (int64_t)ledger->all.total);
    field_integer(text, "billable", (int64_t)ledger->all.billable);
    field_open(text, "by_operation", '{');
    for (size_t i = 0; i <= OPERATION_COUNT; i++) {
        const struct operation *operation = i == OPERATION_COUNT ? NULL : &operations[i];
        write_tally(text, operation_name(operation), &ledger->operations[i]);
    }
    field_close(text, '}');
    field_open(text, "by_key", '{');
    for (size_t i = 0; i < SLOTS; i++)
        write_tally(text, ledger->keys[i].hash, &ledger->keys[i].tally);
    field_close(text, '}');
    field_close(text, '}');
    pthread_mutex_unlock(&ledger->lock);
}

void
ledger_clear(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    ledger->all = (struct ledger_tally){0};
    memset(ledger->operations, 0, sizeof ledger->operations);
    memset(ledger->keys, 0, SLOTS * sizeof *ledger->keys);
    ledger->key_count = 0;
    pthread_mutex_unlock(&ledger->lock);
}
