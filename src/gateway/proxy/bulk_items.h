/* bulk_items.h - the items of a bulk request, from their plans to what became of them. */
#pragma once

#include "base/blob.h"
#include "near/near_cache.h"
#include "proxy/miss.h"
#include "response/response.h"

enum bulk_state {
    BULK_WAITING, /* not asked for yet */
    BULK_ASKED,   /* its question is out */
    BULK_DONE,
};

struct bulk_item {
    enum bulk_state state;
    size_t leader; /* index of the first item that asks the same; its own: it is asked for itself */
    /* from the plan; texts owns the bytes */
    char *texts;
    char cache_key_hex[33];
    struct miss_question question;
    uint64_t correlation_id; /* of the question that is out */
    bool is_decided;         /* the first reply decides; a second one brings the body alone */
    /* what became of it */
    enum decision decision;
    int http_status;
    int64_t cost_micro_usd;
    int64_t saved_micro_usd;
    int64_t price_micro_usd;  /* what a hit on the same entry saves */
    struct bytes body;        /* in entry or blob */
    struct near_entry *entry; /* one reference */
    struct blob *blob;        /* one reference */
    char *error;              /* owned; members of a JSON object; NULL: body */
};

struct bulk {
    struct exchange *exchange;
    struct bulk_item *items; /* owned */
    size_t count;
    size_t planned;        /* items that are not refused */
    int64_t body_bytes;    /* of all items so far */
    struct bytes response; /* rendered, owned */
};

/* Ends the item with an error of ours, or of the upstream; its decision and its cost stay what they are, nothing is
 * saved. */
void bulk_item_fail(struct bulk_item *item, const struct problem *problem);
/* Finds or fetches every item that waits. */
void bulk_fetch(struct bulk *bulk);
/* The answer's body, made in one allocation. False: no memory. */
bool bulk_response_render(struct bulk *bulk);
/* What the request as a whole counts as: the most that happened to an item. */
enum decision bulk_response_decision(const struct bulk *bulk);
