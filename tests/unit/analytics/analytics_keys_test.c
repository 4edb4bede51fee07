/* analytics_keys_test.c - keys through messages: made, told to gateways, confirmed or named unconfirmed; reports. */
/* links: @support @analytics @storage @core */
#include <jansson.h>

#include "unit/analytics/analytics_fixture.h"

static struct analytics_fixture fixture;
static const char *const schemes[] = {"inproc", "ipc"};

#define TOPOLOGIES       2
#define WHOLE_BODY_BYTES 262144 /* a larger body is chunked, and may be overtaken */

static void
teardown(void)
{
    fixture_close(&fixture);
}

static json_t *
read_json(const struct blob *body)
{
    struct bytes text = blob_bytes(body);

    return text.size > 0 ? json_loadb((const char *)text.data, text.size, 0, NULL) : NULL;
}

static struct bytes
text_number(char *text, size_t size, int number)
{
    snprintf(text, size, "%d", number);
    return bytes_of_text(text);
}

static enum status
create_key(const char *name, json_t **object)
{
    struct message request = {
        .kind = MSG_KEY_CREATE,
        .u.KEY_CREATE = {.key_name = bytes_of_text(name),
                         .key_hash = bytes_of_text(name),
                         .daily_limit = 10,
                         .expires_wall_ms = NOON_US / 1000 + 1000LL * 365 * 86400000,
                         .limits = bytes_of_text("{\"global\": \"none\"}"),
                         .rights = bytes_of_text("extend_ttl")},
    };
    struct blob *body = NULL;
    struct message reply = fixture_ask(fixture.gateway, &request, &body);

    ck_assert_int_eq(reply.kind, MSG_REPORT_REPLY);
    if (object != NULL)
        *object = read_json(body);
    blob_release(&body);
    return reply.status;
}

static json_t *
report(const char *name, enum status expected)
{
    struct message request = {.kind = MSG_REPORT_GET,
                              .u.REPORT_GET = {.report = bytes_of_text(name)}};
    struct blob *body = NULL;
    struct message reply = fixture_ask(fixture.gateway, &request, &body);
    json_t *object = read_json(body);

    ck_assert_int_eq(reply.status, expected);
    blob_release(&body);
    return object;
}

static const struct key_record *
last_change(void)
{
    return &fake_actor_last(&fixture.listener, MSG_KEY_CHANGED)->message.u.KEY_CHANGED;
}

START_TEST(a_new_key_is_answered_when_the_gateways_know_it)
{
    json_t *key = NULL;

    fixture_open(&fixture, schemes[_i]);
    fixture_add_listener(&fixture);
    ck_assert_int_eq(fixture_version(&fixture), 0);
    ck_assert_int_eq(create_key("shop", &key), STATUS_OK);
    ck_assert_int_eq((int)fake_actor_count(&fixture.listener, MSG_KEY_CHANGED),
                     1); /* before the answer */
    ck_assert_int_eq(fixture_version(&fixture), 1);
    ck_assert(bytes_equal_text(last_change()->key_name, "shop"));
    ck_assert_int_eq(last_change()->is_active, 1);
    ck_assert_str_eq(json_string_value(json_object_get(key, "key_name")), "shop");
    ck_assert_int_eq(json_integer_value(json_object_get(key, "id")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(key, "daily_limit")), 10);
    ck_assert(json_is_null(json_object_get(key, "monthly_limit")));
    ck_assert(json_is_true(json_object_get(key, "is_active")));
    ck_assert_ptr_null(json_object_get(key, "unconfirmed_gateways"));
    ck_assert_ptr_null(json_object_get(key, "key_hash"));
    json_decref(key);
    ck_assert_int_eq(create_key("shop", NULL), STATUS_CONFLICT);
    ck_assert_int_eq(create_key("second", NULL), STATUS_OK);
    ck_assert_int_eq(fixture_version(&fixture), 2);
}
END_TEST

START_TEST(a_silent_gateway_is_named_once_and_not_waited_for_again)
{
    json_t *key = NULL;
    int64_t started_ms;

    fixture_open(&fixture, schemes[_i]);
    atomic_store(&fixture.is_silent, true);
    fixture_add_listener(&fixture);
    started_ms = clock_mono_ms();
    ck_assert_int_eq(create_key("a", &key), STATUS_OK);
    ck_assert_int_ge(clock_mono_ms() - started_ms, fixture.place.config.cache.confirm_timeout_ms);
    ck_assert_int_eq(json_integer_value(json_object_get(key, "unconfirmed_gateways")), 1);
    json_decref(key);
    ck_assert_int_eq(create_key("b", &key), STATUS_OK);
    ck_assert_ptr_null(json_object_get(key, "unconfirmed_gateways"));
    json_decref(key);
}
END_TEST

START_TEST(a_snapshot_holds_every_key)
{
    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(create_key("a", NULL), STATUS_OK);
    ck_assert_int_eq(create_key("b", NULL), STATUS_OK);
    fixture_add_listener(&fixture);
    ck_assert_int_eq(fixture_version(&fixture), 2);
    ck_assert_int_eq(
        fake_actor_last(&fixture.listener, MSG_KEYS_SNAPSHOT)->message.u.KEYS_SNAPSHOT.count, 2);
}
END_TEST

/* Keys with the longest limits that a record may have: a page of them is larger than a part. */
static void
create_large_keys(int count)
{
    static char limits[1024];

    memset(limits, ' ', sizeof limits - 1);
    for (int i = 0; i < count; i++) {
        char name[16];
        struct message request = {
            .kind = MSG_KEY_CREATE,
            .u.KEY_CREATE = {.key_name = text_number(name, sizeof name, i),
                             .key_hash = text_number(name, sizeof name, i),
                             .limits = bytes_of_text(limits)},
        };

        ck_assert_int_eq(fixture_ask(fixture.gateway, &request, NULL).status, STATUS_OK);
    }
}

START_TEST(parts_of_a_snapshot_go_whole_and_hold_every_key_once)
{
    const int wanted = 400;
    int64_t after_id = 0, count = 0;
    int parts = 0;

    fixture_open(&fixture, schemes[_i]);
    create_large_keys(wanted);
    do {
        struct message request = {.kind = MSG_KEYS_SYNC, .u.KEYS_SYNC.after_id = after_id};
        struct blob *body = NULL;
        struct message reply = fixture_ask(fixture.gateway, &request, &body);
        const struct keys_snapshot *part = &reply.u.KEYS_SNAPSHOT;

        ck_assert_int_eq(part->after_id, after_id);
        ck_assert_int_eq(part->version, wanted);
        ck_assert_uint_le(blob_bytes(body).size, WHOLE_BODY_BYTES);
        ck_assert(part->next_id == 0 || part->next_id == after_id + part->count);
        blob_release(&body);
        count += part->count;
        after_id = part->next_id;
        parts++;
    } while (after_id != 0);
    ck_assert_int_eq(count, wanted);
    ck_assert_int_ge(parts, 2);
}
END_TEST

START_TEST(a_key_that_has_expired_is_told_as_not_active)
{
    struct message request = {
        .kind = MSG_KEY_CREATE,
        .u.KEY_CREATE = {.key_name = bytes_of_text("old"),
                         .key_hash = bytes_of_text("old"),
                         .expires_wall_ms = 1000},
    };

    fixture_open(&fixture, schemes[_i]);
    fixture_add_listener(&fixture);
    ck_assert_int_eq(fixture_ask(fixture.gateway, &request, NULL).status, STATUS_OK);
    ck_assert_int_eq((int)fake_actor_count(&fixture.listener, MSG_KEY_CHANGED), 1);
    ck_assert_int_eq(last_change()->is_active, 0);
}
END_TEST

START_TEST(reports_are_made_beside_the_writer)
{
    json_t *object;

    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(create_key("a", NULL), STATUS_OK);
    object = report("keys", STATUS_OK);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "keys")), 1);
    json_decref(object);
    object = report("totals", STATUS_OK);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "active_api_keys")), 1);
    json_decref(object);
    object = report("stats", STATUS_OK);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "spent_micro_usd")), 0);
    json_decref(object);
    ck_assert_ptr_null(report("nothing", STATUS_NOT_FOUND));
}
END_TEST

START_TEST(what_was_committed_is_there_after_a_restart)
{
    struct usage_record record = make_record(1, NOON_US, 1, DECISION_HIT);

    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(create_key("a", NULL), STATUS_OK);
    ck_assert_int_eq(fixture_ship(&fixture, 1, 1, 1, &record, 1).status, STATUS_OK);
    mailbox_destroy(&fixture.gateway);
    mailbox_destroy(&fixture.upstream);
    actor_stop(&fixture.analytics);
    fixture.analytics = actor_start(fixture.system, &analytics_actor, NULL);
    fixture.gateway = mailbox_create(fixture.system, ACTOR_GATEWAY, ACTOR_ANALYTICS);
    ck_assert_int_eq(fixture_ship(&fixture, 1, 1, 1, &record, 1).u.USAGE_STORED.sequence, 1);
    ck_assert_int_eq(create_key("a", NULL), STATUS_CONFLICT);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT count(*) FROM usage_stats"), "1");
    fixture_add_listener(&fixture);
    ck_assert_int_eq(fixture_version(&fixture), 1);
}
END_TEST

START_TEST(a_damaged_database_refuses_to_start)
{
    char path[400];
    FILE *file;

    fixture_open(&fixture, schemes[_i]);
    mailbox_destroy(&fixture.gateway);
    mailbox_destroy(&fixture.upstream);
    actor_stop(&fixture.analytics);
    place_path(&fixture.place, "rentcache.db", path);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs("this was a database once", file);
    fclose(file);
    fixture.analytics = actor_start(fixture.system, &analytics_actor, NULL);
    ck_assert_ptr_null(fixture.analytics);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("analytics_keys");
    TCase *tcase = tcase_create("keys");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_new_key_is_answered_when_the_gateways_know_it, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_silent_gateway_is_named_once_and_not_waited_for_again, 0,
                        TOPOLOGIES);
    tcase_add_loop_test(tcase, a_snapshot_holds_every_key, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, parts_of_a_snapshot_go_whole_and_hold_every_key_once, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_key_that_has_expired_is_told_as_not_active, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, reports_are_made_beside_the_writer, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, what_was_committed_is_there_after_a_restart, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_damaged_database_refuses_to_start, 0, TOPOLOGIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
