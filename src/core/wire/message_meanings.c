/* message_meanings.c - what each message means, for docs/messages.md. */

#include <assert.h>

#include "actor/wire.h"

/* In the order of messages.h; a test asks that no kind is without one. */
static const char *const meanings[MSG_COUNT] = {
    [MSG_HEARTBEAT] = "Are you alive? Sent by the framework to each connected peer, every "
                      "`actors.heartbeat_ms`. Answered by HEARTBEAT_REPLY.",
    [MSG_HEARTBEAT_REPLY] = "I am, under this epoch and in this health. Body: the metric values of "
                            "its process, `struct metric_values` of `metrics.h`.",
    [MSG_BODY_CHUNK] = "A part of a body above 256 KiB, and its bytes as the body. Part 0 stands "
                       "between the envelope and the first bytes of the message itself.",
    [MSG_BODY_CREDIT] = "Parts up to this one were taken; at most 4 may be on their way.",
    [MSG_CACHE_GET] = "A worker's miss: who may have this answer, and from where? Answered by "
                      "CACHE_REPLY.",
    [MSG_CACHE_REPLY] = "The answer to a miss, or the cause why there is none. Body: the answer's "
                        "body, unless `in_near` is 1.",
    [MSG_LISTENER_HELLO] = "A gateway's listener introduces itself, at start and after each new "
                           "epoch of the cache actor. Answered by LISTENER_WELCOME.",
    [MSG_LISTENER_WELCOME] = "The purge number from which the listener counts on.",
    [MSG_ENTRY_PUSH] = "An entry that several requests of one gateway wait for, once for all of "
                       "them. Answered by ENTRY_HELD. Body: the answer's body.",
    [MSG_ENTRY_HELD] = "The near cache took the pushed entry, or refused it.",
    [MSG_NEAR_PURGE] = "Drop entries fetched before this purge. Numbers are consecutive. Answered "
                       "by PURGE_CONFIRM.",
    [MSG_PURGE_CONFIRM] = "The near cache of this gateway holds nothing that the purge matches.",
    [MSG_CACHE_PURGE] = "Drop entries everywhere. Answered by PURGE_REPLY when every gateway "
                        "confirmed, or was silent too long.",
    [MSG_PURGE_REPLY] = "What the purge dropped, and how many gateways did not confirm it.",
    [MSG_ENTRY_HITS] = "How often entries were read, from stored usage rows. Body: `struct "
                       "entry_hit[count]`. Not answered.",
    [MSG_UPSTREAM_FETCH] = "Make this call, if it may be paid. Answered by UPSTREAM_REPLY.",
    [MSG_UPSTREAM_REPLY] = "What the call brought and whether it is billed. Body: the answer's "
                           "body.",
    [MSG_LEDGER_OPEN] = "The ledger opens under a new epoch: reservations of this instance's older "
                        "epochs become unknown. Answered by LEDGER_OPENED.",
    [MSG_LEDGER_OPENED] = "The ledger is open; so many reservations became unknown.",
    [MSG_LEDGER_RESERVE] = "Commit a row for a call that is about to be made. Answered by "
                           "LEDGER_RESERVED after the commit. May be sent again.",
    [MSG_LEDGER_RESERVED] = "The row is committed and the call may be made, or why not.",
    [MSG_LEDGER_SETTLE] = "What became of a reserved call. Answered by LEDGER_SETTLED after the "
                          "commit; sent again until then.",
    [MSG_LEDGER_SETTLED] = "The row is settled.",
    [MSG_USAGE_BATCH] = "A run of one ring of the spool, stored whole or not at all. Body: `struct "
                        "usage_record[count]`. Answered by USAGE_STORED after the commit.",
    [MSG_USAGE_STORED] = "The ring's mark: everything up to this sequence is stored.",
    [MSG_QUOTA_LEASE] = "Give me a share of a key's quota, or take back what was not used. "
                        "Answered by QUOTA_GRANT.",
    [MSG_QUOTA_GRANT] = "So many requests of this key may be admitted without asking again.",
    [MSG_KEYS_SYNC] =
        "Send me all keys, or the next part of them. Answered by KEYS_SNAPSHOT; changes "
        "follow as KEY_CHANGED.",
    [MSG_KEYS_SNAPSHOT] =
        "A part of all keys, at a version. Body: KEY_CHANGED envelopes, each after its size "
        "as 4 bytes little-endian.",
    [MSG_KEY_CHANGED] = "One key was made or changed. Versions are consecutive. Answered by "
                        "KEY_CONFIRM.",
    [MSG_KEY_CONFIRM] = "This gateway's snapshot has all changes up to this version.",
    [MSG_KEY_CREATE] = "Store a new key. Answered by REPORT_REPLY when every gateway confirmed it.",
    [MSG_REPORT_GET] = "Make a report. Answered by REPORT_REPLY.",
    [MSG_REPORT_REPLY] = "Body: the report as JSON, ready to be served.",
    [MSG_KEY_UPDATE] = "Change some members of a key. Answered by REPORT_REPLY when every gateway "
                       "confirmed it.",
    [MSG_KEY_DELETE] = "Revoke and hide a key and free its name; its rows stay. Answered by "
                       "REPORT_REPLY when every gateway confirmed it.",
    [MSG_CACHE_REPORT_GET] = "What L2 holds, by endpoint. Answered by CACHE_REPORT.",
    [MSG_CACHE_REPORT] = "Body: the report as JSON, ready to be served.",
};

const char *
message_meaning(enum message_kind kind)
{
    assert(kind >= 0 && kind < MSG_COUNT);
    return meanings[kind];
}
