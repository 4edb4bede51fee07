/* admin_client.c - one HTTP call by libcurl, bounded in time and size. */
#include "admin_client.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

#define CALL_TIMEOUT_MS  20000
#define ANSWER_MAX_BYTES 16777216
#define TOKEN_VARIABLE   "RENTCACHE_ADMIN_TOKEN"

struct received {
    char *data;
    size_t size;
};

static size_t
on_data(char *data, size_t unit, size_t count, void *context)
{
    struct received *received = context;
    size_t size = unit * count;
    char *grown = received->size + size <= ANSWER_MAX_BYTES
                      ? realloc(received->data, received->size + size)
                      : NULL;

    if (grown == NULL)
        return 0;
    memcpy(grown + received->size, data, size);
    received->data = grown;
    received->size += size;
    return size;
}

/* The first line of a file. False: there is no such file, or nothing in it. */
static bool
read_token_file(const char *path, char token[CONFIG_TEXT_SIZE])
{
    FILE *file = fopen(path, "re");

    token[0] = '\0';
    if (file == NULL)
        return false;
    if (fgets(token, CONFIG_TEXT_SIZE, file) == NULL)
        token[0] = '\0';
    fclose(file);
    token[strcspn(token, "\r\n")] = '\0';
    return token[0] != '\0';
}

static bool
take_token(struct admin_server *server, const char *token, const char *source)
{
    if (token == NULL || token[0] == '\0')
        return false;
    snprintf(server->token_source, sizeof server->token_source, "%s", source);
    return bytes_copy_text(bytes_of_text(token), server->token, sizeof server->token);
}

/* Without any token the call is made all the same: the answer says that one is needed. False: a file that was named has
 * none. */
static bool
find_token(const struct config *config, const struct options *options, struct admin_server *server)
{
    char *path = server->token_source;

    if (options->token_file != NULL) {
        snprintf(path, sizeof server->token_source, "%s", options->token_file);
        return read_token_file(path, server->token);
    }
    if (!take_token(server, getenv(TOKEN_VARIABLE), TOKEN_VARIABLE) &&
        !take_token(server, config->gateway.admin_token, "ADMIN_TOKEN") &&
        config_data_path(config, "admin-token", path, sizeof server->token_source))
        (void)read_token_file(path, server->token);
    return true;
}

/* A wildcard is an address to listen on, not one to ask; an IPv6 address stands in brackets. */
static void
write_configured_url(const struct config *config, struct admin_server *server)
{
    const char *host = config->gateway.admin_host;
    bool is_ipv6 = strchr(host, ':') != NULL && host[0] != '[';

    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(host, "::") == 0)
        host = "::1";
    snprintf(server->url, sizeof server->url, is_ipv6 ? "http://[%s]:%lld" : "http://%s:%lld", host,
             (long long)config->gateway.admin_port);
}

bool
admin_server_find(const struct config *config, const struct options *options,
                  struct admin_server *server)
{
    *server = (struct admin_server){.url_source = options->url_source};
    write_configured_url(config, server);
    if (options->url != NULL &&
        !bytes_copy_text(bytes_of_text(options->url), server->url, sizeof server->url)) {
        fprintf(stderr, "rentcache %s: %s is too long\n", options->command->name,
                options->url_source);
        return false;
    }
    while (server->url[0] != '\0' && server->url[strlen(server->url) - 1] == '/')
        server->url[strlen(server->url) - 1] = '\0';
    if (find_token(config, options, server))
        return true;
    fprintf(stderr, "rentcache %s: --token-file: no token can be read from \"%s\"\n",
            options->command->name, options->token_file);
    return false;
}

void
admin_server_forget(struct admin_server *server)
{
    OPENSSL_cleanse(server->token, sizeof server->token);
}

static struct curl_slist *
make_headers(const struct admin_server *server)
{
    char line[CONFIG_TEXT_SIZE + 32];
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");

    if (server->token[0] != '\0') {
        snprintf(line, sizeof line, "Authorization: Bearer %s", server->token);
        headers = curl_slist_append(headers, line);
    }
    OPENSSL_cleanse(line, sizeof line);
    return headers;
}

static CURLcode
admin_client_perform(CURL *curl, const struct admin_server *server, const struct admin_call *call,
                     const char *body, struct received *received)
{
    struct curl_slist *headers = make_headers(server);
    char url[ADMIN_URL_SIZE + 512];
    CURLcode code;

    snprintf(url, sizeof url, "%s%s", server->url, call->path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CALL_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, received);
    if (body != NULL)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    return code;
}

/* Frees what may hold a key. */
static void
admin_client_wipe(char *data, size_t size)
{
    if (data != NULL)
        OPENSSL_cleanse(data, size);
    free(data);
}

enum status
admin_client_call(const struct admin_server *server, const struct admin_call *call,
                  int *http_status, json_t **answer)
{
    struct received received = {0};
    CURL *curl = curl_easy_init();
    char *text = call->body != NULL ? json_dumps(call->body, 0) : NULL;
    long code = 0;
    CURLcode done;

    *answer = NULL;
    if (curl == NULL)
        return STATUS_NO_MEMORY;
    done = admin_client_perform(curl, server, call, text, &received);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    *http_status = (int)code;
    if (done == CURLE_OK)
        *answer = json_loadb(received.data != NULL ? received.data : "", received.size, 0, NULL);
    curl_easy_cleanup(curl);
    admin_client_wipe(received.data, received.size);
    admin_client_wipe(text, text != NULL ? strlen(text) : 0);
    if (done == CURLE_COULDNT_CONNECT || done == CURLE_COULDNT_RESOLVE_HOST)
        return STATUS_UNAVAILABLE;
    return done == CURLE_OK ? STATUS_OK : STATUS_TIMEOUT;
}

static void
complain_of_token(const char *command, const struct admin_server *server)
{
    if (server->token[0] != '\0')
        fprintf(stderr, "rentcache %s: %s refused the admin token that was sent (from %s)\n",
                command, server->url, server->token_source);
    else
        fprintf(stderr,
                "rentcache %s: %s wants the admin token, and there is none in " TOKEN_VARIABLE
                ", ADMIN_TOKEN or %s; --token-file names another file\n",
                command, server->url, server->token_source);
}

/* The first member that is wrong, or the problem's text. */
static void
complain_of_answer(const char *command, int http_status, const json_t *answer)
{
    const json_t *detail = json_object_get(answer, "detail");
    const json_t *first = json_array_get(detail, 0); /* of a 422: {type, loc, msg} */
    const char *member = json_string_value(json_array_get(json_object_get(first, "loc"), 1));
    const char *wrong = json_string_value(json_object_get(first, "msg"));
    const char *text =
        json_string_value(json_is_string(detail) ? detail : json_object_get(answer, "title"));

    if (member != NULL && wrong != NULL)
        fprintf(stderr, "rentcache %s: %s: %s\n", command, member, wrong);
    else if (text != NULL)
        fprintf(stderr, "rentcache %s: the server answered %d: %s\n", command, http_status, text);
    else
        fprintf(stderr, "rentcache %s: what answered (%d) is no admin listener of RentCache\n",
                command, http_status);
}

void
admin_client_complain(const char *command, const struct admin_server *server, enum status status,
                      int http_status, const json_t *answer)
{
    if (status == STATUS_UNAVAILABLE)
        fprintf(stderr, "rentcache %s: no server answers at %s%s%s%s\n", command, server->url,
                server->url_source != NULL ? " (from " : "",
                server->url_source != NULL ? server->url_source : "",
                server->url_source != NULL ? ")" : "");
    else if (status != STATUS_OK)
        fprintf(stderr, "rentcache %s: no complete answer came from %s\n", command, server->url);
    else if (http_status == 401)
        complain_of_token(command, server);
    else
        complain_of_answer(command, http_status, answer);
}
