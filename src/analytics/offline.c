/* offline.c - requests answered from the database itself, where no analytics actor runs. */
#include <jansson.h>
#include <stdlib.h>

#include "analytics.h"
#include "base/clock.h"
#include "keys/key_changes.h"
#include "report/report.h"

static enum status
answer_report(struct accounts *accounts, const struct config *config,
              const struct report_get *request, char **json)
{
    struct report_request report;

    report_request_of(&report, request);
    return report_make(accounts, config, &report, clock_wall_us(), json);
}

static enum status
write_key(const struct message *request, const struct key_row *row, char **json)
{
    json_t *object = report_of_key(row);

    if (request->kind == MSG_KEY_DELETE)
        json_object_set_new(object, "is_deleted", json_true());
    *json = json_dumps(object, JSON_ENSURE_ASCII);
    json_decref(object);
    return *json != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status
change_key_offline(struct accounts *accounts, const struct message *request, char **json)
{
    struct key_row row;
    enum status status = accounts_begin(accounts);

    if (status != STATUS_OK)
        return status;
    status = key_changes_apply(accounts, request, clock_wall_us(), &row);
    if (status != STATUS_OK) {
        accounts_rollback(accounts);
        return status;
    }
    status = accounts_commit(accounts);
    return status == STATUS_OK ? write_key(request, &row, json) : status;
}

enum status
analytics_answer(const struct config *config, const struct message *request, char **json)
{
    bool is_change = key_changes_takes(request->kind);
    struct accounts *accounts = NULL;
    enum status status = STATUS_STORAGE;

    *json = NULL;
    if (is_change || accounts_may_open(config))
        status =
            accounts_open(config, is_change ? STORAGE_READ_WRITE : STORAGE_READ_ONLY, &accounts);
    if (status == STATUS_OK)
        status = is_change ? change_key_offline(accounts, request, json)
                           : answer_report(accounts, config, &request->u.REPORT_GET, json);
    accounts_close(&accounts);
    return status;
}
