/* bulk_json.h - a bulk request's JSON: its list of items, an item as the query that a single request would have, and what
 * became of the items. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/blob.h"
#include "base/text.h"
#include "config.h"
#include "near/near_cache.h"
#include "proxy/fetch.h"

enum bulk_state {
    BULK_WAITING, /* not asked for yet */
    BULK_ASKED,   /* its question is out */
    BULK_DONE,
};

struct bulk_item {
    enum bulk_state state;
    size_t leader; /* index of the first item that asks the same; its own: it is asked for itself */
    struct fetch fetch; /* without texts: it was refused before */
    int http_status;
    struct bytes body;        /* in entry or blob */
    struct near_entry *entry; /* one reference */
    struct blob *blob;        /* one reference */
    char *error;              /* owned; members of a JSON object; NULL: body */
    char *ignored;            /* owned; what X-Ignored-Parameters would name; NULL: nothing */
};

struct bulk {
    struct exchange *exchange;
    struct bulk_item *items; /* owned */
    size_t count;
    size_t planned;        /* items that are not refused */
    int64_t body_bytes;    /* of all items so far */
    struct bytes response; /* rendered, owned */
};

/* The list: {"requests": [...]}, or a bare array. Borrowed from body; NULL with the reason in *why: neither, empty, or more
 * than most items. */
const json_t *bulk_list(const json_t *body, int64_t most, const char **why);

/* Appends item's members as name=value&..., encoded: texts, numbers, booleans; null counts as absent. Of members that route
 * ignores the name alone; what else it has no parameter for is judged later, as in a query. False with the reason in *why: item is no
 * object, or a parameter's value is one, or a list; *name is the parameter, or NULL. out shows by is_cut that it is too
 * much. */
bool bulk_item_query(const struct route_config *route, const json_t *item, struct text *out,
                     const char **name, const char **why);

/* Ends the item with an error of ours, or of the upstream; its decision and its cost stay what they are, nothing is
 * saved. */
void bulk_item_fail(struct bulk_item *item, const struct problem *problem);
/* The response's body, made in one allocation. False: no memory. */
bool bulk_render(struct bulk *bulk);
/* What the request as a whole counts as: the most that happened to an item. */
enum decision bulk_decision(const struct bulk *bulk);
