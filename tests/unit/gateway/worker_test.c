/* worker_test.c - what an HTTP thread owns, and when it lets go of it.
 *
 * The mailbox is played here; rings and slots are not taken. */
/* links: gateway/spool/spool.c gateway/spool/spool_ring.c gateway/spool/spool_file.c gateway/spool/spool_place.c */
/* links: gateway/spool/spool_segment.c gateway/spool/spool_backlog.c */
/* links: gateway/lockfree/epoch.c */
/* links: gateway/worker.c core/base/text.c @core */

#include "worker.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

struct mailbox {
    enum actor_id to;
};

static int made, destroyed, begun, asked, freed;
static enum status response;
static struct gateway gateway;
static struct worker *worker;

struct mailbox *
mailbox_create(struct actor_system *system, enum actor_id as, enum actor_id to)
{
    struct mailbox *mailbox = calloc(1, sizeof *mailbox);

    (void)system;
    ck_assert_int_eq(as, ACTOR_GATEWAY);
    ck_assert_ptr_nonnull(mailbox);
    mailbox->to = to;
    made++;
    return mailbox;
}

void
mailbox_destroy(struct mailbox **mailbox)
{
    destroyed += *mailbox != NULL;
    free(*mailbox);
    *mailbox = NULL;
}

static void
count_freed(void *owner)
{
    (void)owner;
    freed++;
}

enum status
mailbox_begin(struct mailbox *mailbox)
{
    ck_assert_ptr_nonnull(mailbox);
    begun++;
    return STATUS_OK;
}

enum status
mailbox_send(struct mailbox *mailbox, struct message *request, int64_t timeout_ms)
{
    ck_assert_int_eq(mailbox->to, message_receiver(request->kind));
    ck_assert_int_eq(timeout_ms, 100);
    request->correlation_id = (uint64_t)++asked;
    return response;
}

/* Each answer brings a body. */
enum status
mailbox_receive(struct mailbox *mailbox, int64_t timeout_ms, struct message *reply)
{
    ck_assert_ptr_nonnull(mailbox);
    ck_assert_int_le(timeout_ms, 100);
    *reply = (struct message){.kind = MSG_CACHE_REPLY,
                              .body = blob_wrap(bytes_of("body", 4), count_freed, NULL)};
    return STATUS_OK;
}

void
mailbox_done(struct mailbox *mailbox)
{
    ck_assert_ptr_nonnull(mailbox);
}

static void
setup(void)
{
    made = destroyed = begun = asked = freed = 0;
    response = STATUS_OK;
    memset(&gateway, 0, sizeof gateway);
    for (int i = 0; i < ACTOR_COUNT; i++)
        atomic_init(&gateway.is_up[i], true);
    worker = calloc(1, sizeof *worker);
    ck_assert_ptr_nonnull(worker);
    worker->gateway = &gateway;
    worker->date_second = -1;
    worker->plan = calloc(1, sizeof *worker->plan);
    worker->response = calloc(1, WORKER_RESPONSE_BYTES);
    ck_assert(worker->plan != NULL && worker->response != NULL);
}

static void
teardown(void)
{
    worker_destroy(worker);
}

static enum status
ask(enum message_kind kind, struct message *reply)
{
    struct message request = {.kind = kind};

    return worker_ask(worker, message_receiver(kind), &request, 100, reply);
}

START_TEST(a_body_lives_until_the_worker_is_done_with_it)
{
    struct message reply;

    ck_assert_int_eq(ask(MSG_CACHE_GET, &reply), STATUS_OK);
    ck_assert_int_eq(freed, 0);
    ck_assert_mem_eq(blob_bytes(reply.body).data, "body", 4);
    worker_done(worker, ACTOR_CACHE);
    ck_assert_int_eq(freed, 1);
    worker_done(worker, ACTOR_CACHE);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(the_next_question_lets_go_of_the_last_answer)
{
    struct message reply;

    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(ask(MSG_CACHE_GET, &reply), STATUS_OK);
    ck_assert_int_eq(freed, 999);
    response = STATUS_TIMEOUT;
    ck_assert_int_eq(ask(MSG_CACHE_GET, &reply), STATUS_TIMEOUT);
    ck_assert_int_eq(freed, 1000);
    ck_assert_int_eq(made, 1);
}
END_TEST

START_TEST(answers_of_different_actors_live_apart)
{
    struct message cached, report;

    ck_assert_int_eq(ask(MSG_CACHE_GET, &cached), STATUS_OK);
    ck_assert_int_eq(ask(MSG_REPORT_GET, &report), STATUS_OK);
    ck_assert_int_eq(made, 2);
    worker_done(worker, ACTOR_ANALYTICS);
    ck_assert_int_eq(freed, 1);
    ck_assert_mem_eq(blob_bytes(cached.body).data, "body", 4);
    worker_destroy(worker);
    ck_assert_int_eq(freed, 2);
    ck_assert_int_eq(destroyed, 2);
    setup();
}
END_TEST

START_TEST(an_actor_that_is_away_is_not_asked)
{
    struct message reply;

    atomic_store(&gateway.is_up[ACTOR_CACHE], false);
    ck_assert_int_eq(ask(MSG_CACHE_GET, &reply), STATUS_UNAVAILABLE);
    ck_assert_int_eq(made + asked, 0);
    ck_assert_int_eq(ask(MSG_REPORT_GET, &reply), STATUS_OK);
}
END_TEST

/* Whoever used them before it waited finds that out in such a build. */
START_TEST(buffers_are_lost_where_it_waits)
{
    struct message reply;

    ck_assert_int_eq(ask(MSG_CACHE_GET, &reply), STATUS_OK);
    ck_assert_uint_eq(worker->wait_count, 1);
#ifdef RENTCACHE_SCRAMBLE
    ck_assert_int_ne(worker->plan->buffer[0], 0);
    ck_assert_int_ne(worker->response[WORKER_RESPONSE_BYTES - 1], 0);
#endif
    atomic_store(&gateway.is_up[ACTOR_CACHE], false);
    ck_assert_int_eq(ask(MSG_CACHE_GET, &reply), STATUS_UNAVAILABLE);
    ck_assert_uint_eq(worker->wait_count, 1);
}
END_TEST

/* Their bodies are the asker's, each for itself. */
START_TEST(several_questions_let_go_of_nothing)
{
    struct message requests[3] = {{.kind = MSG_CACHE_GET}, {.kind = MSG_CACHE_GET}};
    struct message replies[2];

    atomic_store(&gateway.is_up[ACTOR_CACHE], false);
    ck_assert_int_eq(worker_begin(worker, ACTOR_CACHE), STATUS_UNAVAILABLE);
    atomic_store(&gateway.is_up[ACTOR_CACHE], true);
    ck_assert_int_eq(worker_begin(worker, ACTOR_CACHE), STATUS_OK);
    ck_assert_int_eq(begun, 1);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(worker_send(worker, ACTOR_CACHE, &requests[i], 100), STATUS_OK);
    ck_assert(requests[0].correlation_id != requests[1].correlation_id);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(worker_receive(worker, ACTOR_CACHE, 100, &replies[i]), STATUS_OK);
    worker_done(worker, ACTOR_CACHE);
    ck_assert_int_eq(freed, 0);
    for (int i = 0; i < 2; i++)
        message_fini(&replies[i]);
    ck_assert_int_eq(freed, 2);
}
END_TEST

START_TEST(the_date_is_that_of_this_second)
{
    char line[40];
    struct tm broken;
    time_t now;

    do { /* until one second holds both */
        now = time(NULL);
        ck_assert(strlen(worker_date(worker)) < sizeof line);
        memcpy(line, worker_date(worker), sizeof line);
    } while (time(NULL) != now);
    memset(&broken, 0, sizeof broken);
    ck_assert_ptr_nonnull(strptime(line, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &broken));
    ck_assert_int_eq(timegm(&broken), now);
    ck_assert_uint_eq(strlen(line), strlen("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("worker");
    TCase *tcase = tcase_create("worker");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_body_lives_until_the_worker_is_done_with_it);
    tcase_add_test(tcase, the_next_question_lets_go_of_the_last_answer);
    tcase_add_test(tcase, answers_of_different_actors_live_apart);
    tcase_add_test(tcase, an_actor_that_is_away_is_not_asked);
    tcase_add_test(tcase, several_questions_let_go_of_nothing);
    tcase_add_test(tcase, buffers_are_lost_where_it_waits);
    tcase_add_test(tcase, the_date_is_that_of_this_second);
    suite_add_tcase(suite, tcase);
    return suite;
}
