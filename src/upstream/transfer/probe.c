/* probe.c - connecting to the paid API and hanging up again: no request is sent, so nothing can be billed. */
#include "transfer/transfer_private.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void
clean_up(struct transfers *self)
{
    if (self->probe.curl != NULL) {
        curl_multi_remove_handle(self->multi, self->probe.curl);
        curl_easy_cleanup(self->probe.curl);
    }
    curl_slist_free_all(self->probe.resolve);
    memset(&self->probe, 0, sizeof self->probe);
}

static bool
set_up(struct transfers *self, const char *addresses)
{
    struct probe *probe = &self->probe;
    char line[CONFIG_TEXT_SIZE * 2];

    snprintf(line, sizeof line, "%s:%s:%s", self->host, self->port, addresses);
    probe->curl = curl_easy_init();
    probe->resolve = curl_slist_append(NULL, line);
    if (probe->curl == NULL || probe->resolve == NULL ||
        curl_easy_setopt(probe->curl, CURLOPT_URL, self->config->upstream.base_url) != CURLE_OK)
        return false;
    transfer_set_bounds(self, probe->curl, self->config->upstream.connect_timeout_ms);
    curl_easy_setopt(probe->curl, CURLOPT_RESOLVE, probe->resolve);
    curl_easy_setopt(probe->curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(probe->curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(probe->curl, CURLOPT_FORBID_REUSE, 1L);
    return curl_multi_add_handle(self->multi, probe->curl) == CURLM_OK;
}

enum status
transfers_probe(struct transfers *self, const char *addresses, probe_done_function *done)
{
    if (self->probe.curl != NULL)
        return STATUS_OVERLOADED;
    self->probe.done = done;
    self->probe.started_ns = clock_mono_ns();
    if (set_up(self, addresses))
        return STATUS_OK;
    clean_up(self);
    return STATUS_NO_MEMORY;
}

void
probe_finish(struct transfers *self, CURLcode code)
{
    struct probe ended = self->probe;

    clean_up(self);
    ended.done(self->context, code == CURLE_OK, (clock_mono_ns() - ended.started_ns) / 1000,
               curl_easy_strerror(code));
}

void
probe_drop(struct transfers *self)
{
    clean_up(self);
}
