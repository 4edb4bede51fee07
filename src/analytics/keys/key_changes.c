/* key_changes.c - keys made, changed and deleted: one function for each kind of change. */
#include "keys/key_changes.h"

static void
fill_row(struct key_row *row, const struct key_create *create)
{
    *row = (struct key_row){
        .is_active = true,
        .daily_limit = create->daily_limit,
        .monthly_limit = create->monthly_limit,
        .expires_wall_us = create->expires_wall_ms * 1000,
    };
    bytes_copy_text(create->key_name, row->key_name, sizeof row->key_name);
    bytes_copy_text(create->key_hash, row->key_hash, sizeof row->key_hash);
    bytes_copy_text(create->limits, row->limits, sizeof row->limits);
    bytes_copy_text(create->rights, row->rights, sizeof row->rights);
}

static enum status
key_changes_create(struct accounts *accounts, const struct key_create *create, int64_t now_wall_us,
                   struct key_row *row)
{
    struct key_creation creation = {.api_key_id = 0};
    enum status status;

    fill_row(row, create);
    status = key_create(accounts, row, now_wall_us);
    if (status != STATUS_OK || create->idempotency_hash.size == 0)
        return status;
    creation.api_key_id = row->id;
    bytes_copy_text(create->idempotency_hash, creation.idempotency_hash,
                    sizeof creation.idempotency_hash);
    bytes_copy_text(create->body_hash, creation.body_hash, sizeof creation.body_hash);
    return key_creation_add(accounts, &creation, now_wall_us);
}

enum status
key_changes_find_made(struct accounts *accounts, const struct message *request, int64_t now_wall_us,
                      struct key_row *row)
{
    const struct key_create *create = &request->u.KEY_CREATE;
    struct key_creation creation = {.api_key_id = 0};
    enum status status;

    if (request->kind != MSG_KEY_CREATE || create->idempotency_hash.size == 0)
        return STATUS_NOT_FOUND;
    bytes_copy_text(create->idempotency_hash, creation.idempotency_hash,
                    sizeof creation.idempotency_hash);
    status = key_creation_find(accounts, &creation, now_wall_us);
    if (status != STATUS_OK)
        return status;
    if (!bytes_equal_text(create->body_hash, creation.body_hash))
        return STATUS_INVALID_PARAMETER;
    status = key_find_id(accounts, creation.api_key_id, row);
    return status == STATUS_NOT_FOUND ? STATUS_CONFLICT : status; /* made, and deleted since */
}

static void
change_members(struct key_row *row, const struct key_update *update)
{
    if (update->members & KEY_MEMBER_DAILY_LIMIT)
        row->daily_limit = update->daily_limit;
    if (update->members & KEY_MEMBER_MONTHLY_LIMIT)
        row->monthly_limit = update->monthly_limit;
    if (update->members & KEY_MEMBER_IS_ACTIVE)
        row->is_active = update->is_active == 1;
    if (update->members & KEY_MEMBER_EXPIRES)
        row->expires_wall_us = update->expires_wall_ms * 1000;
    if (update->members & KEY_MEMBER_LIMITS)
        bytes_copy_text(update->limits, row->limits, sizeof row->limits);
    if (update->members & KEY_MEMBER_RIGHTS)
        bytes_copy_text(update->rights, row->rights, sizeof row->rights);
}

static enum status
key_changes_update(struct accounts *accounts, const struct key_update *update, struct key_row *row)
{
    enum status status = key_find_id(accounts, update->api_key_id, row);

    if (status != STATUS_OK)
        return status;
    change_members(row, update);
    return key_update(accounts, row);
}

/* While the secret before the last one still works, another rotation would take away what clients use. One that ends the
 * overlap is let through: a secret that has leaked must go. */
static enum status
key_changes_rotate(struct accounts *accounts, const struct key_rotate *rotate, int64_t now_wall_us,
                   struct key_row *row)
{
    char hash[sizeof row->key_hash];
    int64_t until_wall_us = rotate->previous_until_wall_ms * 1000;
    enum status status = key_find_id(accounts, rotate->api_key_id, row);

    if (status != STATUS_OK)
        return status;
    if (row->previous_until_wall_us > now_wall_us && until_wall_us > now_wall_us)
        return STATUS_CONFLICT;
    bytes_copy_text(rotate->key_hash, hash, sizeof hash);
    status = key_rotate(accounts, row->id, hash, until_wall_us);
    return status == STATUS_OK ? key_find_id(accounts, rotate->api_key_id, row) : status;
}

static enum status
key_changes_delete(struct accounts *accounts, int64_t id, int64_t now_wall_us, struct key_row *row)
{
    enum status status = key_find_id(accounts, id, row);

    row->is_active = false;
    return status == STATUS_OK ? key_delete(accounts, id, now_wall_us) : status;
}

bool
key_changes_takes(enum message_kind kind)
{
    return kind == MSG_KEY_CREATE || kind == MSG_KEY_UPDATE || kind == MSG_KEY_ROTATE ||
           kind == MSG_KEY_DELETE;
}

enum status
key_changes_apply(struct accounts *accounts, const struct message *request, int64_t now_wall_us,
                  struct key_row *row)
{
    switch (request->kind) {
    case MSG_KEY_CREATE:
        return key_changes_create(accounts, &request->u.KEY_CREATE, now_wall_us, row);
    case MSG_KEY_UPDATE:
        return key_changes_update(accounts, &request->u.KEY_UPDATE, row);
    case MSG_KEY_ROTATE:
        return key_changes_rotate(accounts, &request->u.KEY_ROTATE, now_wall_us, row);
    case MSG_KEY_DELETE:
        return key_changes_delete(accounts, request->u.KEY_DELETE.api_key_id, now_wall_us, row);
    default:
        return STATUS_NOT_IMPLEMENTED;
    }
}
