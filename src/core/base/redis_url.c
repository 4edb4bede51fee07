/* redis_url.c - the parts of REDIS_URL, one after the other. */
#include "base/redis_url.h"

#include <string.h>

#include "base/bytes.h"
#include "base/hex.h"

enum { PORT_USUAL = 6379, PORT_MOST = 65535, DB_MOST = 65535 };

/* False: too long, or a broken escape. */
static bool
take_decoded(struct bytes from, char to[REDIS_PART_SIZE])
{
    size_t size = 0;

    for (size_t i = 0; i < from.size; i++, size++) {
        int byte = from.data[i];

        if (byte == '%') {
            byte = i + 2 < from.size ? hex_byte(from.data + i + 1) : -1;
            i += 2;
        }
        if (byte == 0 || byte == -1 || size == REDIS_PART_SIZE - 1)
            return false;
        to[size] = (char)byte;
    }
    to[size] = '\0';
    return true;
}

/* A whole number of at most `most`; empty: `usual`. False: neither. */
static bool
take_number(struct bytes from, int usual, int most, int *number)
{
    int64_t read = usual;

    if (from.size > 0 && (!bytes_read_number(from, &read) || read > most))
        return false;
    *number = (int)read;
    return true;
}

static struct bytes
redis_url_between(const char *start, const char *end)
{
    return bytes_of(start, (size_t)(end - start));
}

/* [user][:password] */
static bool
take_login(const char *start, const char *end, struct redis_url *url)
{
    const char *colon = memchr(start, ':', (size_t)(end - start));

    return take_decoded(redis_url_between(start, colon != NULL ? colon : end), url->user) &&
           (colon == NULL || take_decoded(redis_url_between(colon + 1, end), url->password));
}

/* host[:port]; an IPv6 address stands in brackets. */
static bool
take_host(const char *start, const char *end, struct redis_url *url)
{
    bool has_brackets = start < end && *start == '[';
    const char *close = has_brackets ? memchr(start, ']', (size_t)(end - start)) : NULL;
    const char *colon =
        memchr(close != NULL ? close : start, ':', (size_t)(end - (close != NULL ? close : start)));
    const char *host_end = colon != NULL ? colon : end;

    if (has_brackets && (close == NULL || close + 1 != host_end))
        return false;
    if (!take_decoded(has_brackets ? redis_url_between(start + 1, close)
                                   : redis_url_between(start, host_end),
                      url->host) ||
        url->host[0] == '\0')
        return false;
    return take_number(colon != NULL ? redis_url_between(colon + 1, end) : bytes_of(NULL, 0),
                       PORT_USUAL, PORT_MOST, &url->port) &&
           url->port > 0;
}

static const char *
parse_tcp(const char *text, struct redis_url *url)
{
    const char *end = text + strcspn(text, "/?#");
    const char *at = end;
    const char *db = *end == '/' ? end + 1 : end;

    while (at > text && at[-1] != '@')
        at--;
    if (at > text && !take_login(text, at - 1, url))
        return "has a user or password that cannot be read; encode special characters as %XX";
    if (!take_host(at, end, url))
        return "is not redis://host:port/db";
    if (!take_number(bytes_of_text(db), 0, DB_MOST, &url->db))
        return "has no number of a database behind the host";
    return NULL;
}

static const char *
parse_socket(const char *path, struct redis_url *url)
{
    static const char option[] = "?db=";
    const char *end = path + strcspn(path, "?#");
    const char *db = strncmp(end, option, sizeof option - 1) == 0 ? end + sizeof option - 1 : end;

    if (path[0] != '/' || !take_decoded(redis_url_between(path, end), url->path))
        return "is not unix:///path";
    if (!take_number(bytes_of_text(db), 0, DB_MOST, &url->db))
        return "has no number of a database behind ?db=";
    return NULL;
}

const char *
redis_url_parse(const char *text, struct redis_url *url)
{
    static const char tcp[] = "redis://", local[] = "unix://";

    *url = (struct redis_url){0};
    if (strncmp(text, "rediss://", 9) == 0)
        return "asks for TLS, which is not spoken to Redis here: use a tunnel or a private network";
    if (strncmp(text, tcp, sizeof tcp - 1) == 0)
        return parse_tcp(text + sizeof tcp - 1, url);
    if (strncmp(text, local, sizeof local - 1) == 0)
        return parse_socket(text + sizeof local - 1, url);
    return "is neither redis://host:port/db nor unix:///path";
}
