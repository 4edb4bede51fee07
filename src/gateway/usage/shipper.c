/* shipper.c - batches out, marks in; segments while nobody takes them.
 *
 * Life of a batch: taken from the spool -> sent, and held here -> USAGE_STORED: confirmed (dropped
 * from the spool), or given back to the spool by a rewind (gap, storage failure, analytics
 * restarted or silent). A batch that is sent twice is stored once: the mark decides that. */
#include "usage/shipper.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway_state.h"
#include "metrics.h"
#include "usage/access_log.h"

#define OUTSTANDING_MAX  64
#define RESPONSE_WAIT_MS 10000
#define STORAGE_PAUSE_MS 500
#define OVERFLOW_LOOK_MS 20
#define BEHIND_MS        100

struct outstanding {
    struct blob *records; /* NULL: the place is free */
    int64_t ring;
    int64_t last_sequence;
    int64_t sent_ms;
};

struct shipper {
    struct actor *actor;
    struct gateway *gateway;
    struct outstanding outstanding[OUTSTANDING_MAX];
    int64_t next_ship_ms;
    int64_t next_sync_ms;
};

static struct outstanding *
find_place(struct shipper *self, int64_t ring)
{
    for (size_t i = 0; i < OUTSTANDING_MAX; i++)
        if (self->outstanding[i].records != NULL && self->outstanding[i].ring == ring)
            return &self->outstanding[i];
    return NULL;
}

static struct outstanding *
free_place(struct shipper *self)
{
    for (size_t i = 0; i < OUTSTANDING_MAX; i++)
        if (self->outstanding[i].records == NULL)
            return &self->outstanding[i];
    return NULL;
}

/* Nothing that is out counts as sent any more; again after pause_ms. */
static void
start_over(struct shipper *self, int64_t pause_ms)
{
    for (size_t i = 0; i < OUTSTANDING_MAX; i++)
        blob_release(&self->outstanding[i].records);
    spool_rewind(self->gateway->spool);
    self->next_ship_ms = clock_mono_ms() + pause_ms;
}

static enum status
send_batch(struct shipper *self, struct outstanding *place, const struct spool_batch *batch)
{
    struct message message = {
        .kind = MSG_USAGE_BATCH,
        .correlation_id = actor_next_correlation(self->actor),
        .u.USAGE_BATCH =
            {
                .spool_id = bytes_of_text(spool_id(self->gateway->spool)),
                .ring = (int64_t)batch->ring,
                .first_sequence = batch->first_sequence,
                .count = (int64_t)batch->count,
            },
    };
    enum status status;

    place->records = blob_copy(bytes_of(batch->records, batch->count * sizeof *batch->records));
    if (place->records == NULL)
        return STATUS_NO_MEMORY;
    place->ring = (int64_t)batch->ring;
    place->last_sequence = batch->first_sequence + (int64_t)batch->count - 1;
    place->sent_ms = clock_mono_ms();
    message.body = place->records;
    status = actor_tell(self->actor, ACTOR_ANALYTICS, &message);
    if (status != STATUS_OK)
        blob_release(&place->records);
    return status;
}

static void
shipper_ship(struct shipper *self)
{
    size_t limit = (size_t)self->gateway->config->analytics.batch_rows;
    struct outstanding *place;
    struct spool_batch batch;

    while ((place = free_place(self)) != NULL &&
           spool_next_batch(self->gateway->spool, limit, &batch)) {
        if (send_batch(self, place, &batch) != STATUS_OK) {
            start_over(self, STORAGE_PAUSE_MS);
            return;
        }
    }
}

static void
on_usage_stored(void *state, const struct message *message, const struct sender *from)
{
    struct shipper *self = state;
    const struct usage_stored *stored = &message->u.USAGE_STORED;
    struct outstanding *place = find_place(self, stored->ring);
    bool is_current = place != NULL && stored->sequence >= place->last_sequence;

    (void)from;
    if (!bytes_equal_text(stored->spool_id, spool_id(self->gateway->spool)))
        return;
    if (message->status != STATUS_OK && message->status != STATUS_GAP) {
        start_over(self, STORAGE_PAUSE_MS);
        return;
    }
    spool_confirm(self->gateway->spool, (size_t)stored->ring, stored->sequence);
    if (message->status == STATUS_GAP || (place != NULL && !is_current)) {
        start_over(self, 0);
    } else if (is_current) {
        metric_add(METRIC_SPOOL_STORED,
                   (int64_t)(blob_bytes(place->records).size / sizeof(struct usage_record)));
        blob_release(&place->records);
    }
}

static void
on_peer(void *state, enum actor_id peer, enum peer_event event, const struct message *reply)
{
    struct shipper *self = state;

    (void)peer;
    (void)event;
    (void)reply;
    start_over(self, 0);
}

/* The age of the oldest batch that is out; 0: none is. */
static int64_t
oldest_ms(const struct shipper *self, int64_t now_mono_ms)
{
    int64_t oldest = 0;

    for (size_t i = 0; i < OUTSTANDING_MAX; i++)
        if (self->outstanding[i].records != NULL &&
            now_mono_ms - self->outstanding[i].sent_ms > oldest)
            oldest = now_mono_ms - self->outstanding[i].sent_ms;
    return oldest;
}

/* Segments cost a second writing: they are for when nobody takes the records, or not fast enough. */
static bool
needs_segments(const struct shipper *self, int64_t now_mono_ms)
{
    return !actor_peer_is_up(self->actor, ACTOR_ANALYTICS) || spool_is_full(self->gateway->spool) ||
           oldest_ms(self, now_mono_ms) > BEHIND_MS || self->next_ship_ms - now_mono_ms > BEHIND_MS;
}

static int64_t
shipper_tick(void *state, int64_t now_mono_ms)
{
    struct shipper *self = state;
    const struct config *config = self->gateway->config;

    access_log_drain(self->gateway->access_log);
    log_set_actor(gateway_shipper.name);
    if (now_mono_ms >= self->next_sync_ms) {
        (void)spool_sync(self->gateway->spool);
        self->next_sync_ms = now_mono_ms + config->spool.sync_ms / 2;
        metric_set(METRIC_SPOOL_SEGMENT_BYTES, spool_segment_bytes(self->gateway->spool));
    }
    if (oldest_ms(self, now_mono_ms) > RESPONSE_WAIT_MS)
        start_over(self, 0);
    if (actor_peer_is_up(self->actor, ACTOR_ANALYTICS) && now_mono_ms >= self->next_ship_ms) {
        self->next_ship_ms = now_mono_ms + config->spool.ship_interval_ms;
        shipper_ship(self);
    }
    if (needs_segments(self, now_mono_ms))
        spool_overflow(self->gateway->spool);
    return config->spool.ship_interval_ms < OVERFLOW_LOOK_MS ? config->spool.ship_interval_ms
                                                             : OVERFLOW_LOOK_MS;
}

static void *
shipper_create(struct actor *actor, const struct config *config, void *argument)
{
    struct shipper *self = calloc(1, sizeof *self);

    (void)config;
    if (self == NULL)
        return NULL;
    self->actor = actor;
    self->gateway = argument;
    return self;
}

static void
shipper_destroy(void *state)
{
    struct shipper *self = state;

    for (size_t i = 0; i < OUTSTANDING_MAX; i++)
        blob_release(&self->outstanding[i].records);
    free(self);
}

static const struct actor_route routes[] = {{MSG_USAGE_STORED, on_usage_stored}};

static const enum actor_id peers[] = {ACTOR_ANALYTICS};

const struct actor_class gateway_shipper = {
    .name = "gateway-ship",
    .id = ACTOR_GATEWAY,
    .has_inbox = false,
    ACTOR_PEERS(peers),
    .create = shipper_create,
    .destroy = shipper_destroy,
    ACTOR_ROUTES(routes),
    .tick = shipper_tick,
    .on_peer = on_peer,
};
