/* ledger_journal.c - records of a fixed size in a file that has its whole room from the start. */
#include "call/ledger_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

#define FILE_NAME      "ledger.journal"
#define MAGIC          UINT64_C(0x31306c6e6a6c6372) /* "rcljnl01" */
#define HEAD_BYTES     4096
#define PATH_SIZE      1024
#define RECORDS_A_CALL 3

enum record_kind { RECORD_CALL = 1, RECORD_END, RECORD_DONE };

/* As it stands in the file, in the machine's byte order: it is read where it was written. */
struct record {
    uint64_t checksum; /* of all below */
    uint64_t generation;
    uint32_t kind, reason;
    char call_id[40];
    char route[64];
    int64_t api_key_id, price_micro_usd;
    int64_t charge, http_status, cost_micro_usd, duration_us;
};

struct head {
    uint64_t magic, generation;
    uint64_t checksum; /* of both */
};

struct ledger_journal {
    int file;
    int64_t max_bytes;
    uint64_t generation;
    int64_t end;              /* where the next record goes */
    struct settlement *found; /* left open by an earlier process, owned */
    size_t found_count;
    int64_t open_count;
};

static uint64_t
checksum_of_head(const struct head *head)
{
    return hash_fnv1a(bytes_of(head, offsetof(struct head, checksum)), MAGIC);
}

static uint64_t
checksum_of(const struct record *record)
{
    return hash_fnv1a(bytes_of((const uint8_t *)record + sizeof record->checksum,
                               sizeof *record - sizeof record->checksum),
                      MAGIC);
}

static bool
write_head(struct ledger_journal *journal, uint64_t generation)
{
    struct head head = {.magic = MAGIC, .generation = generation};

    head.checksum = checksum_of_head(&head);
    if (pwrite(journal->file, &head, sizeof head, 0) != sizeof head ||
        fdatasync(journal->file) != 0)
        return false;
    journal->generation = generation;
    journal->end = HEAD_BYTES;
    return true;
}

enum head_state { HEAD_NONE, HEAD_OURS, HEAD_DAMAGED };

/* It is on the disk before any record: without one there is none. */
static enum head_state
read_head(struct ledger_journal *journal)
{
    struct head head = {0};
    ssize_t size = pread(journal->file, &head, sizeof head, 0);

    if (size == 0 || (size == sizeof head && head.magic == 0))
        return HEAD_NONE;
    if (size != sizeof head || head.magic != MAGIC || head.checksum != checksum_of_head(&head))
        return HEAD_DAMAGED;
    journal->generation = head.generation;
    journal->end = HEAD_BYTES;
    return HEAD_OURS;
}

static struct settlement
settlement_of(const struct record *record)
{
    struct settlement row = {
        .api_key_id = record->api_key_id,
        .reason = (enum fetch_reason)record->reason,
        .price_micro_usd = record->price_micro_usd,
        .charge = (enum charge)record->charge,
        .http_status = record->http_status,
        .cost_micro_usd = record->cost_micro_usd,
        .duration_us = record->duration_us,
        .is_journaled = true,
    };

    (void)bytes_copy_text(bytes_of_text(record->call_id), row.call_id, sizeof row.call_id);
    (void)bytes_copy_text(bytes_of_text(record->route), row.route, sizeof row.route);
    return row;
}

static bool
write_record(struct ledger_journal *journal, enum record_kind kind, const struct settlement *row)
{
    struct record record = {
        .generation = journal->generation,
        .kind = kind,
        .reason = row->reason,
        .api_key_id = row->api_key_id,
        .price_micro_usd = row->price_micro_usd,
        .charge = row->charge,
        .http_status = row->http_status,
        .cost_micro_usd = row->cost_micro_usd,
        .duration_us = row->duration_us,
    };

    memcpy(record.call_id, row->call_id, sizeof row->call_id);
    memcpy(record.route, row->route, sizeof row->route);
    record.checksum = checksum_of(&record);
    if (pwrite(journal->file, &record, sizeof record, journal->end) != sizeof record)
        return false;
    journal->end += (int64_t)sizeof record;
    return true;
}

static struct settlement *
find_found(struct ledger_journal *journal, const char *call_id)
{
    for (size_t i = 0; i < journal->found_count; i++)
        if (strcmp(journal->found[i].call_id, call_id) == 0)
            return &journal->found[i];
    return NULL;
}

/* A call without an outcome may have been sent, or not. */
static void
take_record(struct ledger_journal *journal, const struct record *record)
{
    struct settlement row = settlement_of(record);
    struct settlement *found = find_found(journal, row.call_id);

    if (record->kind == RECORD_CALL && found == NULL) {
        if (journal->found_count < SETTLEMENTS_MAX)
            journal->found[journal->found_count++] = row;
    } else if (record->kind == RECORD_END && found != NULL) {
        *found = row;
    } else if (record->kind == RECORD_DONE && found != NULL) {
        *found = journal->found[--journal->found_count];
    }
}

static void
read_records(struct ledger_journal *journal)
{
    struct record record;

    while (pread(journal->file, &record, sizeof record, journal->end) == sizeof record &&
           record.generation == journal->generation && record.checksum == checksum_of(&record)) {
        take_record(journal, &record);
        journal->end += (int64_t)sizeof record;
    }
    journal->open_count = (int64_t)journal->found_count;
}

/* A full disk leaves what room there is. */
static void
take_room(const struct ledger_journal *journal)
{
    int error = posix_fallocate(journal->file, 0, journal->max_bytes);

    if (error != 0)
        log_warning("%s: its room cannot be taken from the disk: %s", FILE_NAME, strerror(error));
}

/* STORAGE: errno says why. */
static enum status
use_file(struct ledger_journal *journal, bool is_made)
{
    enum head_state head = read_head(journal);

    if (head == HEAD_OURS)
        read_records(journal);
    errno = head == HEAD_DAMAGED ? EINVAL : 0;
    if (head == HEAD_DAMAGED || (head == HEAD_NONE && !write_head(journal, 1)))
        return STATUS_STORAGE;
    if (is_made)
        take_room(journal);
    return STATUS_OK;
}

static enum status
open_file(struct ledger_journal *journal, const char *path, bool is_made)
{
    enum status status = STATUS_STORAGE;

    journal->file = open(path, O_RDWR | O_CLOEXEC | (is_made ? O_CREAT : 0), 0600);
    if (journal->file >= 0)
        status = use_file(journal, is_made);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (errno == ENOSPC || errno == EDQUOT) {
        log_warning("%s cannot be made: %s", path, strerror(errno));
        return STATUS_NO_MEMORY;
    }
    log_error("%s cannot be used (%s): it records calls that the ledger does not have; move it "
              "away to go on without them",
              path, errno == EINVAL ? "it is damaged" : strerror(errno));
    return STATUS_STORAGE;
}

enum status
ledger_journal_open(const struct config *config, struct ledger_journal **result)
{
    bool is_made = strcmp(config->ledger.unreachable, "spend") == 0;
    struct ledger_journal *journal;
    enum status status;
    char path[PATH_SIZE];

    *result = NULL;
    if (!config_data_path(config, FILE_NAME, path, sizeof path))
        return STATUS_STORAGE;
    if (!is_made && access(path, F_OK) != 0)
        return STATUS_OK;
    journal = calloc(1, sizeof *journal);
    if (journal == NULL ||
        (journal->found = calloc(SETTLEMENTS_MAX, sizeof *journal->found)) == NULL)
        log_fatal("no memory for the ledger's journal");
    journal->max_bytes = config->ledger.journal_max_bytes;
    status = open_file(journal, path, is_made);
    if (status == STATUS_OK)
        *result = journal;
    else
        ledger_journal_close(&journal);
    return status;
}

void
ledger_journal_close(struct ledger_journal **journal)
{
    if (*journal == NULL)
        return;
    if ((*journal)->file >= 0)
        close((*journal)->file);
    free((*journal)->found);
    free(*journal);
    *journal = NULL;
}

void
ledger_journal_each(const struct ledger_journal *journal, ledger_journal_visit *visit,
                    void *context)
{
    for (size_t i = 0; i < journal->found_count; i++)
        visit(context, &journal->found[i]);
}

/* Each open call has its other records to come. */
int64_t
ledger_journal_room(const struct ledger_journal *journal)
{
    int64_t free_bytes = journal->max_bytes - journal->end;
    int64_t owed = journal->open_count * (RECORDS_A_CALL - 1);
    int64_t room = (free_bytes / (int64_t)sizeof(struct record) - owed) / RECORDS_A_CALL;

    return room > 0 ? room : 0;
}

int64_t
ledger_journal_calls(const struct ledger_journal *journal)
{
    return journal->open_count;
}

bool
ledger_journal_add(struct ledger_journal *journal, const struct settlement *call)
{
    int64_t end = journal->end;

    if (ledger_journal_room(journal) == 0)
        return false;
    if (!write_record(journal, RECORD_CALL, call) || fdatasync(journal->file) != 0) {
        journal->end = end;
        return false;
    }
    journal->open_count++;
    return true;
}

/* Where it cannot be written the call is unknown after a kill, and as it ended otherwise. */
void
ledger_journal_end(struct ledger_journal *journal, const struct settlement *row)
{
    if (!write_record(journal, RECORD_END, row))
        log_warning("%s: the outcome of a call cannot be recorded: %s", FILE_NAME, strerror(errno));
}

/* A settlement that is sent again after a kill changes nothing in the ledger. */
void
ledger_journal_done(struct ledger_journal *journal, const struct settlement *row)
{
    journal->open_count--;
    if (journal->open_count == 0 && write_head(journal, journal->generation + 1))
        return;
    (void)write_record(journal, RECORD_DONE, row);
}
