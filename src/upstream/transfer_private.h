/* transfer_private.h - what the files of transfer.h share. */
#pragma once

#include <curl/curl.h>

#include "header_filter.h"
#include "transfer.h"

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

struct transfers {
    CURLM *multi;
    const struct config *config;
    transfer_done_function *done;
    void *context;
    struct transfer *first;
    size_t running;
    char host[256], port[8];
};

/* Everything the library must know of this request; false: no memory, or the URL is too long. */
bool transfer_set_up(struct transfer *transfer, const struct transfer_request *request);
