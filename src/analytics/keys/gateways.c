/* gateways.c - a short array. */
#include "keys/gateways.h"

#include <string.h>

static struct gateway_listener_row *
gateways_find(struct gateways *gateways, int64_t gateway_id)
{
    for (size_t i = 0; i < gateways->count; i++)
        if (gateways->rows[i].gateway_id == gateway_id)
            return &gateways->rows[i];
    return NULL;
}

/* Rows stand in the order of their arrival. A process that died keeps its row until it lets a change go
 * unconfirmed, so the first is the one to give up. */
static struct gateway_listener_row *
make_room(struct gateways *gateways)
{
    if (gateways->count == GATEWAYS_MAX) {
        memmove(&gateways->rows[0], &gateways->rows[1],
                (GATEWAYS_MAX - 1) * sizeof gateways->rows[0]);
        gateways->count--;
    }
    return &gateways->rows[gateways->count++];
}

void
gateways_add(struct gateways *gateways, int64_t gateway_id, const struct sender *sender)
{
    struct gateway_listener_row *row = gateways_find(gateways, gateway_id);

    if (row == NULL)
        row = make_room(gateways);
    *row = (struct gateway_listener_row){.gateway_id = gateway_id, .sender = *sender};
    row->sender.correlation_id = 0;
    row->sender.request_id[0] = '\0';
}

void
gateways_confirm(struct gateways *gateways, int64_t gateway_id, int64_t version)
{
    struct gateway_listener_row *row = gateways_find(gateways, gateway_id);

    if (row != NULL && version > row->confirmed_version)
        row->confirmed_version = version;
}

size_t
gateways_unconfirmed(const struct gateways *gateways, int64_t version)
{
    size_t count = 0;

    for (size_t i = 0; i < gateways->count; i++)
        count += gateways->rows[i].confirmed_version < version;
    return count;
}

void
gateways_forget_unconfirmed(struct gateways *gateways, int64_t version)
{
    size_t kept = 0;

    for (size_t i = 0; i < gateways->count; i++)
        if (gateways->rows[i].confirmed_version >= version)
            gateways->rows[kept++] = gateways->rows[i];
    gateways->count = kept;
}
