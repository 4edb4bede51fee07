/* limit_rows_test.c - what gateways have used of limits, through messages: stored, told again in parts, forgotten. */
/* links: @support @analytics @storage @core */
#include "unit/analytics/analytics_fixture.h"

#include "support/row.h"

static struct analytics_fixture fixture;
static const char *const schemes[] = {"inproc", "ipc"};

#define TOPOLOGIES 2

static void
teardown(void)
{
    fixture_close(&fixture);
}

static int64_t
make_hex_key(const char *name, char digit)
{
    char hash[65] = "";
    struct message request = {
        .kind = MSG_KEY_CREATE,
        .u.KEY_CREATE = {.key_name = bytes_of_text(name), .key_hash = bytes_of_text(hash)}};

    memset(hash, digit, 64);
    request.u.KEY_CREATE.key_hash = bytes_of_text(hash);
    ck_assert_int_eq(fixture_ask(fixture.gateway, &request, NULL).status, STATUS_OK);
    return strtoll(raw_rows(&fixture.place, "rentcache.db", "SELECT max(id) FROM api_keys"), NULL,
                   10);
}

static enum status
save(const struct limit_record *records, size_t count, int64_t said)
{
    struct message request = {.kind = MSG_LIMITS_SAVE, .u.LIMITS_SAVE = {.count = said}};
    struct message reply;

    request.body = blob_copy(bytes_of(records, count * sizeof *records));
    reply = fixture_ask(fixture.gateway, &request, NULL);
    blob_release(&request.body);
    ck_assert_int_eq(reply.kind, MSG_LIMITS_SAVED);
    return reply.status;
}

static struct limit_record
record_of(int64_t api_key_id, int number, int64_t full_at_wall_us)
{
    struct limit_record record = {
        .api_key_id = api_key_id, .tokens = number, .full_at_wall_us = full_at_wall_us};

    record.refilled_wall_us = clock_wall_us();
    snprintf(record.endpoint, sizeof record.endpoint, "e%d", number);
    return record;
}

START_TEST(what_is_saved_is_told_in_parts)
{
    static struct limit_record records[300];
    struct message request = {.kind = MSG_LIMITS_GET};
    struct blob *body = NULL;
    int64_t id, seen = 0;
    int parts = 0;

    row("R-082");
    fixture_open(&fixture, schemes[_i]);
    id = make_hex_key("a", 'a');
    for (int i = 0; i < 300; i++)
        records[i] = record_of(id, i, clock_wall_us() + HOUR_US);
    ck_assert_int_eq(save(records, 300, 300), STATUS_OK);
    do {
        struct message reply = fixture_ask(fixture.gateway, &request, &body);
        const struct limits_part *part = &reply.u.LIMITS_PART;
        const struct limit_record *told = (const void *)blob_bytes(body).data;

        ck_assert_int_eq(reply.kind, MSG_LIMITS_PART);
        ck_assert_int_eq(reply.status, STATUS_OK);
        ck_assert_int_eq(part->after_id, request.u.LIMITS_GET.after_id);
        ck_assert_uint_eq(blob_bytes(body).size, (size_t)part->count * sizeof *told);
        for (int64_t i = 0; i < part->count; i++) {
            ck_assert_int_eq(told[i].tokens, seen++);
            ck_assert_int_eq(told[i].key_hash[31], 0xaa);
        }
        request.u.LIMITS_GET.after_id = part->next_id;
        parts++;
        blob_release(&body);
    } while (request.u.LIMITS_GET.after_id != 0);
    ck_assert_int_eq(seen, 300);
    ck_assert_int_eq(parts, 2);
}
END_TEST

START_TEST(rows_go_once_nothing_is_used)
{
    struct limit_record records[2];
    long deadline_ms;
    int64_t id;

    row("R-082");
    fixture_open(&fixture, schemes[_i]);
    id = make_hex_key("a", 'a');
    records[0] = record_of(id, 1, clock_wall_us() + SECOND_US);
    records[1] = record_of(id, 2, clock_wall_us() + HOUR_US);
    ck_assert_int_eq(save(records, 2, 2), STATUS_OK);
    deadline_ms = now_ms() + 3 * FAKE_ACTOR_WAIT_MS;
    while (strcmp(raw_rows(&fixture.place, "rentcache.db", "SELECT endpoint FROM rate_limits"),
                  "e2") != 0)
        ck_assert_int_lt(now_ms(), deadline_ms);
}
END_TEST

START_TEST(a_malformed_batch_stores_nothing)
{
    struct limit_record records[2];
    int64_t id;

    fixture_open(&fixture, schemes[_i]);
    id = make_hex_key("a", 'a');
    records[0] = record_of(id, 1, clock_wall_us() + HOUR_US);
    records[1] = record_of(id, 2, clock_wall_us() + HOUR_US);
    ck_assert_int_eq(save(records, 2, 3), STATUS_MALFORMED);
    ck_assert_int_eq(save(records, 2, -1), STATUS_MALFORMED);
    /* A record that names nothing is left out, the others are stored. */
    memset(records[0].endpoint, 'x', sizeof records[0].endpoint);
    ck_assert_int_eq(save(records, 2, 2), STATUS_OK);
    ck_assert_str_eq(raw_rows(&fixture.place, "rentcache.db", "SELECT endpoint FROM rate_limits"),
                     "e2");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("limit_rows");
    TCase *tcase = tcase_create("limit_rows");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, what_is_saved_is_told_in_parts, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, rows_go_once_nothing_is_used, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_malformed_batch_stores_nothing, 0, TOPOLOGIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
