/* config_check_test.c - options that the table's ranges cannot check, alone and together; whose key a route's calls carry. */
/* links: @core */
#include "support/config_text.h"
#include "support/row.h"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct {
    const char *yaml;
    const char *error; /* behind "test.yaml:1: " */
} bad[] = {
    {"server: {environment: staging}",
     "server.environment: staging is neither production nor test"},
    {"server: {instance: \"\"}", "server.instance: an empty text is refused, expected a value"},
    {"server: {data_dir: \"\"}", "server.data_dir: an empty text is refused, expected a value"},
    {"server: {log_level: LOUD}", "server.log_level: LOUD is not DEBUG, INFO, WARNING or ERROR"},
    {"server: {log_format: xml}", "server.log_format: xml is neither json nor text"},
    {"server: {database_url: \"mysql://u:pass@h/x\"}",
     "server.database_url: mysql://u:***@h/x is none of sqlite:, sqlite:///path and "
     "postgresql://..."},
    {"server: {database_url: \"sqlite://\"}",
     "server.database_url: sqlite:// is none of sqlite:, sqlite:///path and postgresql://..."},
    {"gateway: {host: \"\"}", "gateway.host: an empty text is refused, expected a value"},
    {"gateway: {admin_token: \"a b\"}", "gateway.admin_token: the secret contains a space or "
                                        "another byte that is not a visible ASCII character"},
    {"gateway: {cors_origins: \"https://a.example, b.example\"}",
     "gateway.cors_origins: https://a.example, b.example is neither *, nor a list of "
     "scheme://host[:port]"},
    {"gateway: {cors_origins: \"https://a.example/path\"}",
     "gateway.cors_origins: https://a.example/path is neither *, nor a list of "
     "scheme://host[:port]"},
    {"gateway: {cors_origins: \"https://\"}",
     "gateway.cors_origins: https:// is neither *, nor a list of scheme://host[:port]"},
    {"gateway: {cors_methods: \"GET; HEAD\"}",
     "gateway.cors_methods: GET; HEAD is neither * nor a list of names"},
    {"gateway: {cors_headers: \"X:Y\"}",
     "gateway.cors_headers: X:Y is neither * nor a list of names"},
    {"cache: {redis_url: \"localhost:6379\"}",
     "cache.redis_url: localhost:6379 is neither redis://host:port/db nor unix:///path"},
    {"cache: {redis_url: \"rediss://u:p@h\"}",
     "cache.redis_url: rediss://u:***@h asks for TLS, which is not spoken to Redis here: use a "
     "tunnel or a private network"},
    {"cache: {redis_url: \"redis://h:99999\"}",
     "cache.redis_url: redis://h:99999 is not redis://host:port/db"},
    {"cache: {redis_enabled: true}",
     "cache.redis_enabled: is true, but cache.redis_url is not set"},
    {"analytics: {unknown_charge: maybe}",
     "analytics.unknown_charge: maybe is neither charge nor free"},
    {"ledger: {unreachable: wait}", "ledger.unreachable: wait is neither refuse nor spend"},
    {"spool: {ring_records: 1000}", "spool.ring_records: 1000 is not a power of two"},
    {"actors: {cache_endpoint: \"tcp://*:5555\"}",
     "actors.cache_endpoint: tcp://*:5555 is neither inproc://NAME nor ipc://PATH"},
    {"actors: {cache_endpoint: \"ipc://\"}",
     "actors.cache_endpoint: ipc:// is neither inproc://NAME nor ipc://PATH"},
    /* together */
    {"gateway: {port: 9000, admin_port: 9000}", "gateway.admin_port: 9000 is gateway.port too"},
    {"gateway: {port: 9000, metrics_port: 9000}", "gateway.metrics_port: 9000 is gateway.port too"},
    {"gateway: {admin_port: 9000, metrics_port: 9000}",
     "gateway.metrics_port: 9000 is gateway.admin_port too"},
    {"actors: {cache_endpoint: \"inproc://upstream\"}",
     "actors: two actors have the same endpoint"},
    {"actors: {heartbeat_ms: 2000}",
     "actors.heartbeat_ms: 2000 is too large for actors.heartbeat_timeout_ms (3000)"},
    {"upstream: {max_body_bytes: 16777217}",
     "upstream.max_body_bytes: 16777217 is too large for actors.max_message_body_bytes (16777216)"},
    {"spool: {segment_bytes: 1000000, segments_max_bytes: 999999}",
     "spool.segments_max_bytes: 999999 is neither 0 nor at least spool.segment_bytes (1000000)"},
};

START_TEST(what_cannot_be_is_refused)
{
    char expected[512];

    snprintf(expected, sizeof expected, "test.yaml:1: %s\n", bad[_i].error);
    parse_bad(bad[_i].yaml, NULL, expected);
}
END_TEST

START_TEST(an_ipc_path_must_fit_a_socket_address)
{
    struct config *config;
    char yaml[256];
    char path[128];

    memset(path, 'x', 108);
    path[108] = '\0';
    snprintf(yaml, sizeof yaml, "actors: {cache_endpoint: \"ipc://%s\"}", path);
    ck_assert_ptr_null(parse_with(yaml, NULL));
    ck_assert_ptr_nonnull(strstr(parse_errors, "has a path longer than 107 bytes"));
    path[107] = '\0';
    snprintf(yaml, sizeof yaml, "actors: {cache_endpoint: \"ipc://%s\"}", path);
    config = parse_good(yaml, NULL);
    config_destroy(&config);
}
END_TEST

/* Nobody should have to change three timeouts to shorten one. */
START_TEST(what_another_option_bounds_is_lowered)
{
    struct config *config = parse_good("upstream: {timeout_ms: 1500, max_connections: 5}\n"
                                       "gateway: {max_head_bytes: 4096}\n",
                                       NULL);

    ck_assert_int_eq(config->upstreams[0].first_byte_timeout_ms, 1500);
    ck_assert_int_eq(config->upstreams[0].connect_timeout_ms, 1500);
    ck_assert_int_eq(config->upstreams[0].max_idle_connections, 5);
    ck_assert_int_eq(config->gateway.max_target_bytes, 4096);
    config_destroy(&config);
}
END_TEST

START_TEST(debug_is_a_log_level)
{
    struct config *config = parse_good("server: {debug: true, log_level: ERROR}", NULL);

    row("R-144");
    ck_assert_str_eq(config->server.log_level, "DEBUG");
    config_destroy(&config);
}
END_TEST

START_TEST(ports_may_both_be_chosen_by_the_system)
{
    struct config *config = parse_good("gateway: {port: 0, admin_port: 0}", NULL);

    ck_assert_int_eq(config->gateway.port, 0);
    config_destroy(&config);
}
END_TEST

START_TEST(database_urls)
{
    static const struct {
        const char *url;
        const char *result;
    } cases[] = {
        {"sqlite:", "sqlite:"},
        {"sqlite:///rentcache.db", "sqlite:///rentcache.db"},
        {"sqlite+aiosqlite:///./rentcache.db", "sqlite:///./rentcache.db"},
        {"postgresql://u@h/x", "postgresql://u@h/x"},
        {"postgresql+asyncpg://u:a+b@h/x", "postgresql://u:a+b@h/x"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char variable[128];
        struct config *config;

        snprintf(variable, sizeof variable, "DATABASE_URL=%s", cases[i].url);
        config = parse_good("", ENVIRONMENT(variable));
        ck_assert_str_eq(config->server.database_url, cases[i].result);
        config_destroy(&config);
    }
}
END_TEST

START_TEST(paths_in_the_data_folder)
{
    struct config *config = parse_good("server: {data_dir: /var/lib/rc}", NULL);
    char path[24];

    ck_assert(config_data_path(config, "admin-token", path, sizeof path));
    ck_assert_str_eq(path, "/var/lib/rc/admin-token");
    ck_assert(!config_data_path(config, "admin-token2", path, sizeof path));
    config_destroy(&config);
}
END_TEST

#define NETWORKS " is not a list of at most 32 addresses and networks, as 10.0.0.0/8, ::1"
#define HOSTS    " is not a list of host names, as api.example.com, *.example.com"

static const struct {
    const char *yaml;
    const char *error; /* behind "test.yaml:1: " */
} bad_hosts[] = {
    {"gateway: {trusted_proxies: \"10.0.0.0/33\"}",
     "gateway.trusted_proxies: 10.0.0.0/33" NETWORKS},
    {"gateway: {trusted_proxies: \"::1, caddy\"}", "gateway.trusted_proxies: ::1, caddy" NETWORKS},
    {"gateway: {allowed_hosts: \"\"}", "gateway.allowed_hosts: an empty text" HOSTS},
    {"gateway: {allowed_hosts: \" , \"}", "gateway.allowed_hosts:  , " HOSTS},
    {"gateway: {allowed_hosts: \"a.example/x\"}", "gateway.allowed_hosts: a.example/x" HOSTS},
    {"gateway: {allowed_hosts: \"a.*.example\"}", "gateway.allowed_hosts: a.*.example" HOSTS},
    {"gateway: {allowed_hosts: \"*example\"}", "gateway.allowed_hosts: *example" HOSTS},
    {"gateway: {allowed_hosts: \"a, *.\"}", "gateway.allowed_hosts: a, *." HOSTS},
    {"gateway: {require_https: true}",
     "gateway.require_https: requires gateway.trusted_proxies: the proxy that terminates HTTPS"},
    {"gateway: {require_https: true, trusted_proxies: \" ,\"}",
     "gateway.require_https: requires gateway.trusted_proxies: the proxy that terminates HTTPS"},
};

START_TEST(what_hosts_and_networks_cannot_be_is_refused)
{
    char expected[512];

    snprintf(expected, sizeof expected, "test.yaml:1: %s\n", bad_hosts[_i].error);
    parse_bad(bad_hosts[_i].yaml, NULL, expected);
}
END_TEST

START_TEST(what_hosts_and_networks_can_be_is_taken)
{
    static const char *const environment[] = {"TRUSTED_PROXIES=10.0.0.0/8, 2001:db8::/32 ::1",
                                              "ALLOWED_HOSTS=api.example.com,*.example.org [::1]",
                                              "REQUIRE_HTTPS=true", "AUTH_FAILURE_RATE=5/minute",
                                              NULL};
    struct config *config = parse_good("", environment);

    ck_assert(config->gateway.require_https);
    ck_assert_int_eq(config->limits.auth_failures.count, 5);
    config_destroy(&config);
    config = parse_good("", NULL);
    ck_assert_str_eq(config->gateway.allowed_hosts, "*");
    ck_assert_str_eq(config->gateway.trusted_proxies, "");
    ck_assert(!config->gateway.require_https);
    ck_assert(!config->gateway.public_docs);
    ck_assert_int_eq(config->limits.auth_failures.count, 30);
    config_destroy(&config);
}
END_TEST

#define HEAD "routes:\n  - {name: a, path: /a, upstream_path: /a"
#define COMPLAINT                                                                                  \
    "test.yaml:2: routes[0].share: is missing: with credential passthrough each client has its "   \
    "own "                                                                                         \
    "contract with the provider, so route a must say who gets its entries: key or all\n"

static const char *const passthrough[] = {"UPSTREAM_CREDENTIAL=passthrough", NULL};

static enum credential_use
credential_of(const char *yaml, const char *const *environment)
{
    struct config *config = parse_good(yaml, environment);
    enum credential_use credential = config->routes[0].credential;

    config_destroy(&config);
    return credential;
}

START_TEST(ours_unless_somebody_says_otherwise)
{
    ck_assert_int_eq(credential_of("", NULL), CREDENTIAL_CONFIG);
    ck_assert_int_eq(credential_of(HEAD "}\n", NULL), CREDENTIAL_CONFIG);
    ck_assert_int_eq(credential_of(HEAD ", credential: config}\n", NULL), CREDENTIAL_CONFIG);
}
END_TEST

START_TEST(a_route_says_it_for_itself)
{
    ck_assert_int_eq(credential_of(HEAD ", credential: passthrough, share: key}\n", NULL),
                     CREDENTIAL_PASSTHROUGH);
    ck_assert_int_eq(credential_of(HEAD ", credential: config}\n", passthrough), CREDENTIAL_CONFIG);
}
END_TEST

/* In the file or in the environment, which is read after the routes. */
START_TEST(one_word_turns_a_whole_configuration)
{
    ck_assert_int_eq(credential_of("", passthrough), CREDENTIAL_PASSTHROUGH);
    ck_assert_int_eq(credential_of("upstreams: [{name: a, base_url: http://a, credential: {name: "
                                   "X-Key, use: passthrough}}]\n",
                                   NULL),
                     CREDENTIAL_PASSTHROUGH);
    ck_assert_int_eq(credential_of(HEAD ", share: all}\n", passthrough), CREDENTIAL_PASSTHROUGH);
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
}
END_TEST

/* What is printed is a configuration that means the same. */
START_TEST(a_printed_credential_can_be_read_again)
{
    struct config *config = parse_good(HEAD ", credential: passthrough, share: key}\n", NULL);
    char text[65536];
    FILE *out = fmemopen(text, sizeof text, "w");

    config_print(config, out);
    fclose(out);
    config_destroy(&config);
    ck_assert_ptr_nonnull(strstr(text, "credential: passthrough"));
    ck_assert_int_eq(credential_of(text, NULL), CREDENTIAL_PASSTHROUGH);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_check");
    TCase *tcase = tcase_create("config_check");
    TCase *check_edge = tcase_create("check_edge");
    TCase *credential = tcase_create("credential");

    tcase_add_loop_test(tcase, what_cannot_be_is_refused, 0, (int)COUNT(bad));
    tcase_add_test(tcase, an_ipc_path_must_fit_a_socket_address);
    tcase_add_test(tcase, what_another_option_bounds_is_lowered);
    tcase_add_test(tcase, debug_is_a_log_level);
    tcase_add_test(tcase, ports_may_both_be_chosen_by_the_system);
    tcase_add_test(tcase, database_urls);
    tcase_add_test(tcase, paths_in_the_data_folder);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(check_edge, what_hosts_and_networks_cannot_be_is_refused, 0,
                        (int)COUNT(bad_hosts));
    tcase_add_test(check_edge, what_hosts_and_networks_can_be_is_taken);
    suite_add_tcase(suite, check_edge);
    tcase_add_test(credential, ours_unless_somebody_says_otherwise);
    tcase_add_test(credential, a_route_says_it_for_itself);
    tcase_add_test(credential, one_word_turns_a_whole_configuration);
    tcase_add_test(credential, such_a_route_must_say_who_shares);
    tcase_add_test(credential, other_words_are_refused);
    tcase_add_test(credential, a_printed_credential_can_be_read_again);
    suite_add_tcase(suite, credential);
    return suite;
}
