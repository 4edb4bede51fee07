/* mixture_clients.h - clients that ask for anything all the time and remember, request by request, what they were told. */
#pragma once

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define CLIENTS      6
#define EACH_KIND    18 /* targets: 5 to 22 comparables, 5 to 22 months */
#define BULK_ITEMS   6
#define REQUESTS_MAX 60000 /* each client */
#define ANSWER_MS                                                                                  \
    45000 /* the deadline of a request, the longest freezes, and a machine that stands still */
#define HERE          "latitude=30.27&longitude=-97.74"
#define CLIENT_PREFIX "books-"
#define VALUE_BULK    "/api/v1/estimates/value/bulk"

/* What can be asked for again and again; the paid API's own answer is known. */
struct good {
    char target[128], upstream[128];
    char *body;
    json_t *document;
};

enum good_kind { GOOD_RECORDS, GOOD_VALUE, GOOD_MARKET, GOOD_KINDS };

static struct good goods[GOOD_KINDS * EACH_KIND];

/* status 0: no whole answer came. */
struct answer {
    short status;
    bool has_row;
    int64_t cost_micro_usd;
};

struct client {
    pthread_t thread;
    int number;
    unsigned seed;
    struct http http;
    struct answer *answers;
    int count;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_up, is_over;
    int64_t answers; /* whole ones */
    char complaint[1024];
    struct client all[CLIENTS];
} clients = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static inline void
name_good(struct good *good, enum good_kind kind, int number)
{
    static const char *const ours[] = {"/api/v1/properties?state=TX&limit=2&offset=",
                                       "/api/v1/estimates/value?" HERE "&compCount=",
                                       "/api/v1/markets/stats?zipCode=78701&historyRange="};
    static const char *const theirs[] = {
        "/v1/properties?state=TX&limit=2&offset=", "/v1/avm/value?" HERE "&compCount=",
        "/v1/markets?zipCode=78701&historyRange="};

    snprintf(good->target, sizeof good->target, "%s%d", ours[kind], 5 + number);
    snprintf(good->upstream, sizeof good->upstream, "%s%d", theirs[kind], 5 + number);
}

/* Asks the paid API itself, and then it has never been asked. */
static inline void
learn_goods(void)
{
    json_decref(testbed_control(&testbed, "PUT", "/_control/clock",
                                "{\"now\": \"2026-01-15T12:00:00.000Z\"}"));
    for (int i = 0; i < GOOD_KINDS * EACH_KIND; i++) {
        struct http_response response;

        name_good(&goods[i], (enum good_kind)(i / EACH_KIND), i % EACH_KIND);
        http_call(testbed.simulator_port, "GET", goods[i].upstream, NULL, NULL,
                  "X-Api-Key: sim_key_unlimited\r\n", &response);
        ck_assert_msg(response.status == 200, "%s: %s", goods[i].upstream, response.body);
        goods[i].body = strdup(response.body);
        goods[i].document = json_loads(response.body, 0, NULL);
        ck_assert_ptr_nonnull(goods[i].document);
        http_response_fini(&response);
    }
    json_decref(testbed_control(&testbed, "DELETE", "/_control/journal", NULL));
    json_decref(testbed_control(&testbed, "DELETE", "/_control/ledger", NULL));
}

static inline void
forget_goods(void)
{
    for (int i = 0; i < GOOD_KINDS * EACH_KIND; i++) {
        free(goods[i].body);
        json_decref(goods[i].document);
    }
    memset(goods, 0, sizeof goods);
}

static inline void
complain(const char *what, const char *target, const struct http_response *response)
{
    pthread_mutex_lock(&clients.lock);
    if (clients.complaint[0] == '\0')
        snprintf(clients.complaint, sizeof clients.complaint, "%s: %s: %d %.400s", what, target,
                 response->status, response->body != NULL ? response->body : "");
    pthread_cond_broadcast(&clients.changed);
    pthread_mutex_unlock(&clients.lock);
}

/* False: the test is over. */
static inline bool
await_listener(void)
{
    bool goes_on;

    pthread_mutex_lock(&clients.lock);
    while (!clients.is_up && !clients.is_over)
        pthread_cond_wait(&clients.changed, &clients.lock);
    goes_on = !clients.is_over;
    pthread_mutex_unlock(&clients.lock);
    return goes_on;
}

static inline void
set_listener(bool is_up, bool is_over)
{
    pthread_mutex_lock(&clients.lock);
    clients.is_up = is_up;
    clients.is_over = is_over;
    pthread_cond_broadcast(&clients.changed);
    pthread_mutex_unlock(&clients.lock);
}

/* Lets them ask for so long; returns as soon as one of them has a complaint, which is the caller's to look at. */
static inline void
watch_clients(int duration_ms)
{
    struct timespec until = deadline_in(duration_ms);

    pthread_mutex_lock(&clients.lock);
    while (clients.complaint[0] == '\0' &&
           pthread_cond_timedwait(&clients.changed, &clients.lock, &until) == 0)
        ;
    pthread_mutex_unlock(&clients.lock);
}

static inline bool
is_status_of_ours(int status)
{
    static const int known[] = {200, 204, 400, 404, 422, 429, 500, 502, 503, 504};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == status)
            return true;
    return false;
}

static inline void
check_items(const struct http_response *response, const int items[BULK_ITEMS])
{
    json_t *document = json_loadb(response->body, response->body_size, 0, NULL);
    const json_t *results = json_object_get(document, "results");

    if (json_array_size(results) != BULK_ITEMS)
        complain("not one result per item", VALUE_BULK, response);
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *result = json_array_get(results, i);
        int status = (int)json_integer_value(json_object_get(result, "status"));

        if (!is_status_of_ours(status) ||
            (status == 200 && !json_equal(json_object_get(result, "data"),
                                          goods[GOOD_VALUE * EACH_KIND + items[i]].document)))
            complain("another item's body, or an odd status", VALUE_BULK, response);
    }
    json_decref(document);
}

static inline void
note_answer(struct client *client, const struct http_response *response, bool is_whole)
{
    struct answer *answer = &client->answers[client->count++];
    char cost[32];

    *answer = (struct answer){.status = is_whole ? (short)response->status : 0};
    if (!is_whole)
        return;
    /* a gateway without keys does not know yet whose request it is */
    answer->has_row =
        response->status != 503 || strstr(response->body, "problem:not-ready") == NULL;
    if (http_field(response, "X-Estimated-Cost", cost, sizeof cost))
        answer->cost_micro_usd = (int64_t)(strtod(cost, NULL) * 1000000 + 0.5);
    pthread_mutex_lock(&clients.lock);
    clients.answers++;
    pthread_mutex_unlock(&clients.lock);
}

/* body NULL: a GET. expected NULL: whatever it is. */
static inline bool
ask_once(struct client *client, const char *target, const char *body,
         struct http_response *response)
{
    char fields[96];
    long started_ms = now_ms();
    bool is_whole;

    snprintf(fields, sizeof fields,
             "User-Agent: " CLIENT_PREFIX "%d-%d\r\nX-Request-ID: " CLIENT_PREFIX "%d-%d\r\n",
             client->number, client->count, client->number, client->count);
    is_whole = http_call_on(&client->http, body != NULL ? "POST" : "GET", target, testbed.key, body,
                            fields, response);
    note_answer(client, response, is_whole);
    if (is_whole && (!is_status_of_ours(response->status) || now_ms() - started_ms > ANSWER_MS))
        complain("an odd status, or too late", target, response);
    if (!is_whole)
        http_close(&client->http);
    return is_whole;
}

static inline void
ask_for_good(struct client *client, bool is_forced)
{
    const struct good *good = &goods[rand_r(&client->seed) % (GOOD_KINDS * EACH_KIND)];
    struct http_response response;
    char target[192];

    snprintf(target, sizeof target, "%s%s", good->target, is_forced ? "&force_refresh=true" : "");
    if (ask_once(client, target, NULL, &response) && response.status == 200 &&
        strcmp(response.body, good->body) != 0)
        complain("another body", target, &response);
    http_response_fini(&response);
}

static inline void
ask_for_bulk(struct client *client)
{
    struct http_response response;
    char body[1024] = "{\"requests\": [";
    int items[BULK_ITEMS];

    for (int i = 0; i < BULK_ITEMS; i++) {
        size_t size = strlen(body);

        items[i] = rand_r(&client->seed) % EACH_KIND;
        snprintf(body + size, sizeof body - size,
                 "%s{\"latitude\": 30.27, \"longitude\": -97.74, \"compCount\": %d%s}",
                 i > 0 ? ", " : "", 5 + items[i],
                 rand_r(&client->seed) % 4 == 0 ? ", \"force_refresh\": true" : "");
    }
    snprintf(body + strlen(body), sizeof body - strlen(body), "]}");
    if (ask_once(client, VALUE_BULK, body, &response) && response.status == 200)
        check_items(&response, items);
    http_response_fini(&response);
}

/* Too large, unknown there, refused here. */
static inline void
ask_for_trouble(struct client *client, int choice)
{
    struct http_response response;
    char target[128];

    if (choice % 3 == 0)
        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=500&offset=%d",
                 rand_r(&client->seed) % 8);
    else if (choice % 3 == 1)
        snprintf(target, sizeof target, "/api/v1/properties/Nowhere-%d,-Austin,-TX-78701",
                 rand_r(&client->seed) % 8);
    else
        snprintf(target, sizeof target, "/api/v1/properties?limit=501");
    if (ask_once(client, target, NULL, &response) && response.status == 200)
        complain("what cannot be answered was", target, &response);
    http_response_fini(&response);
}

static inline void *
ask_all_the_time(void *argument)
{
    struct client *client = argument;

    client->http.socket = -1;
    while (await_listener() && client->count < REQUESTS_MAX) {
        int choice = (int)(rand_r(&client->seed) % 100);

        if (client->http.socket < 0 && !http_try_open(&client->http, testbed.port))
            continue; /* gone again */
        if (choice < 60)
            ask_for_good(client, false);
        else if (choice < 82)
            ask_for_good(client, true);
        else if (choice < 94)
            ask_for_bulk(client);
        else
            ask_for_trouble(client, choice);
    }
    http_close(&client->http);
    return NULL;
}

static inline void
start_clients(unsigned seed)
{
    clients.is_over = false;
    clients.is_up = true;
    clients.answers = 0;
    clients.complaint[0] = '\0';
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = &clients.all[i];

        *client = (struct client){.number = i, .seed = seed * 31 + (unsigned)i};
        client->answers = calloc(REQUESTS_MAX, sizeof *client->answers);
        ck_assert_ptr_nonnull(client->answers);
        ck_assert_int_eq(pthread_create(&client->thread, NULL, ask_all_the_time, client), 0);
    }
}

static inline void
end_clients(void)
{
    set_listener(true, true);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients.all[i].thread, NULL);
}

static inline void
free_clients(void)
{
    for (int i = 0; i < CLIENTS; i++)
        free(clients.all[i].answers);
}
