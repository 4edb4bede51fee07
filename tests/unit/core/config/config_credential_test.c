/* config_credential_test.c - whose key the calls of a route carry, said by the route or for all. */
/* links: @core */
#include "config_text.h"

#define HEAD "routes:\n  - {name: a, path: /a, upstream_path: /a"
#define COMPLAINT                                                                                  \
    "test.yaml: routes[0].share: is absent: with credential passthrough each client has its own "  \
    "contract with the provider, so route a must say who shares its entries\n"

static const char *const passthrough[] = {"UPSTREAM_CREDENTIAL=passthrough", NULL};

static enum route_credential
credential_of(const char *yaml, const char *const *environment)
{
    struct config *config = parse_good(yaml, environment);
    enum route_credential credential = config->routes[0].credential;

    config_destroy(&config);
    return credential;
}

START_TEST(ours_unless_somebody_says_otherwise)
{
    ck_assert_int_eq(credential_of("", NULL), ROUTE_CREDENTIAL_CONFIG);
    ck_assert_int_eq(credential_of(HEAD "}\n", NULL), ROUTE_CREDENTIAL_CONFIG);
    ck_assert_int_eq(credential_of(HEAD ", credential: config}\n", NULL), ROUTE_CREDENTIAL_CONFIG);
}
END_TEST

START_TEST(a_route_says_it_for_itself)
{
    ck_assert_int_eq(credential_of(HEAD ", credential: passthrough, share: key}\n", NULL),
                     ROUTE_CREDENTIAL_PASSTHROUGH);
    ck_assert_int_eq(credential_of(HEAD ", credential: config}\n", passthrough),
                     ROUTE_CREDENTIAL_CONFIG);
}
END_TEST

/* In the file or in the environment, which is read after the routes. */
START_TEST(one_word_turns_a_whole_configuration)
{
    ck_assert_int_eq(credential_of("", passthrough), ROUTE_CREDENTIAL_PASSTHROUGH);
    ck_assert_int_eq(credential_of("upstream: {credential: passthrough}\n", NULL),
                     ROUTE_CREDENTIAL_PASSTHROUGH);
    ck_assert_int_eq(credential_of(HEAD ", share: all}\n", passthrough),
                     ROUTE_CREDENTIAL_PASSTHROUGH);
}
END_TEST

START_TEST(such_a_route_must_say_who_shares)
{
    parse_bad(HEAD ", credential: passthrough}\n", NULL, COMPLAINT);
    parse_bad(HEAD "}\n", passthrough, COMPLAINT);
}
END_TEST

START_TEST(other_words_are_refused)
{
    parse_bad(HEAD ", credential: mine}\n", NULL,
              "test.yaml:2: routes[0].credential: mine is not one of config|passthrough\n");
    parse_bad("upstream: {credential: mine}\n", NULL,
              "test.yaml:1: upstream.credential: mine is neither config nor passthrough\n");
}
END_TEST

/* What is printed is a configuration that means the same. */
START_TEST(what_is_printed_can_be_read_again)
{
    struct config *config = parse_good(HEAD ", credential: passthrough, share: key}\n", NULL);
    char text[65536];
    FILE *out = fmemopen(text, sizeof text, "w");

    config_print(config, out);
    fclose(out);
    config_destroy(&config);
    ck_assert_ptr_nonnull(strstr(text, "credential: passthrough"));
    ck_assert_int_eq(credential_of(text, NULL), ROUTE_CREDENTIAL_PASSTHROUGH);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_credential");
    TCase *tcase = tcase_create("config_credential");

    tcase_add_test(tcase, ours_unless_somebody_says_otherwise);
    tcase_add_test(tcase, a_route_says_it_for_itself);
    tcase_add_test(tcase, one_word_turns_a_whole_configuration);
    tcase_add_test(tcase, such_a_route_must_say_who_shares);
    tcase_add_test(tcase, other_words_are_refused);
    tcase_add_test(tcase, what_is_printed_can_be_read_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
