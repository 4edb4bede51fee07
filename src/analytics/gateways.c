/* gateways.c - a short array. */
#include "gateways.h"

static struct gateway_listener_row *
find(struct gateways *gateways, int64_t gateway_id)
{
    for (size_t i = 0; i < gateways->count; i++)
        if (gateways->rows[i].gateway_id == gateway_id)
            return &gateways->rows[i];
    return NULL;
}

bool
gateways_add(struct gateways *gateways, int64_t gateway_id, const struct sender *sender)
{
    struct gateway_listener_row *row = find(gateways, gateway_id);

    if (row == NULL) {
        if (gateways->count == GATEWAYS_MAX)
            return false;
        row = &gateways->rows[gateways->count++];
    }
    *row = (struct gateway_listener_row){.gateway_id = gateway_id, .sender = *sender};
    row->sender.correlation_id = 0;
    row->sender.request_id[0] = '\0';
    return true;
}

void
gateways_confirm(struct gateways *gateways, int64_t gateway_id, int64_t version)
{
    struct gateway_listener_row *row = find(gateways, gateway_id);

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
