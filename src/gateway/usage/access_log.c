/* access_log.c - a bounded queue of many writers and one reader, and its entries as lines.
 *
 * Life of a place: FREE, its turn is the number of its next writer -> claimed by the worker that moved `tail` ->
 * FILLED, its turn is one more -> read by the shipper -> FREE for the writer of the next round. */
#include "usage/access_log.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "http/client.h"

#define PLACES               4096 /* a power of two; of some 20 ms */
#define TEXT_SIZE            400  /* path, query and user agent of a line, each with its NUL */
#define QUERY_SIZE           512
#define AGENT_MOST           96
#define PATH_MOST            128
#define STRANGERS_PER_SECOND 20

struct access_entry {
    int64_t api_key_id; /* 0: none that we know */
    int64_t cost_micro_usd, saved_micro_usd;
    int64_t ttl_s; /* negative: none */
    int64_t bytes;
    int64_t duration_us, upstream_us;
    const struct route_config *route; /* NULL: none */
    const char *reason;               /* static; NULL: none */
    uint16_t http_status;
    uint8_t decision, level, ip_family;
    bool is_planned, has_cache_key, is_admin, is_refusal;
    uint8_t ip[16];
    uint8_t cache_key[16];
    char request_id[MESSAGE_REQUEST_ID_SIZE];
    char method[12];
    uint16_t query_at, agent_at; /* in text, the path being first */
    char text[TEXT_SIZE];
};

struct place {
    _Atomic uint64_t turn;
    struct access_entry entry;
};

struct access_log {
    _Atomic uint64_t tail;      /* workers */
    _Alignas(64) uint64_t head; /* the shipper's, as all below */
    int64_t second;             /* that strangers are counted in */
    int64_t strangers;          /* lines of theirs in it */
    int64_t strangers_skipped;
    struct place places[PLACES];
};

struct access_log *
access_log_create(void)
{
    struct access_log *log = aligned_alloc(64, sizeof *log);

    if (log == NULL)
        return NULL;
    atomic_init(&log->tail, 0);
    log->head = 0;
    log->second = 0;
    log->strangers = log->strangers_skipped = 0;
    for (uint64_t i = 0; i < PLACES; i++)
        atomic_init(&log->places[i].turn, i);
    return log;
}

void
access_log_destroy(struct access_log **log)
{
    if (*log == NULL)
        return;
    access_log_drain(*log);
    free(*log);
    *log = NULL;
}

/* NULL: the queue is full. */
static struct place *
claim_place(struct access_log *log)
{
    uint64_t at = atomic_load_explicit(&log->tail, memory_order_relaxed);

    for (;;) {
        struct place *place = &log->places[at % PLACES];
        uint64_t turn = atomic_load_explicit(&place->turn, memory_order_acquire);

        if (turn < at)
            return NULL;
        if (turn > at)
            at = atomic_load_explicit(&log->tail, memory_order_relaxed);
        else if (atomic_compare_exchange_weak_explicit(&log->tail, &at, at + 1,
                                                       memory_order_relaxed, memory_order_relaxed))
            return place;
    }
}

/* Appends text, cut to most bytes and to the room there is; where it begins. */
static uint16_t
add_text(struct access_entry *entry, size_t *size, struct bytes text, size_t most)
{
    uint16_t at = (uint16_t)*size;
    size_t room = TEXT_SIZE - 1 - *size;
    size_t taken = text.size < most ? text.size : most;

    taken = taken < room ? taken : room;
    if (taken > 0)
        memcpy(entry->text + at, text.data, taken);
    entry->text[at + taken] = '\0';
    *size += taken + (taken < room ? 1 : 0);
    return at;
}

/* As the plan has it: canonical, and of declared parameters alone. */
static struct bytes
planned_query(const struct exchange *exchange)
{
    struct bytes target = exchange->target;
    const uint8_t *mark = target.size > 0 ? memchr(target.data, '?', target.size) : NULL;
    return mark != NULL ? bytes_of(mark + 1, target.size - (size_t)(mark + 1 - target.data))
                        : (struct bytes){0};
}

static void
fill_texts(struct access_entry *entry, struct exchange *exchange)
{
    const struct request *request = exchange->request;
    const char *agent = exchange->user_agent;
    size_t size = 0;

    if (request != NULL && agent == NULL)
        agent = request_header(request, "User-Agent", NULL);
    add_text(entry, &size, bytes_of_text(request != NULL ? request->path : NULL), PATH_MOST);
    entry->agent_at = add_text(entry, &size, bytes_of_text(agent), AGENT_MOST);
    entry->query_at = add_text(entry, &size, planned_query(exchange), TEXT_SIZE);
    size = request != NULL ? strnlen(request->method, sizeof entry->method - 1) : 0;
    if (size > 0) /* without printf, like all that a hit does */
        memcpy(entry->method, request->method, size);
    entry->method[size] = '\0';
}

static void
fill_entry(struct access_entry *entry, struct exchange *exchange)
{
    const struct address *client = exchange->request != NULL ? client_address(exchange) : NULL;

    entry->api_key_id = exchange->api_key_id != 0 ? exchange->api_key_id : exchange->refused_key_id;
    entry->cost_micro_usd = exchange->cost_micro_usd;
    entry->saved_micro_usd = exchange->saved_micro_usd;
    entry->duration_us = exchange->duration_us;
    entry->upstream_us = exchange->upstream_us;
    entry->route = exchange->match.route;
    entry->reason = exchange->reason;
    entry->decision = (uint8_t)exchange->decision;
    entry->level = (uint8_t)exchange->level;
    entry->has_cache_key = exchange->has_cache_key;
    entry->is_admin = exchange->worker->ring == NULL;
    entry->ip_family = client != NULL ? client->family : 0;
    if (client != NULL)
        memcpy(entry->ip, client->bytes, sizeof entry->ip);
    if (exchange->has_cache_key)
        memcpy(entry->cache_key, exchange->cache_key, sizeof entry->cache_key);
    memcpy(entry->request_id, exchange->request_id, sizeof entry->request_id);
    fill_texts(entry, exchange);
}

/* Probes and documents have no line, and the admin listener only for who is refused there, and for what cannot be read: its
 * changes have their own. */
static bool
is_logged(const struct exchange *exchange, int http_status, bool is_refusal)
{
    bool is_admin = exchange->worker->ring == NULL && http_status != 400;
    bool is_small = exchange->match.route == NULL && http_status < 400;

    if (is_refusal)
        return log_is_enabled(LOG_WARNING);
    return exchange->worker->gateway->config->gateway.access_log && !is_admin && !is_small &&
           log_is_enabled(LOG_INFO);
}

void
access_log_add(struct exchange *exchange, int http_status, int64_t ttl_s, size_t bytes)
{
    bool is_refusal = http_status == 401 || http_status == 403 || http_status == 421;
    struct place *place;

    if (!is_logged(exchange, http_status, is_refusal))
        return;
    place = claim_place(exchange->worker->gateway->access_log);
    if (place == NULL) {
        log_count_lost(1);
        return;
    }
    fill_entry(&place->entry, exchange);
    place->entry.http_status = (uint16_t)http_status;
    place->entry.ttl_s = ttl_s;
    place->entry.bytes = (int64_t)bytes;
    place->entry.is_refusal = is_refusal;
    atomic_store_explicit(&place->turn,
                          atomic_load_explicit(&place->turn, memory_order_relaxed) + 1,
                          memory_order_release);
}

/* Whether a parameter's name says that its value is nobody's business. */
static bool
is_secret_name(const char *name, size_t size)
{
    static const char *const words[] = {"key", "token", "secret", "password", "signature"};

    for (size_t i = 0; i < COUNT(words); i++) {
        size_t length = strlen(words[i]);

        for (size_t at = 0; at + length <= size; at++)
            if (strncasecmp(name + at, words[i], length) == 0)
                return true;
    }
    return false;
}

/* The query with the values of secret parameters as "***". */
static void
hide_secrets(const char *query, char *out, size_t size)
{
    struct text text = text_of(out, size - 1);

    while (*query != '\0' && !text.is_cut) {
        size_t whole = strcspn(query, "&");
        size_t name = strcspn(query, "=&");
        bool is_secret = name < whole && is_secret_name(query, name);

        text_add_bytes(&text, bytes_of(query, is_secret ? name + 1 : whole));
        if (is_secret)
            text_add(&text, "***");
        query += whole;
        if (*query == '&')
            text_add_bytes(&text, bytes_of(query++, 1));
    }
    out[text.size] = '\0';
}

static void
write_entry(const struct access_entry *entry)
{
    char address[INET6_ADDRSTRLEN], query[QUERY_SIZE], key[33];
    const char *endpoint = entry->route != NULL ? entry->route->endpoint : NULL;
    struct log_field fields[20];
    size_t count = 0;

    hide_secrets(entry->text + entry->query_at, query, sizeof query);
    hex_write(entry->cache_key, sizeof entry->cache_key, key);
    if (entry->api_key_id != 0)
        fields[count++] = log_number("key_id", entry->api_key_id);
    fields[count++] = log_text("method", entry->method[0] != '\0' ? entry->method : NULL);
    fields[count++] = log_text("route", entry->is_admin ? "admin" : endpoint);
    fields[count++] = log_text("path", entry->text[0] != '\0' ? entry->text : NULL);
    fields[count++] = log_text("query", query[0] != '\0' ? query : NULL);
    fields[count++] = log_number("status", entry->http_status);
    fields[count++] = log_text("decision", decision_text((enum decision)entry->decision));
    fields[count++] = log_text("reason", entry->reason);
    fields[count++] = log_text(
        "cache_level", entry->level != LEVEL_NONE ? level_text((enum level)entry->level) : NULL);
    fields[count++] = log_text("cache_key", entry->has_cache_key ? key : NULL);
    fields[count++] = log_usd("cost_usd", entry->cost_micro_usd);
    fields[count++] = log_usd("saved_usd", entry->saved_micro_usd);
    if (entry->ttl_s >= 0)
        fields[count++] = log_number("ttl_s", entry->ttl_s);
    fields[count++] = log_number("duration_us", entry->duration_us);
    if (entry->upstream_us > 0) /* who joined a call that was under way waited for less */
        fields[count++] =
            log_number("upstream_us", entry->upstream_us < entry->duration_us ? entry->upstream_us
                                                                              : entry->duration_us);
    fields[count++] = log_number("bytes", entry->bytes);
    if (entry->ip_family != 0)
        fields[count++] = log_text("client", inet_ntop(entry->ip_family == 4 ? AF_INET : AF_INET6,
                                                       entry->ip, address, sizeof address));
    if (entry->text[entry->agent_at] != '\0')
        fields[count++] = log_text("user_agent", entry->text + entry->agent_at);
    log_set_request(entry->request_id);
    log_event(entry->is_refusal ? LOG_WARNING : LOG_INFO, entry->is_refusal ? "refused" : "access",
              fields, count);
}

static void
say_skipped(struct access_log *log)
{
    const struct log_field field = log_number("refusals", log->strangers_skipped);

    if (log->strangers_skipped > 0)
        log_event(LOG_WARNING, "refusals of unknown callers had no line", &field, 1);
    log->strangers_skipped = 0;
}

/* Whoever has no key can ask for as many lines as he likes: he gets some. */
static bool
is_too_many(struct access_log *log, const struct access_entry *entry, int64_t second)
{
    if (second != log->second) {
        say_skipped(log);
        log->second = second;
        log->strangers = 0;
    }
    if (entry->api_key_id != 0 || ++log->strangers <= STRANGERS_PER_SECOND)
        return false;
    log->strangers_skipped++;
    return true;
}

void
access_log_drain(struct access_log *log)
{
    int64_t second = clock_mono_ms() / 1000;

    log_set_actor("gateway");
    for (;;) {
        struct place *place = &log->places[log->head % PLACES];

        if (atomic_load_explicit(&place->turn, memory_order_acquire) != log->head + 1)
            break;
        if (!is_too_many(log, &place->entry, second))
            write_entry(&place->entry);
        atomic_store_explicit(&place->turn, log->head + PLACES, memory_order_release);
        log->head++;
    }
    if (second != log->second)
        say_skipped(log);
    log_set_request(NULL);
}
