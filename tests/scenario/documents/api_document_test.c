/* api_document_test.c - /openapi.json describes the server that gives it; /docs shows it and loads nothing from elsewhere. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

static void
setup_public(void)
{
    static const char *const settings[] = {"PUBLIC_DOCS=true", NULL};

    testbed_start(&testbed, settings);
}

static void
fetch(int port, const char *target, const char *type, struct http_response *response)
{
    char field[256];

    http_call(port, "GET", target, NULL, NULL, NULL, response);
    ck_assert_msg(response->status == 200, "%s: %d", target, response->status);
    ck_assert(http_field(response, "Content-Type", field, sizeof field));
    ck_assert_str_eq(field, type);
    ck_assert(http_field(response, "Content-Security-Policy", field, sizeof field));
    ck_assert_ptr_nonnull(strstr(field, "default-src 'none'; script-src 'self'"));
    ck_assert_ptr_null(strstr(field, "unsafe"));
    ck_assert(http_field(response, "X-Content-Type-Options", field, sizeof field));
}

static json_t *
fetch_openapi(int port)
{
    struct http_response response;
    json_t *document;

    fetch(port, "/openapi.json", "application/json", &response);
    document = json_loads(response.body, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(document);
    http_response_fini(&response);
    return document;
}

/* A documented path is known to the listener that it names: anything but 404 and 405, with an id and body of nonsense. */
static void
expect_known(const char *path, const char *method, const json_t *item)
{
    struct http_response response;
    char target[256], verb[16];
    const char *brace = strchr(path, '{');
    size_t servers = json_array_size(json_object_get(item, "servers"));
    int port = servers > 0 ? testbed.admin_port : testbed.port;
    size_t i;

    snprintf(target, sizeof target, "%.*s%s", (int)(brace != NULL ? brace - path : 255), path,
             brace != NULL ? "1" : "");
    for (i = 0; method[i] != '\0' && i + 1 < sizeof verb; i++)
        verb[i] = (char)(method[i] - 'a' + 'A');
    verb[i] = '\0';
    /* without a credential: what is there asks for one, or answers */
    http_call(port, verb, target, NULL, NULL, NULL, &response);
    ck_assert_msg(response.status == 200 || response.status == 401, "%s %s: %d", verb, target,
                  response.status);
    http_response_fini(&response);
}

START_TEST(the_document_is_true)
{
    json_t *document = fetch_openapi(testbed.admin_port);
    const char *path, *method;
    json_t *item, *operation;
    size_t count = 0;

    row("R-007");
    ck_assert_str_eq(json_string_value(json_object_get(document, "openapi")), "3.1.0");
    json_object_foreach(json_object_get(document, "paths"), path, item)
        json_object_foreach(item, method, operation) if (strcmp(method, "servers") != 0)
    {
        expect_known(path, method, item);
        count++;
    }
    ck_assert_uint_ge(count, 3 + 14); /* three routes, and ours */
    json_decref(document);
}
END_TEST

/* Not one address of elsewhere, no script or style inside the page. */
START_TEST(the_page_loads_nothing_from_elsewhere)
{
    static const char *const pages[] = {"/docs", "/redoc"};
    struct http_response response;

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        fetch(testbed.admin_port, pages[i], "text/html; charset=utf-8", &response);
        ck_assert_ptr_null(strstr(response.body, "://"));
        ck_assert_ptr_null(strstr(response.body, "<style"));
        ck_assert_ptr_null(strstr(response.body, "<script>"));
        ck_assert_ptr_nonnull(strstr(response.body, "src=\"docs.js\""));
        http_response_fini(&response);
    }
    fetch(testbed.admin_port, "/docs.js", "text/javascript; charset=utf-8", &response);
    ck_assert_ptr_null(strstr(response.body, "innerHTML"));
    ck_assert_ptr_null(strstr(response.body, "://"));
    ck_assert_ptr_nonnull(strstr(response.body, "fetch(\"openapi.json\")"));
    http_response_fini(&response);
    fetch(testbed.admin_port, "/docs.css", "text/css; charset=utf-8", &response);
    ck_assert_ptr_null(strstr(response.body, "url("));
    http_response_fini(&response);
}
END_TEST

START_TEST(the_root_of_the_admin_listener_leads_to_the_page)
{
    static const char *const paths[] = {"/", "/docs/"};
    struct http_response response;

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        http_call(testbed.admin_port, "GET", paths[i], NULL, NULL, NULL, &response);
        ck_assert_int_eq(response.status, 302);
        http_expect_field(&response, "Location", "/docs");
        http_response_fini(&response);
    }
}
END_TEST

static int
status_of(const char *method, const char *target)
{
    struct http_response response;
    int status;

    http_call(testbed.port, method, target, NULL, NULL, NULL, &response);
    status = response.status;
    http_response_fini(&response);
    return status;
}

START_TEST(the_data_listener_has_none_of_it)
{
    ck_assert_int_eq(status_of("GET", "/openapi.json"), 404);
    ck_assert_int_eq(status_of("GET", "/docs"), 404);
    ck_assert_int_eq(status_of("GET", "/docs.js"), 404);
}
END_TEST

START_TEST(the_data_listener_has_it_where_that_is_wanted)
{
    json_t *document = fetch_openapi(testbed.port);

    ck_assert_ptr_nonnull(
        json_object_get(json_object_get(document, "paths"), "/api/v1/properties"));
    json_decref(document);
    ck_assert_int_eq(status_of("GET", "/docs"), 200);
    ck_assert_int_eq(status_of("HEAD", "/docs.css"), 200);
    ck_assert_int_eq(status_of("DELETE", "/docs"), 405);
    ck_assert_int_eq(status_of("GET", "/docs/"), 404);
    ck_assert_int_eq(status_of("GET", "/metrics"), 404);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("api document");
    TCase *cases = tcase_create("admin"), *public_cases = tcase_create("public");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, the_document_is_true);
    tcase_add_test(cases, the_page_loads_nothing_from_elsewhere);
    tcase_add_test(cases, the_root_of_the_admin_listener_leads_to_the_page);
    tcase_add_test(cases, the_data_listener_has_none_of_it);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(public_cases, setup_public, testbed_teardown);
    tcase_set_timeout(public_cases, 120);
    tcase_add_test(public_cases, the_data_listener_has_it_where_that_is_wanted);
    suite_add_tcase(suite, public_cases);
    return suite;
}
