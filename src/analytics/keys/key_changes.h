/* key_changes.h - keys made, changed and deleted, as the messages ask; for the actor and for commands without it. */
#pragma once

#include "messages.h"
#include "storage.h"

/* True: the message is KEY_CREATE, KEY_UPDATE, KEY_ROTATE or KEY_DELETE. */
bool key_changes_takes(enum message_kind kind);
/* Within a transaction. OK: the request is a creation that was done before under its Idempotency-Key, *row is what came
 * of it. NOT_FOUND: it was not. INVALID_PARAMETER: that key stands for another body. CONFLICT: what came of it is
 * deleted. */
enum status key_changes_find_made(struct accounts *accounts, const struct message *request,
                                  int64_t now_wall_us, struct key_row *row);
/* Within a transaction. *row: the key as it is now; a deleted one as it was, but revoked. CONFLICT: name or hash are taken, or a rotation is under way;
 * NOT_FOUND: there is no such key. */
enum status key_changes_apply(struct accounts *accounts, const struct message *request,
                              int64_t now_wall_us, struct key_row *row);
