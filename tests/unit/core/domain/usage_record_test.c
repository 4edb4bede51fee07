/* usage_record_test.c - the checksum tells torn and stale records, validity knows every bound. */
/* links: core/domain/usage_record.c */

#include "usage_record.h"

#include <check.h>
#include <string.h>

#include "decision.h"

static struct usage_record
make_record(void)
{
    struct usage_record record = {
        .sequence = 7,
        .created_wall_us = 1768478400000000,
        .api_key_id = 3,
        .saved_micro_usd = 74000,
        .response_time_us = 41,
        .status_code = 200,
        .decision = DECISION_HIT,
        .level = LEVEL_NEAR,
        .ip_family = 4,
        .ip = {127, 0, 0, 1},
        .endpoint = "properties",
        .method = "GET",
        .user_agent_size = 4,
        .user_agent = "curl",
    };

    record.checksum = usage_record_checksum(&record);
    return record;
}

START_TEST(every_flipped_bit_changes_the_checksum)
{
    struct usage_record record = make_record();
    uint8_t *bytes = (uint8_t *)&record;

    for (size_t bit = 8 * sizeof record.checksum; bit < 8 * sizeof record; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_ne(usage_record_checksum(&record), record.checksum);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_uint_eq(usage_record_checksum(&record), record.checksum);
}
END_TEST

START_TEST(exchanged_words_change_the_checksum)
{
    struct usage_record record;
    uint64_t words[32];

    for (size_t a = 1; a < 32; a++) {
        for (size_t b = a + 1; b < 32; b++) {
            for (size_t i = 0; i < 32; i++)
                words[i] = i * 1000003;
            memcpy(&record, words, sizeof record);

            uint64_t before = usage_record_checksum(&record);

            words[a] = b * 1000003;
            words[b] = a * 1000003;
            memcpy(&record, words, sizeof record);
            ck_assert_uint_ne(usage_record_checksum(&record), before);
        }
    }
}
END_TEST

START_TEST(a_record_torn_between_two_is_seen)
{
    struct usage_record old = make_record();
    struct usage_record new = make_record();
    struct usage_record torn;

    new.sequence = old.sequence + 1024;
    new.created_wall_us += 5;
    new.user_agent[0] = 'C';
    new.checksum = usage_record_checksum(&new);
    for (size_t cut = 1; cut < sizeof torn; cut++) {
        memcpy(&torn, &new, cut);
        memcpy((char *)&torn + cut, (char *)&old + cut, sizeof torn - cut);
        if (memcmp(&torn, &new, sizeof torn) != 0)
            ck_assert(!usage_record_is_valid(&torn));
        memcpy(&torn, &old, cut);
        memcpy((char *)&torn + cut, (char *)&new + cut, sizeof torn - cut);
        if (memcmp(&torn, &old, sizeof torn) != 0 && memcmp(&torn, &new, sizeof torn) != 0)
            ck_assert(!usage_record_is_valid(&torn));
    }
}
END_TEST

START_TEST(zeros_are_no_record)
{
    struct usage_record record = {0};

    ck_assert_uint_ne(usage_record_checksum(&record), 0);
    ck_assert(!usage_record_is_valid(&record));
}
END_TEST

START_TEST(a_record_as_workers_make_it_is_valid)
{
    struct usage_record record = make_record();

    ck_assert(usage_record_is_valid(&record));
    memcpy(record.method, "PROPPATCHX", sizeof record.method);
    memset(record.user_agent, 0xff, sizeof record.user_agent);
    record.user_agent_size = USAGE_USER_AGENT_SIZE;
    record.checksum = usage_record_checksum(&record);
    ck_assert(usage_record_is_valid(&record));
}
END_TEST

static void
break_sequence(struct usage_record *record)
{
    record->sequence = 0;
}

static void
break_time(struct usage_record *record)
{
    record->created_wall_us = -1;
}

static void
break_key(struct usage_record *record)
{
    record->api_key_id = -1;
}

static void
break_cost(struct usage_record *record)
{
    record->cost_micro_usd = -1;
}

static void
break_saved(struct usage_record *record)
{
    record->saved_micro_usd = -1;
}

static void
break_low_status(struct usage_record *record)
{
    record->status_code = 99;
}

static void
break_high_status(struct usage_record *record)
{
    record->status_code = 600;
}

static void
break_decision(struct usage_record *record)
{
    record->decision = DECISION_COUNT;
}

static void
break_level(struct usage_record *record)
{
    record->level = LEVEL_COUNT;
}

static void
break_family(struct usage_record *record)
{
    record->ip_family = 5;
}

static void
break_endpoint_end(struct usage_record *record)
{
    memset(record->endpoint, 'x', sizeof record->endpoint);
}

static void
break_endpoint_padding(struct usage_record *record)
{
    record->endpoint[20] = 'x';
}

static void
break_method_padding(struct usage_record *record)
{
    record->method[9] = 'x';
}

static void
break_agent(struct usage_record *record)
{
    record->user_agent_size = USAGE_USER_AGENT_SIZE + 1;
}

static void (*const breaks[])(struct usage_record *) = {
    break_sequence, break_time,           break_key,          break_cost,
    break_saved,    break_low_status,     break_high_status,  break_decision,
    break_level,    break_family,         break_endpoint_end, break_endpoint_padding,
    break_agent,    break_method_padding,
};

START_TEST(what_is_out_of_bounds_is_invalid)
{
    struct usage_record record = make_record();

    breaks[_i](&record);
    record.checksum = usage_record_checksum(&record);
    ck_assert(!usage_record_is_valid(&record));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("usage_record");
    TCase *tcase = tcase_create("usage_record");

    tcase_add_test(tcase, every_flipped_bit_changes_the_checksum);
    tcase_add_test(tcase, exchanged_words_change_the_checksum);
    tcase_add_test(tcase, a_record_torn_between_two_is_seen);
    tcase_add_test(tcase, zeros_are_no_record);
    tcase_add_test(tcase, a_record_as_workers_make_it_is_valid);
    tcase_add_loop_test(tcase, what_is_out_of_bounds_is_invalid, 0,
                        (int)(sizeof breaks / sizeof breaks[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
