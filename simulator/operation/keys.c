/* keys.c - the API keys the simulator knows, and whether one may make a request. */
#include "operation/keys.h"

#include "http/field.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[KEY_KIND_COUNT] = {
    [KEY_UNLIMITED] = "unlimited",   [KEY_LIMITED] = "limited",
    [KEY_INACTIVE] = "inactive",     [KEY_INACTIVE_401] = "inactive_401",
    [KEY_RESTRICTED] = "restricted", [KEY_DISABLED] = "disabled",
};

static const struct {
    const char *name;
    const char *value;
    enum key_kind kind;
} defaults[] = {
    {"unlimited", "sim_key_unlimited", KEY_UNLIMITED},
    {"limited", "sim_key_limited", KEY_LIMITED},
    {"inactive", "sim_key_inactive", KEY_INACTIVE},
    {"inactive_401", "sim_key_inactive_401", KEY_INACTIVE_401},
    {"restricted", "sim_key_restricted", KEY_RESTRICTED},
    {"disabled", "sim_key_disabled", KEY_DISABLED},
};

static const char restricted_path[] = "/v1/properties";

static void
compute_hash(const char *value, char hash[KEY_HASH_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)value, strlen(value), digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        hash[2 * i] = digits[digest[i] >> 4];
        hash[2 * i + 1] = digits[digest[i] & 15];
    }
    hash[KEY_HASH_SIZE - 1] = '\0';
}

/* requests_per_second counts for limited keys, path for restricted ones. */
static void
make_key(struct key *key, const char *name, const char *value, enum key_kind kind,
         uint32_t requests_per_second)
{
    *key = (struct key){.kind = kind};
    snprintf(key->name, sizeof key->name, "%s", name);
    snprintf(key->value, sizeof key->value, "%s", value);
    snprintf(key->path, sizeof key->path, "%s", restricted_path);
    compute_hash(value, key->hash);
    if (kind == KEY_LIMITED)
        rate_window_init(&key->window, requests_per_second);
}

static void
free_keys(struct key *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rate_window_fini(&rows[i].window);
    free(rows);
}

void
keys_init(struct keys *keys)
{
    keys->count = sizeof defaults / sizeof defaults[0];
    keys->rows = calloc(keys->count, sizeof *keys->rows);
    assert(keys->rows != NULL);
    for (size_t i = 0; i < keys->count; i++)
        make_key(&keys->rows[i], defaults[i].name, defaults[i].value, defaults[i].kind,
                 KEY_RATE_DEFAULT);
    pthread_mutex_init(&keys->lock, NULL);
}

void
keys_fini(struct keys *keys)
{
    free_keys(keys->rows, keys->count);
    keys->rows = NULL;
    keys->count = 0;
    pthread_mutex_destroy(&keys->lock);
}

static struct key *
keys_find(struct keys *keys, const char *value)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->rows[i].value, value) == 0)
            return &keys->rows[i];
    return NULL;
}

void
keys_hash(struct keys *keys, const char *value, char hash[KEY_HASH_SIZE])
{
    pthread_mutex_lock(&keys->lock);
    const struct key *key = keys_find(keys, value);
    if (key != NULL)
        memcpy(hash, key->hash, KEY_HASH_SIZE);
    pthread_mutex_unlock(&keys->lock);
    if (key == NULL)
        compute_hash(value, hash);
}

static bool
keys_refuse(struct problem *problem, enum problem_kind kind)
{
    problem_set(problem, kind, NULL);
    return false;
}

static bool
admit_limited(struct key *key, int64_t now_ms, struct problem *problem)
{
    if (rate_window_admit(&key->window, now_ms))
        return true;
    char message[80];
    snprintf(message, sizeof message, "The rate limit of %u requests per second has been exceeded",
             key->window.limit);
    problem_set(problem, PROBLEM_RATE_LIMIT, message);
    return false;
}

static bool
admit(struct key *key, const char *path, int64_t now_ms, struct problem *problem)
{
    switch (key->kind) {
    case KEY_UNLIMITED:
        return true;
    case KEY_LIMITED:
        return admit_limited(key, now_ms, problem);
    case KEY_INACTIVE:
        return keys_refuse(problem, PROBLEM_INACTIVE);
    case KEY_INACTIVE_401:
        return keys_refuse(problem, PROBLEM_INACTIVE_401);
    case KEY_RESTRICTED:
        return strcmp(path, key->path) == 0 || keys_refuse(problem, PROBLEM_RESTRICTED);
    case KEY_DISABLED:
    case KEY_KIND_COUNT:
        break;
    }
    return keys_refuse(problem, PROBLEM_BAD_KEY);
}

bool
keys_admit(struct keys *keys, const char *value, const char *path, int64_t now_ms,
           struct problem *problem)
{
    if (value == NULL || *value == '\0')
        return keys_refuse(problem, PROBLEM_NO_KEY);
    pthread_mutex_lock(&keys->lock);
    struct key *key = keys_find(keys, value);
    bool is_admitted =
        key == NULL ? keys_refuse(problem, PROBLEM_BAD_KEY) : admit(key, path, now_ms, problem);
    pthread_mutex_unlock(&keys->lock);
    return is_admitted;
}

static int
find_kind(const char *name)
{
    for (int kind = 0; kind < KEY_KIND_COUNT; kind++)
        if (strcmp(kind_names[kind], name) == 0)
            return kind;
    return -1;
}

/* What is wrong with one entry, NULL when it was read. */
static const char *
read_key(const json_t *entry, struct key *key)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const char *value = json_string_value(json_object_get(entry, "key"));
    const char *kind_name = json_string_value(json_object_get(entry, "kind"));
    const json_t *rate = json_object_get(entry, "requests_per_second");
    const char *path = json_string_value(json_object_get(entry, "path"));
    int kind = kind_name == NULL ? -1 : find_kind(kind_name);
    json_int_t limit = rate == NULL ? KEY_RATE_DEFAULT : json_integer_value(rate);
    if (value == NULL || *value == '\0' || strlen(value) >= sizeof key->value)
        return "'key' must be a string of 1 to 127 bytes";
    if (name != NULL && strlen(name) >= sizeof key->name)
        return "'name' must have at most 63 bytes";
    if (kind < 0)
        return "'kind' must be unlimited, limited, inactive, inactive_401, restricted or disabled";
    if (limit < 1 || limit > RATE_WINDOW_MOST)
        return "'requests_per_second' must be 1 to 1000";
    if (path != NULL && strlen(path) >= sizeof key->path)
        return "'path' must have at most 127 bytes";
    make_key(key, name == NULL ? value : name, value, (enum key_kind)kind, (uint32_t)limit);
    if (path != NULL)
        snprintf(key->path, sizeof key->path, "%s", path);
    return NULL;
}

static void
swap_rows(struct keys *keys, struct key *rows, size_t count)
{
    pthread_mutex_lock(&keys->lock);
    struct key *old = keys->rows;
    size_t old_count = keys->count;
    keys->rows = rows;
    keys->count = count;
    pthread_mutex_unlock(&keys->lock);
    free_keys(old, old_count);
}

bool
keys_replace(struct keys *keys, const json_t *document, char *complaint, size_t size)
{
    const json_t *list = json_object_get(document, "keys");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > KEYS_MOST) {
        snprintf(complaint, size, "'keys' must be an array of at most %d entries", KEYS_MOST);
        return false;
    }
    struct key *rows = calloc(count + 1, sizeof *rows);
    assert(rows != NULL);
    for (size_t i = 0; i < count; i++) {
        const char *wrong = read_key(json_array_get(list, i), &rows[i]);
        if (wrong != NULL) {
            snprintf(complaint, size, "keys[%zu]: %s", i, wrong);
            free_keys(rows, i);
            return false;
        }
    }
    swap_rows(keys, rows, count);
    return true;
}

void
keys_write(struct keys *keys, struct text *text)
{
    pthread_mutex_lock(&keys->lock);
    field_open(text, NULL, '{');
    field_open(text, "keys", '[');
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = &keys->rows[i];
        field_open(text, NULL, '{');
        field_string(text, "name", key->name);
        field_string(text, "key", key->value);
        field_string(text, "kind", kind_names[key->kind]);
        if (key->kind == KEY_LIMITED)
            field_integer(text, "requests_per_second", key->window.limit);
        if (key->kind == KEY_RESTRICTED)
            field_string(text, "path", key->path);
        field_close(text, '}');
    }
    field_close(text, ']');
    field_close(text, '}');
    pthread_mutex_unlock(&keys->lock);
}
