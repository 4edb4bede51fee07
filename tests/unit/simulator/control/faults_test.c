/* faults_test.c - which request a fault hits, how often, and how long a hold holds. */
/* links: simulator/control/faults.c simulator/control/faults_json.c simulator/control/waiting.c simulator/data/draw.c */
/* links: simulator/http/field.c simulator/common/text.c simulator/common/calendar.c */
#include "control/faults.h"

#include <check.h>
#include <pthread.h>
#include <string.h>

static struct faults faults;
static struct fault_plan plan;

static const struct fault_target value_call = {"/v1/avm/value", "/v1/avm/value", "aa"};
static const struct fault_target record_call = {"/v1/properties/x,y", "/v1/properties/{id}", "bb"};
static const struct fault_target unrouted_call = {"/nothing", NULL, NULL};

static void
set_up(void)
{
    faults_init(&faults, 1);
}

static void
tear_down(void)
{
    faults_fini(&faults);
}

static bool
replace(const char *list, char complaint[256])
{
    json_t *document = json_pack("{s:o}", "faults", json_loads(list, 0, NULL));
    ck_assert_ptr_nonnull(document);
    bool is_good = faults_replace(&faults, document, complaint, 256);
    json_decref(document);
    return is_good;
}

static void
set(const char *list)
{
    char complaint[256];
    ck_assert_msg(replace(list, complaint), "%s", list);
}

static enum fault_kind
kind_for(const struct fault_target *target)
{
    faults_plan(&faults, target, &plan);
    return plan.kind;
}

START_TEST(without_faults_nothing_happens)
{
    ck_assert_int_eq(kind_for(&value_call), FAULT_NONE);
    ck_assert_int_eq(plan.delay_ms, 0);
    ck_assert_str_eq(plan.headers, "");
}
END_TEST

START_TEST(every_kind_is_known)
{
    static const struct {
        const char *name;
        enum fault_kind kind;
    } rows[] = {
        {"status", FAULT_STATUS},   {"reset", FAULT_RESET},  {"truncate", FAULT_TRUNCATE},
        {"garbage", FAULT_GARBAGE}, {"close", FAULT_CLOSE},  {"content_type", FAULT_CONTENT_TYPE},
        {"trickle", FAULT_TRICKLE}, {"latency", FAULT_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char list[64];
        snprintf(list, sizeof list, "[{\"kind\":\"%s\"}]", rows[i].name);
        set(list);
        ck_assert_msg(kind_for(&value_call) == rows[i].kind, "%s", rows[i].name);
    }
}
END_TEST

START_TEST(path_and_key_choose_the_request)
{
    static const struct {
        const char *fault;
        bool hits_value;
        bool hits_record;
        bool hits_unrouted;
    } rows[] = {
        {"{}", true, true, true},
        {"{\"path\":null,\"key_hash\":null}", true, true, true},
        {"{\"path\":\"/v1/avm/value\"}", true, false, false},
        {"{\"path\":\"/v1/properties/{id}\"}", false, true, false},
        {"{\"path\":\"/v1/properties/x,y\"}", false, true, false},
        {"{\"path\":\"/v1/*\"}", true, true, false},
        {"{\"path\":\"/v1\"}", false, false, false},
        {"{\"key_hash\":\"aa\"}", true, false, false},
        {"{\"key_hash\":\"aa\",\"path\":\"/v1/properties/{id}\"}", false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *entry = json_loads(rows[i].fault, 0, NULL);
        json_object_set_new(entry, "kind", json_string("reset"));
        json_t *document = json_pack("{s:[o]}", "faults", entry);
        char complaint[256];
        ck_assert(faults_replace(&faults, document, complaint, sizeof complaint));
        ck_assert((kind_for(&value_call) == FAULT_RESET) == rows[i].hits_value);
        ck_assert((kind_for(&record_call) == FAULT_RESET) == rows[i].hits_record);
        ck_assert((kind_for(&unrouted_call) == FAULT_RESET) == rows[i].hits_unrouted);
        json_decref(document);
    }
}
END_TEST

START_TEST(latencies_add_up_and_the_first_other_kind_ends)
{
    set("[{\"kind\":\"latency\",\"latency_ms\":10,\"headers\":{\"A\":\"1\"}},"
        "{\"kind\":\"latency\",\"latency_ms\":20},"
        "{\"kind\":\"status\",\"status\":503,\"latency_ms\":5,\"headers\":{\"B\":\"2\"}},"
        "{\"kind\":\"latency\",\"latency_ms\":1000}]");
    ck_assert_int_eq(kind_for(&value_call), FAULT_STATUS);
    ck_assert_int_eq(plan.status, 503);
    ck_assert_int_eq(plan.delay_ms, 35);
    ck_assert_str_eq(plan.headers, "A: 1\r\nB: 2\r\n");
}
END_TEST

START_TEST(times_are_counted_down)
{
    set("[{\"kind\":\"close\",\"times\":2},{\"kind\":\"reset\",\"times\":1}]");
    ck_assert_int_eq(kind_for(&value_call), FAULT_CLOSE);
    ck_assert_int_eq(kind_for(&value_call), FAULT_CLOSE);
    ck_assert_int_eq(kind_for(&value_call), FAULT_RESET);
    ck_assert_int_eq(kind_for(&value_call), FAULT_NONE);
    struct text text = {0};
    faults_write(&faults, &text);
    ck_assert_str_eq(text.data, "{\"faults\":[]}");
    text_fini(&text);
}
END_TEST

START_TEST(probability_is_kept_and_repeatable)
{
    unsigned char first[2000];
    int hits = 0;
    set("[{\"kind\":\"reset\",\"probability\":0.25}]");
    for (int i = 0; i < 2000; i++) {
        first[i] = kind_for(&value_call) == FAULT_RESET;
        hits += first[i];
    }
    ck_assert_int_gt(hits, 400);
    ck_assert_int_lt(hits, 600);
    faults_fini(&faults);
    faults_init(&faults, 1);
    set("[{\"kind\":\"reset\",\"probability\":0.25}]");
    int different = 0;
    for (int i = 0; i < 2000; i++)
        different += (kind_for(&value_call) == FAULT_RESET) != first[i];
    ck_assert_int_eq(different, 0);
    set("[{\"kind\":\"reset\",\"probability\":0.0}]");
    ck_assert_int_eq(kind_for(&value_call), FAULT_NONE);
}
END_TEST

START_TEST(latencies_follow_their_distribution)
{
    static const struct {
        const char *fault;
        int64_t least;
        int64_t most;
        double mean_least;
        double mean_most;
    } rows[] = {
        {"[{\"kind\":\"latency\",\"latency_ms\":100}]", 100, 100, 100, 100},
        {"[{\"kind\":\"latency\",\"latency_ms\":100,\"distribution\":\"uniform\","
         "\"spread_ms\":100}]",
         100, 200, 145, 155},
        {"[{\"kind\":\"latency\",\"latency_ms\":100,\"distribution\":\"normal\","
         "\"spread_ms\":10}]",
         40, 160, 98, 102},
        {"[{\"kind\":\"latency\",\"latency_ms\":100,\"distribution\":\"exponential\"}]", 0, 2000,
         92, 108},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double sum = 0;
        int outside = 0;
        set(rows[i].fault);
        for (int j = 0; j < 4000; j++) {
            faults_plan(&faults, &value_call, &plan);
            outside += plan.delay_ms < rows[i].least || plan.delay_ms > rows[i].most;
            sum += (double)plan.delay_ms;
        }
        ck_assert_int_eq(outside, 0);
        ck_assert_double_ge(sum / 4000, rows[i].mean_least);
        ck_assert_double_le(sum / 4000, rows[i].mean_most);
    }
}
END_TEST

static const char *const wrong_faults[] = {
    "{}",
    "[5]",
    "[{}]",
    "[{\"kind\":\"\"}]",
    "[{\"kind\":\"explode\"}]",
    "[{\"kind\":\"status\",\"probability\":1.01}]",
    "[{\"kind\":\"status\",\"probability\":-0.1}]",
    "[{\"kind\":\"status\",\"probability\":\"1\"}]",
    "[{\"kind\":\"status\",\"status\":199}]",
    "[{\"kind\":\"status\",\"status\":600}]",
    "[{\"kind\":\"latency\",\"latency_ms\":-1}]",
    "[{\"kind\":\"latency\",\"latency_ms\":1.5}]",
    "[{\"kind\":\"latency\",\"distribution\":\"gamma\"}]",
    "[{\"kind\":\"hold\",\"times\":0}]",
    "[{\"kind\":\"hold\",\"typo\":1}]",
    "[{\"kind\":\"hold\",\"path\":7}]",
    "[{\"kind\":\"trickle\",\"piece_bytes\":0}]",
    "[{\"kind\":\"status\",\"headers\":{\"A\":\"b\\r\\nC: d\"}}]",
    "[{\"kind\":\"status\",\"headers\":{\"A b\":\"c\"}}]",
    "[{\"kind\":\"status\",\"headers\":[]}]",
};

START_TEST(a_wrong_list_changes_nothing)
{
    char complaint[256] = "";
    set("[{\"kind\":\"reset\"}]");
    ck_assert_msg(!replace(wrong_faults[_i], complaint), "%s", wrong_faults[_i]);
    ck_assert_uint_gt(strlen(complaint), 0);
    ck_assert_int_eq(kind_for(&value_call), FAULT_RESET);
}
END_TEST

START_TEST(the_list_is_shown_with_the_documented_members)
{
    struct text text = {0};
    set("[{\"path\":\"/v1/avm/value\",\"key_hash\":null,\"probability\":1.0,\"kind\":\"status\","
        "\"latency_ms\":0,\"status\":500}]");
    faults_write(&faults, &text);
    ck_assert_str_eq(text.data,
                     "{\"faults\":[{\"path\":\"/v1/avm/value\",\"key_hash\":null,\"probability\":1,"
                     "\"kind\":\"status\",\"latency_ms\":0,\"status\":500}]}");
    text_fini(&text);
}
END_TEST

static void *
hold(void *target)
{
    static bool in_time;
    in_time = faults_hold(&faults, target, 20000);
    return &in_time;
}

static bool
join(pthread_t thread)
{
    void *in_time;
    ck_assert_int_eq(pthread_join(thread, &in_time), 0);
    return *(bool *)in_time;
}

START_TEST(a_hold_holds_until_it_is_cleared)
{
    struct fault_target target = value_call;
    pthread_t thread;
    set("[{\"kind\":\"hold\",\"path\":\"/v1/avm/value\"}]");
    ck_assert_int_eq(kind_for(&record_call), FAULT_NONE);
    ck_assert_int_eq(kind_for(&value_call), FAULT_HOLD);
    ck_assert_uint_eq(faults_wait_held(&faults, 1, 1000), 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, hold, &target), 0);
    /* Another list with a hold that matches goes on holding. */
    set("[{\"kind\":\"hold\",\"path\":\"/v1/avm/*\"}]");
    ck_assert_uint_eq(faults_wait_held(&faults, 2, 20), 1);
    set("[]");
    ck_assert(join(thread));
    ck_assert_uint_eq(faults_wait_held(&faults, 0, 0), 0);
}
END_TEST

START_TEST(a_spent_hold_keeps_what_it_caught)
{
    struct fault_target target = value_call;
    pthread_t thread;
    set("[{\"kind\":\"hold\",\"times\":1}]");
    ck_assert_int_eq(kind_for(&value_call), FAULT_HOLD);
    ck_assert_int_eq(kind_for(&value_call), FAULT_NONE);
    ck_assert_int_eq(pthread_create(&thread, NULL, hold, &target), 0);
    ck_assert_uint_eq(faults_wait_held(&faults, 2, 20), 1);
    set("[]");
    ck_assert(join(thread));
}
END_TEST

START_TEST(a_hold_ends_at_its_deadline_and_at_a_stop)
{
    set("[{\"kind\":\"hold\"}]");
    ck_assert_int_eq(kind_for(&value_call), FAULT_HOLD);
    ck_assert(!faults_hold(&faults, &value_call, 10));
    ck_assert_int_eq(kind_for(&value_call), FAULT_HOLD);
    waiting_stop(&faults.waiting);
    ck_assert(!faults_hold(&faults, &value_call, 20000));
    ck_assert_uint_eq(faults_wait_held(&faults, 0, 0), 0);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *matching = tcase_create("matching");
    tcase_add_checked_fixture(matching, set_up, tear_down);
    tcase_add_test(matching, without_faults_nothing_happens);
    tcase_add_test(matching, every_kind_is_known);
    tcase_add_test(matching, path_and_key_choose_the_request);
    tcase_add_test(matching, latencies_add_up_and_the_first_other_kind_ends);
    tcase_add_test(matching, times_are_counted_down);
    tcase_add_test(matching, probability_is_kept_and_repeatable);
    tcase_add_test(matching, latencies_follow_their_distribution);
    suite_add_tcase(suite, matching);
    TCase *list = tcase_create("list");
    tcase_add_checked_fixture(list, set_up, tear_down);
    tcase_add_loop_test(list, a_wrong_list_changes_nothing, 0,
                        sizeof wrong_faults / sizeof wrong_faults[0]);
    tcase_add_test(list, the_list_is_shown_with_the_documented_members);
    suite_add_tcase(suite, list);
    TCase *holds = tcase_create("holds");
    tcase_add_checked_fixture(holds, set_up, tear_down);
    tcase_add_test(holds, a_hold_holds_until_it_is_cleared);
    tcase_add_test(holds, a_spent_hold_keeps_what_it_caught);
    tcase_add_test(holds, a_hold_ends_at_its_deadline_and_at_a_stop);
    suite_add_tcase(suite, holds);
    return suite;
}
