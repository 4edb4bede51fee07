/* config_read_test.c - variables in the values of a YAML file, and what becomes of secrets. */
/* links: @core */
#include <stdlib.h>

#include "support/config_text.h"

static const char *const variables[] = {"MY_PORT=9001",
                                        "MY_HOST=api.example.com",
                                        "MY_TTL=77",
                                        "DB_PASSWORD=pass_s3cret",
                                        "VAULT=vault_s3cret",
                                        "rentcast_api_key=upstream_s3cret",
                                        "ADMIN_TOKEN=token_s3cret",
                                        NULL};

START_TEST(values_everywhere)
{
    struct config *config = parse_good(
        "gateway: {port: '${MY_PORT}', admin_port: \"${NONE:-9002}\"}\n"
        "upstreams:\n  - {name: u, base_url: \"https://${MY_HOST}/base\"}\n"
        "routes:\n"
        "  - name: a\n    path: /a/{id}\n    upstream_path: /${MY_TTL}/{id}\n    ttl_s: ${MY_TTL}\n"
        "    parameters:\n      - {name: id, type: text, in_path: true, max_length: '${MY_TTL}'}\n"
        "warming: ['/a/${MY_TTL}']\n",
        variables);

    ck_assert_int_eq(config->gateway.port, 9001);
    ck_assert_int_eq(config->gateway.admin_port, 9002);
    ck_assert_str_eq(config->upstreams[0].base_url, "https://api.example.com/base");
    ck_assert_str_eq(config->routes[0].upstream_path, "/77/{id}");
    ck_assert_int_eq(config->routes[0].ttl_s, 77);
    ck_assert_int_eq(config->routes[0].parameters[0].max_length, 77);
    ck_assert_str_eq(config->warming[0].target, "/a/77");
    config_destroy(&config);
}
END_TEST

START_TEST(a_variable_of_an_option_still_wins)
{
    static const char *const both[] = {"MY_PORT=9001", "PORT=9003", NULL};
    struct config *config = parse_good("gateway: {port: '${MY_PORT}'}\n", both);

    ck_assert_int_eq(config->gateway.port, 9003);
    config_destroy(&config);
}
END_TEST

START_TEST(errors_have_their_line)
{
    parse_bad("gateway:\n  host: ${NONE}\n  port: ${MY_PORT\nlimits:\n  global: 5/second\n"
              "routes:\n  - name: a\n    path: /a\n    upstream_path: ${my_host}\n",
              variables,
              "test.yaml:2: gateway.host: the variable NONE is not set, and has no default\n"
              "test.yaml:3: gateway.port: invalid ${, expected ${NAME} or "
              "${NAME:-default}, or $${ for a literal ${\n"
              "test.yaml:9: routes[0].upstream_path: the variable my_host is not set, and has no "
              "default\n");
    parse_bad("gateway:\n\n  port: ${MY_HOST}\n", variables,
              "test.yaml:3: gateway.port: api.example.com is not a whole number\n");
}
END_TEST

START_TEST(secrets_stay_where_nothing_prints_them)
{
    static const char *const one[] = {"VAULT=vault_s3cret", "DB_PASSWORD=pass_s3cret", NULL};
    struct config *config = parse_good("upstreams:\n  - {name: u, base_url: http://h, credential: "
                                       "{name: X-Key, value: \"${VAULT}\"}}\n"
                                       "server:\n  database_url: "
                                       "postgresql://me:${DB_PASSWORD}@localhost/rentcache\n",
                                       one);
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);

    ck_assert_str_eq(config->upstreams[0].credential.value, "vault_s3cret");
    config_print(config, out);
    fclose(out);
    ck_assert_ptr_null(strstr(printed, "s3cret"));
    ck_assert_ptr_nonnull(strstr(printed, "# value: (set)"));
    free(printed);
    config_destroy(&config);
    parse_bad(
        "gateway:\n  host: ${ADMIN_TOKEN}\nupstreams:\n  - name: u\n    base_url: "
        "http://${rentcast_api_key}/\n",
        variables,
        "test.yaml:2: gateway.host: the variable ADMIN_TOKEN is a secret, expected only in "
        "the value of a secret\n"
        "test.yaml:5: upstreams[0].base_url: the variable rentcast_api_key is a secret, expected "
        "only in the value of a secret\n");
}
END_TEST

/* What is printed can be loaded again, also where a value holds a plain ${. */
START_TEST(what_is_printed_means_the_same)
{
    struct config *config = parse_good("server:\n  instance: a$${b}$$${c}\n", NULL);
    struct config *again;
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);

    ck_assert_str_eq(config->server.instance, "a${b}$${c}");
    config_print(config, out);
    fclose(out);
    again = parse_good(printed, NULL);
    ck_assert_str_eq(again->server.instance, "a${b}$${c}");
    config_destroy(&again);
    config_destroy(&config);
    free(printed);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_read");
    TCase *tcase = tcase_create("config_read");

    tcase_add_test(tcase, values_everywhere);
    tcase_add_test(tcase, a_variable_of_an_option_still_wins);
    tcase_add_test(tcase, errors_have_their_line);
    tcase_add_test(tcase, secrets_stay_where_nothing_prints_them);
    tcase_add_test(tcase, what_is_printed_means_the_same);
    suite_add_tcase(suite, tcase);
    return suite;
}
