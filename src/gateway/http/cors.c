/* cors.c - the list of origins, and the three blocks of headers. */
#include "http/cors.h"

#include <ctype.h>

/* What a page may read beside the headers that every page may: what usage.md names. */
#define EXPOSED                                                                                    \
    "Access-Control-Expose-Headers: ETag, Age, Cache-Status, Retry-After, X-Cache-Hit, "           \
    "X-Cache-Level, X-Cache-Stale, X-Estimated-Cost, X-Response-Time-MS, X-Request-ID, "           \
    "X-Total-Count, X-Limit, X-Offset, X-Ignored-Parameters, RateLimit, RateLimit-Policy, "        \
    "X-RateLimit-Limit, "                                                                          \
    "X-RateLimit-Remaining, X-RateLimit-Reset\r\n"

static const char all_methods[] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/* Between origins; also what a JSON list has around them. */
static const char separators[] = ", []\"'";

static void
read_origins(struct cors *cors, const char *text)
{
    struct bytes rest, origin;

    bytes_copy_text(bytes_of_text(text), cors->origins_text, sizeof cors->origins_text);
    rest = bytes_of_text(cors->origins_text);
    while (bytes_next_word(&rest, separators, &origin)) {
        if (bytes_equal_text(origin, "*"))
            cors->allows_any = true;
        else if (cors->origin_count < CORS_ORIGINS_MAX)
            cors->origins[cors->origin_count++] = origin;
    }
    cors->is_on = cors->allows_any || cors->origin_count > 0;
}

static bool
is_star(const char *text)
{
    struct bytes rest = bytes_of_text(text), word;

    return bytes_next_word(&rest, separators, &word) && bytes_equal_text(word, "*") &&
           !bytes_next_word(&rest, separators, &word);
}

/* The words of a list, "A, B" whatever stood between them. */
static void
read_words(const char *from, char to[CONFIG_TEXT_SIZE])
{
    struct text text = text_of(to, CONFIG_TEXT_SIZE - 1);
    struct bytes rest = bytes_of_text(from), word;

    while (bytes_next_word(&rest, separators, &word)) {
        if (text.size > 0)
            text_add(&text, ", ");
        text_add_bytes(&text, word);
    }
    to[text.size] = '\0';
}

void
cors_init(struct cors *cors, const struct config *config)
{
    memset(cors, 0, sizeof *cors);
    read_origins(cors, config->gateway.cors_origins);
    cors->mirrors_headers = is_star(config->gateway.cors_headers);
    if (is_star(config->gateway.cors_methods))
        bytes_copy_text(bytes_of_text(all_methods), cors->methods, sizeof cors->methods);
    else
        read_words(config->gateway.cors_methods, cors->methods);
    if (!cors->mirrors_headers)
        read_words(config->gateway.cors_headers, cors->headers);
    cors->max_age_s = config->gateway.cors_max_age_s;
}

bool
cors_allows(const struct cors *cors, const char *origin)
{
    struct bytes wanted = bytes_of_text(origin);

    if (origin == NULL)
        return false;
    if (cors->allows_any)
        return true;
    for (size_t i = 0; i < cors->origin_count; i++)
        if (bytes_equal(cors->origins[i], wanted))
            return true;
    return false;
}

void
cors_write_common(const struct cors *cors, struct text *text)
{
    if (!cors->is_on)
        return;
    text_add(text, cors->allows_any ? "Access-Control-Allow-Origin: *\r\n" : "Vary: Origin\r\n");
}

void
cors_write_allowed(const struct cors *cors, const char *origin, struct text *text)
{
    if (!cors_allows(cors, origin))
        return;
    if (!cors->allows_any) {
        text_add(text, "Access-Control-Allow-Origin: ");
        text_add(text, origin);
        text_add(text, "\r\n");
    }
    text_add(text, EXPOSED);
}

static void
add_line(struct text *text, const char *name, const char *value)
{
    if (*value == '\0')
        return;
    text_add(text, name);
    text_add(text, value);
    text_add(text, "\r\n");
}

/* Names, commas and blanks: nothing else is sent back. */
static bool
is_list_of_names(const char *text)
{
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && strchr("-_, \t", *text) == NULL)
            return false;
    return true;
}

void
cors_write_preflight(const struct cors *cors, const char *asked_headers, struct text *text)
{
    add_line(text, "Access-Control-Allow-Methods: ", cors->methods);
    if (!cors->mirrors_headers)
        add_line(text, "Access-Control-Allow-Headers: ", cors->headers);
    else if (asked_headers != NULL && is_list_of_names(asked_headers))
        add_line(text, "Access-Control-Allow-Headers: ", asked_headers);
    text_add(text, "Access-Control-Max-Age: ");
    text_add_int(text, cors->max_age_s);
    text_add(text, "\r\n");
}
