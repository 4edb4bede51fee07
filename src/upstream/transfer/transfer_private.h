/* transfer_private.h - what the files of transfer.h share. */
#pragma once

#include <curl/curl.h>

#include "transfer/header_filter.h"
#include "transfer/transfer.h"

struct transfer {
    struct transfers *owner;
    struct transfer *next, *previous;
    CURL *curl;
    struct curl_slist *headers, *resolve;
    struct header_filter filter;
    uint8_t *body;
    size_t body_size, body_capacity;
    int64_t first_byte_by_ms;
    int prereq_calls;
    bool is_too_large;
    void *call;
};

struct probe {
    CURL *curl; /* NULL: none is under way */
    struct curl_slist *resolve;
    int64_t started_ns;
    probe_done_function *done;
};

struct transfers {
    CURLM *multi;
    const struct config *config;
    transfer_done_function *done;
    void *context;
    struct transfer *first;
    size_t running;
    size_t connections; /* sockets of the library that are open */
    struct probe probe;
    char host[256], port[8];
};

/* Timeouts, what is refused, and how sockets are opened: for every handle. */
void transfer_set_bounds(struct transfers *transfers, CURL *curl, int64_t timeout_ms);
/* The probe ended with code. */
void probe_finish(struct transfers *transfers, CURLcode code);
/* Without a word. */
void probe_drop(struct transfers *transfers);
/* Everything the library must know of this request; false: no memory, or the URL is too long. */
bool transfer_set_up(struct transfer *transfer, const struct transfer_request *request);
