/* gateways.h - the listeners that know the keys: who has confirmed which version. Pure data.
 *
 * Life: added by its KEYS_SYNC -> told every change -> forgotten when it lets a change go unconfirmed; it finds out by
 * the version in the heartbeats and syncs again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "actor/actor.h"

#define GATEWAYS_MAX 64

struct gateway_listener_row {
    int64_t gateway_id;
    struct sender sender;
    int64_t confirmed_version;
};

struct gateways {
    struct gateway_listener_row rows[GATEWAYS_MAX];
    size_t count;
};

/* One that was there starts again unconfirmed. When there is no room the one that came first is forgotten. */
void gateways_add(struct gateways *gateways, int64_t gateway_id, const struct sender *sender);
void gateways_confirm(struct gateways *gateways, int64_t gateway_id, int64_t version);
size_t gateways_unconfirmed(const struct gateways *gateways, int64_t version);
/* Forgets those that have not confirmed version. */
void gateways_forget_unconfirmed(struct gateways *gateways, int64_t version);
