/* call.c - a call's copy of what it was asked, the queue, and the status at its end. */
#include "call/call.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static char *
call_copy_text(struct bytes from)
{
    char *text = malloc(from.size + 1);

    if (text != NULL)
        bytes_copy_text(from, text, from.size + 1);
    return text;
}

struct call *
call_create(const struct upstream_fetch *fetch, const struct sender *from, int64_t deadline_ms)
{
    struct call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    call->state = CALL_QUEUED;
    call->from = *from;
    call->flight_id = fetch->flight_id;
    call->api_key_id = fetch->api_key_id;
    call->reason = fetch->reason;
    call->price_micro_usd = fetch->price_micro_usd;
    call->deadline_ms = deadline_ms;
    call->attempt = 1;
    call->target = call_copy_text(fetch->target);
    call->credential = fetch->credential.size > 0 ? call_copy_text(fetch->credential) : NULL;
    if (call->target == NULL || (fetch->credential.size > 0 && call->credential == NULL) ||
        !bytes_copy_text(fetch->route, call->route, sizeof call->route))
        call_free(&call);
    return call;
}

void
call_free(struct call **call)
{
    if (*call == NULL)
        return;
    if ((*call)->credential != NULL)
        OPENSSL_cleanse((*call)->credential, strlen((*call)->credential));
    free((*call)->credential);
    free((*call)->target);
    free(*call);
    *call = NULL;
}

void
call_list_init(struct call_list *list)
{
    *list = (struct call_list){0};
    TAILQ_INIT(&list->calls);
}

void
call_list_add(struct call_list *list, struct call *call)
{
    TAILQ_INSERT_TAIL(&list->calls, call, link);
    list->count[call->state]++;
}

void
call_list_remove(struct call_list *list, struct call *call)
{
    TAILQ_REMOVE(&list->calls, call, link);
    list->count[call->state]--;
}

void
call_list_move(struct call_list *list, struct call *call, enum call_state state)
{
    list->count[call->state]--;
    call->state = state;
    list->count[state]++;
}

struct call *
call_list_find(const struct call_list *list, struct bytes call_id)
{
    struct call *call;

    TAILQ_FOREACH (call, &list->calls, link)
        if (bytes_equal_text(call_id, call->call_id))
            return call;
    return NULL;
}

enum status
call_status_of(const struct transfer_result *result, bool is_own_credential)
{
    switch (result->outcome) {
    case TRANSFER_OK:
        if (is_own_credential && http_status_rejects_key(result->http_status))
            return STATUS_UPSTREAM_CREDENTIAL;
        return result->http_status == 429 ? STATUS_UPSTREAM_LIMITED : STATUS_OK;
    case TRANSFER_TIMED_OUT:
        return STATUS_UPSTREAM_TIMEOUT;
    case TRANSFER_MALFORMED:
        return STATUS_UPSTREAM_MALFORMED;
    case TRANSFER_TOO_LARGE:
        return STATUS_UPSTREAM_TOO_LARGE;
    default:
        return STATUS_UPSTREAM_FAILED;
    }
}
