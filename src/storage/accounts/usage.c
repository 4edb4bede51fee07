/* usage.c - storing usage records: rows and the mark at once, roll-ups and the counters of keys when the
 * transaction commits, so that several batches in one transaction move each counter once. */
#include "accounts/accounts.h"

#include "base/dates.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#define ADDRESS_SIZE INET6_ADDRSTRLEN

enum status
usage_mark(struct accounts *accounts, const char *spool_id, int64_t ring, int64_t *sequence)
{
    enum status status = sql_query_int(accounts->sql, STATEMENT_USAGE_MARK_GET,
                                       SQL_VALUES(sql_string(spool_id), sql_int(ring)), sequence);

    if (status == STATUS_NOT_FOUND) {
        *sequence = 0;
        return STATUS_OK;
    }
    return status;
}

static char *
write_byte_number(char *to, unsigned value)
{
    if (value >= 100)
        *to++ = (char)('0' + value / 100);
    if (value >= 10)
        *to++ = (char)('0' + value / 10 % 10);
    *to++ = (char)('0' + value % 10);
    return to;
}

/* IPv4 by hand: it is most of them, and inet_ntop formats through snprintf. */
static struct sql_value
address_of(const struct usage_record *record, char text[ADDRESS_SIZE])
{
    char *to = text;

    if (record->ip_family == 6 && inet_ntop(AF_INET6, record->ip, text, ADDRESS_SIZE) != NULL)
        return sql_string(text);
    if (record->ip_family != 4)
        return sql_null();
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *to++ = '.';
        to = write_byte_number(to, record->ip[i]);
    }
    return sql_text(bytes_of(text, (size_t)(to - text)));
}

/* What a client sent may be any bytes; what is stored is text that every engine takes. */
static struct sql_value
user_agent_of(const struct usage_record *record, char text[USAGE_USER_AGENT_SIZE])
{
    size_t size = record->user_agent_size < USAGE_USER_AGENT_SIZE ? record->user_agent_size
                                                                  : USAGE_USER_AGENT_SIZE;

    if (size == 0)
        return sql_null();
    for (size_t i = 0; i < size; i++) {
        char byte = record->user_agent[i];

        text[i] = byte >= ' ' && byte < 0x7f ? byte : '?';
    }
    return sql_text(bytes_of(text, size));
}

static struct sql_value
fixed_text(const char *text, size_t capacity)
{
    return sql_text(bytes_of(text, strnlen(text, capacity)));
}

/* Hundredths, the half upwards; amounts are never negative. */
static struct sql_value
decimal_of(int64_t value, int64_t units_of_hundredth)
{
    return sql_decimal((value + units_of_hundredth / 2) / units_of_hundredth);
}

static enum status
insert_record(struct accounts *accounts, const struct sql_value *spool_id, int64_t ring,
              const struct usage_record *record)
{
    char address[ADDRESS_SIZE];
    char user_agent[USAGE_USER_AGENT_SIZE];
    bool is_hit = record->decision == DECISION_HIT || record->decision == DECISION_STALE;
    const struct sql_value values[] = {
        sql_int_or_null(record->api_key_id),
        fixed_text(record->endpoint, sizeof record->endpoint),
        fixed_text(record->method, sizeof record->method),
        sql_int(record->status_code),
        decimal_of(record->response_time_us, 10),
        sql_int(is_hit),
        decimal_of(record->cost_micro_usd, 10000),
        user_agent_of(record, user_agent),
        address_of(record, address),
        sql_time(record->created_wall_us),
        sql_string(decision_text((enum decision)record->decision)),
        sql_string(level_text((enum level)record->level)),
        sql_int(record->cost_micro_usd),
        sql_int(record->saved_micro_usd),
        *spool_id,
        sql_int(ring),
        sql_int(record->sequence),
    };

    return sql_run(accounts->sql, STATEMENT_USAGE_INSERT, values, COUNT(values), NULL);
}

/* statement: one of those that add requests to an hour, an endpoint and a number. */
static enum status
add_requests(struct accounts *accounts, enum statement statement, const struct hour_sum *sum,
             int64_t number, int64_t requests)
{
    if (requests == 0)
        return STATUS_OK;
    return sql_run(accounts->sql, statement,
                   SQL_VALUES(sql_time(sum->hour_wall_us), sql_string(sum->endpoint),
                              sql_int(number), sql_int(requests)),
                   NULL);
}

static enum status
store_answers(struct accounts *accounts, const struct hour_sum *sum)
{
    int64_t requests = 0;
    enum status status = STATUS_OK;

    for (size_t i = 0; i < DURATION_BUCKET_COUNT; i++)
        requests += sum->durations[i];
    status = add_requests(accounts, STATEMENT_USAGE_STATUS_ADD, sum, sum->status_code, requests);
    for (size_t i = 0; status == STATUS_OK && i < DURATION_BUCKET_COUNT; i++)
        status = add_requests(accounts, STATEMENT_USAGE_DURATION_ADD, sum,
                              i < DURATION_BOUND_COUNT ? duration_bounds_us[i] : INT64_MAX,
                              sum->durations[i]);
    return status;
}

static enum status
store_hour(struct accounts *accounts, const struct hour_sum *sum)
{
    const struct sql_value values[] = {
        sql_time(sum->hour_wall_us),
        sql_string(sum->endpoint),
        sql_int(sum->decisions[DECISION_HIT]),
        sql_int(sum->decisions[DECISION_STALE]),
        sql_int(sum->decisions[DECISION_COLLAPSED]),
        sql_int(sum->decisions[DECISION_MISS]),
        sql_int(sum->decisions[DECISION_REFUSED]),
        sql_int(sum->decisions[DECISION_ERROR]),
        sql_int(sum->response_time_us),
        sql_int(sum->cost_micro_usd),
        sql_int(sum->saved_micro_usd),
    };

    return sql_run(accounts->sql, STATEMENT_USAGE_HOUR_ADD, values, COUNT(values), NULL);
}

/* The counters in api_keys show the latest date that was counted. Rows of an earlier date, stored late, go to their own
 * date in usage_daily and leave these alone. */
static enum status
count_for_key(struct accounts *accounts, const struct day_sum *sum)
{
    int64_t month_start = dates_month_start(sum->day);
    const struct sql_value values[] = {
        sql_int(sum->api_key_id),
        sql_date(sum->day),
        sql_date(month_start),
        sql_date(dates_next_month_start(sum->day)),
        sql_time(sum->day * DATES_US_OF_DAY),
        sql_time(month_start * DATES_US_OF_DAY),
        sql_time((sum->day + 1) * DATES_US_OF_DAY),
    };

    return sql_run(accounts->sql, STATEMENT_KEY_COUNT_USAGE, values, COUNT(values), NULL);
}

static enum status
store_day(struct accounts *accounts, const struct day_sum *sum)
{
    enum status status = sql_run(accounts->sql, STATEMENT_USAGE_DAY_ADD,
                                 SQL_VALUES(sql_int(sum->api_key_id), sql_date(sum->day),
                                            sql_int(sum->requests), sql_int(sum->cost_micro_usd),
                                            sql_int(sum->saved_micro_usd), sql_int(sum->calls)),
                                 NULL);

    if (status == STATUS_OK)
        status = sql_run(accounts->sql, STATEMENT_KEY_LAST_USED,
                         SQL_VALUES(sql_int(sum->api_key_id), sql_time(sum->last_wall_us)), NULL);
    return status == STATUS_OK ? count_for_key(accounts, sum) : status;
}

enum status
accounts_store_sums(struct accounts *accounts)
{
    struct usage_sums *sums = &accounts->sums;
    enum status status = STATUS_OK;

    for (size_t i = 0; accounts->stores_rows && status == STATUS_OK && i < sums->hour_count; i++)
        status = store_hour(accounts, &sums->hours[i]);
    for (size_t i = 0; accounts->stores_rows && status == STATUS_OK && i < sums->hour_count; i++)
        status = store_answers(accounts, &sums->hours[i]);
    for (size_t i = 0; status == STATUS_OK && i < sums->day_count; i++)
        status = store_day(accounts, &sums->days[i]);
    usage_sums_clear(sums);
    return status;
}

static enum status
add_to_sums(struct accounts *accounts, const struct usage_record *record)
{
    enum status status = STATUS_OK;

    if (usage_sums_add(&accounts->sums, record))
        return STATUS_OK;
    status = accounts_store_sums(accounts);
    if (status == STATUS_OK) {
        bool is_added = usage_sums_add(&accounts->sums, record);

        assert(is_added);
    }
    return status;
}

enum status
usage_mark_move(struct accounts *accounts, const char *spool_id, int64_t ring, int64_t sequence)
{
    return sql_run(accounts->sql, STATEMENT_USAGE_MARK_SET,
                   SQL_VALUES(sql_string(spool_id), sql_int(ring), sql_int(sequence)), NULL);
}

enum status
usage_append(struct accounts *accounts, const char *spool_id, int64_t ring,
             const struct usage_record *records, size_t count)
{
    const struct sql_value spool = sql_string(spool_id);
    enum status status = STATUS_OK;

    assert(sql_is_in_transaction(accounts->sql) || count == 0);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        assert(i == 0 || records[i].sequence == records[i - 1].sequence + 1);
        if (accounts->stores_rows)
            status = insert_record(accounts, &spool, ring, &records[i]);
        if (status == STATUS_OK)
            status = add_to_sums(accounts, &records[i]);
    }
    if (status != STATUS_OK || count == 0)
        return status;
    return usage_mark_move(accounts, spool_id, ring, records[count - 1].sequence);
}

/* The index that has the time has whether it was a hit before it. */
enum status
usage_forget(struct accounts *accounts, int64_t before_wall_us, int64_t limit, int64_t *deleted)
{
    enum status status = STATUS_OK;

    *deleted = 0;
    for (int is_hit = 0; status == STATUS_OK && is_hit <= 1; is_hit++) {
        int64_t count = 0;

        status = sql_run(
            accounts->sql, STATEMENT_USAGE_FORGET,
            SQL_VALUES(sql_int(is_hit), sql_time(before_wall_us), sql_int(limit - *deleted)),
            &count);
        *deleted += count;
    }
    return status;
}
