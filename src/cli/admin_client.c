/* admin_client.c - one HTTP call by libcurl, bounded in time and size. */
#include "admin_client.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define CALL_TIMEOUT_MS  20000
#define ANSWER_MAX_BYTES 16777216
#define TOKEN_SIZE       CONFIG_TEXT_SIZE

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

/* The configured token, or the one that the server made. */
static bool
read_token(const struct config *config, char token[TOKEN_SIZE])
{
    char path[CONFIG_TEXT_SIZE + 32];
    FILE *file;

    token[0] = '\0';
    if (config->gateway.admin_token[0] != '\0')
        return bytes_copy_text(bytes_of_text(config->gateway.admin_token), token, TOKEN_SIZE);
    if (!config_data_path(config, "admin-token", path, sizeof path) ||
        (file = fopen(path, "re")) == NULL)
        return false;
    if (fgets(token, TOKEN_SIZE, file) == NULL)
        token[0] = '\0';
    fclose(file);
    token[strcspn(token, "\r\n")] = '\0';
    return token[0] != '\0';
}

static struct curl_slist *
make_headers(const struct config *config)
{
    char token[TOKEN_SIZE], line[TOKEN_SIZE + 32];
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");

    if (read_token(config, token)) {
        snprintf(line, sizeof line, "Authorization: Bearer %s", token);
        headers = curl_slist_append(headers, line);
    }
    OPENSSL_cleanse(token, sizeof token);
    OPENSSL_cleanse(line, sizeof line);
    return headers;
}

static CURLcode
admin_client_perform(CURL *curl, const struct config *config, const struct admin_call *call,
                     const char *body, struct received *received)
{
    const char *host = config->gateway.admin_host;
    struct curl_slist *headers = make_headers(config);
    char url[CONFIG_TEXT_SIZE + 512];
    CURLcode code;

    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    snprintf(url, sizeof url, "http://%s:%lld%s", host, (long long)config->gateway.admin_port,
             call->path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
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
admin_client_call(const struct config *config, const struct admin_call *call, int *http_status,
                  json_t **answer)
{
    struct received received = {0};
    CURL *curl = curl_easy_init();
    char *text = call->body != NULL ? json_dumps(call->body, 0) : NULL;
    long code = 0;
    CURLcode done;

    *answer = NULL;
    if (curl == NULL)
        return STATUS_NO_MEMORY;
    done = admin_client_perform(curl, config, call, text, &received);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    *http_status = (int)code;
    if (done == CURLE_OK)
        *answer = json_loadb(received.data != NULL ? received.data : "", received.size, 0, NULL);
    curl_easy_cleanup(curl);
    admin_client_wipe(received.data, received.size);
    admin_client_wipe(text, text != NULL ? strlen(text) : 0);
    if (done == CURLE_COULDNT_CONNECT)
        return STATUS_UNAVAILABLE;
    return done == CURLE_OK ? STATUS_OK : STATUS_TIMEOUT;
}

void
admin_client_complain(const char *command, int http_status, const json_t *answer)
{
    const json_t *detail = json_object_get(answer, "detail");
    const json_t *first = json_array_get(detail, 0); /* of a 422: {type, loc, msg} */
    const char *member = json_string_value(json_array_get(json_object_get(first, "loc"), 1));
    const char *wrong = json_string_value(json_object_get(first, "msg"));
    char *text = detail != NULL ? json_dumps(detail, JSON_ENCODE_ANY) : NULL;

    if (member != NULL && wrong != NULL) {
        fprintf(stderr, "rentcache %s: %s: %s\n", command, member, wrong);
        free(text);
        return;
    }

    fprintf(stderr, "rentcache %s: the server answered %d: %s\n", command, http_status,
            text != NULL ? text : "no reason given");
    free(text);
}
