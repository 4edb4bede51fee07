/* journal.c - every request that reached the API, in order of arrival. */
#include "control/journal.h"

#include "http/field.h"
#include "http/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct journal_row {
    uint64_t sequence;
    int64_t time_ms;
    int status;
    bool billable;
    char key_hash[65];   /* empty for no key */
    char request_id[64]; /* empty for none */
    char call_id[64];    /* the same */
    char method[12];
    const char *query; /* within strings, NULL for none */
    char strings[];    /* the path, then the query */
};

enum {
    NOT_KEPT = 1 << 30, /* no journal is so long */
};

void
journal_init(struct journal *journal, size_t most)
{
    assert(most < NOT_KEPT);
    *journal = (struct journal){.most = most};
    waiting_init(&journal->waiting);
}

static void
drop_rows(struct journal *journal)
{
    for (size_t i = 0; i < journal->count; i++)
        free(journal->rows[i]);
    journal->count = 0;
    journal->dropped = 0;
}

void
journal_fini(struct journal *journal)
{
    drop_rows(journal);
    free(journal->rows);
    journal->rows = NULL;
    waiting_fini(&journal->waiting);
}

static struct journal_row *
make_row(const struct journal_arrival *arrival)
{
    size_t path_size = strlen(arrival->path) + 1;
    size_t query_size = arrival->query == NULL ? 0 : strlen(arrival->query) + 1;
    struct journal_row *row = malloc(sizeof *row + path_size + query_size);
    assert(row != NULL);
    *row = (struct journal_row){.time_ms = arrival->time_ms};
    memcpy(row->strings, arrival->path, path_size);
    if (query_size > 0)
        row->query = memcpy(row->strings + path_size, arrival->query, query_size);
    if (arrival->key_hash != NULL)
        strncpy(row->key_hash, arrival->key_hash, sizeof row->key_hash - 1);
    if (arrival->request_id != NULL)
        strncpy(row->request_id, arrival->request_id, sizeof row->request_id - 1);
    if (arrival->call_id != NULL)
        strncpy(row->call_id, arrival->call_id, sizeof row->call_id - 1);
    strncpy(row->method, arrival->method, sizeof row->method - 1);
    return row;
}

static void
keep_row(struct journal *journal, struct journal_row *row)
{
    if (journal->count == journal->capacity) {
        journal->capacity = journal->capacity == 0 ? 1024 : journal->capacity * 2;
        journal->rows =
            reallocarray(journal->rows, journal->capacity, sizeof(struct journal_row *));
        assert(journal->rows != NULL);
    }
    journal->rows[journal->count++] = row;
}

struct journal_ticket
journal_arrive(struct journal *journal, const struct journal_arrival *arrival)
{
    struct journal_row *row = make_row(arrival);
    waiting_enter(&journal->waiting);
    struct journal_ticket ticket = {journal->cleared, NOT_KEPT};
    row->sequence = ++journal->sequence;
    if (journal->count < journal->most) {
        ticket.index = journal->count;
        keep_row(journal, row);
        row = NULL;
    } else {
        journal->dropped++;
    }
    waiting_notify(&journal->waiting);
    waiting_leave(&journal->waiting);
    free(row);
    return ticket;
}

void
journal_complete(struct journal *journal, struct journal_ticket ticket, int status, bool billable)
{
    waiting_enter(&journal->waiting);
    if (ticket.cleared == journal->cleared && ticket.index < journal->count) {
        journal->rows[ticket.index]->status = status;
        journal->rows[ticket.index]->billable = billable;
    }
    waiting_leave(&journal->waiting);
}

void
journal_wait(struct journal *journal, uint64_t requests, int64_t timeout_ms)
{
    int64_t deadline_ms = waiting_now_ms() + timeout_ms;
    waiting_enter(&journal->waiting);
    while (journal->count + journal->dropped < requests)
        if (!waiting_until(&journal->waiting, deadline_ms))
            break;
    waiting_leave(&journal->waiting);
}

void
journal_clear(struct journal *journal)
{
    waiting_enter(&journal->waiting);
    drop_rows(journal);
    journal->cleared++;
    waiting_leave(&journal->waiting);
}

void
journal_read(struct journal *journal, struct journal_reader *reader)
{
    waiting_enter(&journal->waiting);
    *reader = (struct journal_reader){
        .cleared = journal->cleared,
        .end = journal->count,
        .dropped = journal->dropped,
    };
    waiting_leave(&journal->waiting);
}

static void
write_query(const char *raw, struct text *text)
{
    struct query query;
    query_parse(raw, &query);
    field_open(text, "query", '{');
    for (size_t i = 0; i < query.count; i++) {
        bool is_first = true;
        for (size_t before = 0; before < i; before++)
            if (strcmp(query.parameters[before].name, query.parameters[i].name) == 0)
                is_first = false;
        if (is_first)
            field_string(text, query.parameters[i].name, query.parameters[i].value);
    }
    field_close(text, '}');
    query_fini(&query);
}

static void
write_row(const struct journal_row *row, struct text *text)
{
    field_open(text, NULL, '{');
    field_integer(text, "seq", (int64_t)row->sequence);
    field_integer(text, "time_ms", row->time_ms);
    field_string(text, "method", row->method);
    field_string(text, "path", row->strings);
    write_query(row->query, text);
    field_string(text, "key_hash", row->key_hash[0] == '\0' ? NULL : row->key_hash);
    field_string(text, "request_id", row->request_id[0] == '\0' ? NULL : row->request_id);
    field_string(text, "call_id", row->call_id[0] == '\0' ? NULL : row->call_id);
    field_integer(text, "status", row->status);
    field_boolean(text, "billable", row->billable);
    field_close(text, '}');
}

bool
journal_read_more(struct journal *journal, struct journal_reader *reader, size_t rows,
                  struct text *text)
{
    waiting_enter(&journal->waiting);
    if (reader->cleared != journal->cleared)
        reader->end = reader->next;
    for (; rows > 0 && reader->next < reader->end; rows--)
        write_row(journal->rows[reader->next++], text);
    bool has_more = reader->next < reader->end;
    waiting_leave(&journal->waiting);
    return has_more;
}
