/* representation.c - stored headers sorted by what they are about, and those of the gateway added. */
#include "http/representation.h"

#include "base/digest.h"
#include "base/header_lines.h"
#include "base/hex.h"
#include "http/entity_tag.h"
#include "http/http_date.h"

#define TAG_BYTES 16 /* of the digest: enough that no two bodies share a tag */

enum header_kind {
    HEADER_SHARED,  /* a 304 has it as well */
    HEADER_CONTENT, /* describes the bytes: RFC 9110 15.4.5 keeps it out of a 304 */
    HEADER_REPLACED /* said by the gateway itself, or about the upstream's host and not about the data */
};

static const struct {
    const char *name;
    enum header_kind kind;
} known_headers[] = {
    {"Content-Type", HEADER_CONTENT},
    {"Content-Encoding", HEADER_CONTENT},
    {"Content-Language", HEADER_CONTENT},
    {"Content-Range", HEADER_CONTENT},
    {"Content-Disposition", HEADER_CONTENT},
    {"Content-Length", HEADER_REPLACED},
    {"Accept-Ranges", HEADER_REPLACED},
    {"ETag", HEADER_REPLACED},
    {"Last-Modified", HEADER_REPLACED},
    {"Cache-Control", HEADER_REPLACED},
    {"Expires", HEADER_REPLACED},
    {"Pragma", HEADER_REPLACED},
    {"Access-Control-Allow-Origin", HEADER_REPLACED},
    {"Access-Control-Allow-Credentials", HEADER_REPLACED},
    {"Access-Control-Allow-Headers", HEADER_REPLACED},
    {"Access-Control-Allow-Methods", HEADER_REPLACED},
    {"Access-Control-Expose-Headers", HEADER_REPLACED},
    {"Access-Control-Max-Age", HEADER_REPLACED},
    {"X-Content-Type-Options", HEADER_REPLACED},
    {"X-Frame-Options", HEADER_REPLACED},
    {"Referrer-Policy", HEADER_REPLACED},
    {"Strict-Transport-Security", HEADER_REPLACED},
};

static enum header_kind
kind_of(struct bytes name)
{
    for (size_t i = 0; i < COUNT(known_headers); i++)
        if (bytes_is_name(name, known_headers[i].name))
            return known_headers[i].kind;
    return HEADER_SHARED;
}

/* What compresses well: text in the wide sense. Parameters do not count. */
static bool
is_text_type(struct bytes type)
{
    static const char *const types[] = {
        "application/json",         "application/xml",        "application/javascript",
        "application/x-javascript", "application/ecmascript",
    };

    type = header_media_type(type);
    for (size_t i = 0; i < COUNT(types); i++)
        if (bytes_is_name(type, types[i]))
            return true;
    return bytes_ends_with_name(type, "+json") || bytes_ends_with_name(type, "+xml") ||
           (type.size > 5 && bytes_starts_with_name(type, "text/"));
}

/* The directive stands in the list; a quoted argument that holds its name passes for it, which only costs the encoding. */
static bool
has_directive(struct bytes value, const char *directive)
{
    for (; value.size > 0; value = bytes_skip(value, 1))
        if (bytes_starts_with_name(value, directive))
            return true;
    return false;
}

/* Never later than the response itself (RFC 9110 8.8.2.1). */
static void
read_last_modified(struct representation *representation, struct bytes value)
{
    int64_t seconds;

    if (http_date_read(value, representation->last_modified_s, &seconds) &&
        seconds < representation->last_modified_s)
        representation->last_modified_s = seconds;
}

static void
read_header(struct representation *representation, const struct header_line *line)
{
    if (bytes_is_name(line->name, "Content-Type"))
        representation->is_text = is_text_type(line->value);
    else if (bytes_is_name(line->name, "Content-Encoding"))
        representation->is_coded = line->value.size > 0 && !bytes_is_name(line->value, "identity");
    else if (bytes_is_name(line->name, "Cache-Control"))
        representation->must_not_transform |= has_directive(line->value, "no-transform");
    else if (bytes_is_name(line->name, "ETag") && entity_tag_is_valid(line->value))
        representation->tag = line->value;
    else if (bytes_is_name(line->name, "Last-Modified"))
        read_last_modified(representation, line->value);
}

static void
make_tag(struct representation *representation, struct bytes body)
{
    uint8_t digest[DIGEST_SHA256_SIZE];
    char *text = representation->tag_text;

    digest_sha256(body, digest);
    text[0] = '"';
    hex_write(digest, TAG_BYTES, text + 1);
    memcpy(text + 1 + 2 * (size_t)TAG_BYTES, "\"", 2);
    representation->tag = bytes_of_text(text);
}

void
representation_read(struct representation *representation, struct bytes headers, struct bytes body,
                    int http_status, int64_t created_s)
{
    struct bytes rest = headers;
    struct header_line line;

    *representation = (struct representation){
        .headers = headers, .http_status = http_status, .last_modified_s = created_s};
    while (header_lines_next(&rest, &line))
        read_header(representation, &line);
    if (http_status != 200)
        representation->tag = bytes_of(NULL, 0);
    else if (representation->tag.size == 0)
        make_tag(representation, body);
}

void
representation_take_part(struct representation *representation, struct bytes part)
{
    if (representation->tag.size > 0)
        make_tag(representation, part);
}

bool
representation_may_gzip(const struct representation *representation, size_t body_size,
                        size_t least_size)
{
    return representation->http_status == 200 && representation->is_text &&
           !representation->is_coded && !representation->must_not_transform && body_size > 0 &&
           body_size >= least_size;
}

static void
write_headers(const struct representation *representation, enum header_kind kind, struct text *text)
{
    struct bytes rest = representation->headers;
    struct header_line line;

    while (header_lines_next(&rest, &line))
        if (kind_of(line.name) == kind)
            text_add_bytes(text, line.line);
}

static void
write_tag(const struct representation *representation, struct text *text, struct variant *variant)
{
    text_add(text, "ETag: ");
    variant->tag_at = text->size;
    variant->tag_size = representation->tag.size;
    text_add_bytes(text, representation->tag);
    text_add(text, "\r\n");
}

/* Clients may keep it for themselves, but ask each time whether it is still so: then purges reach them, and every use is
 * seen and counted here. Errors are not kept. */
static void
write_caching(const struct representation *representation, bool varies, struct text *text)
{
    if (varies)
        text_add(text, "Vary: Accept-Encoding\r\n");
    if (representation->http_status != 200)
        text_add(text, "Cache-Control: no-store\r\n");
    else if (representation->must_not_transform)
        text_add(text, "Cache-Control: private, no-cache, no-transform\r\n");
    else
        text_add(text, "Cache-Control: private, no-cache\r\n");
}

/* The last line of a head. start: of the head in text. */
static void
write_length(size_t start, struct bytes body, struct text *text, struct variant *variant)
{
    variant->length_at = text->size - start;
    text_add(text, "Content-Length: ");
    text_add_int(text, (int64_t)body.size);
    text_add(text, "\r\n");
    variant->head = text_since(text, start);
}

void
representation_write(const struct representation *representation, bool varies, struct bytes body,
                     struct text *text, struct variant *variant)
{
    size_t start = text->size;

    *variant = (struct variant){.body = body};
    write_headers(representation, HEADER_SHARED, text);
    write_caching(representation, varies, text);
    if (representation->tag.size > 0) {
        text_add(text, "Last-Modified: ");
        http_date_write(text, representation->last_modified_s);
        text_add(text, "\r\n");
        write_tag(representation, text, variant);
        variant->tag_at -= start;
    }
    variant->not_modified_size = text->size - start;
    write_headers(representation, HEADER_CONTENT, text);
    write_length(start, body, text, variant);
}

/* Another encoding has other bytes, so another tag: "tag" becomes "tag-gz" (RFC 9110 8.8.3.3). */
void
representation_write_gzip(const struct variant *plain, struct bytes packed, struct text *text,
                          struct variant *gzip)
{
    static const char suffix[] = "-gz";
    size_t start = text->size;
    size_t quote_at = plain->tag_at + plain->tag_size - 1;
    const uint8_t *head = plain->head.data;

    *gzip = *plain;
    gzip->body = packed;
    gzip->tag_size += sizeof suffix - 1;
    gzip->not_modified_size += sizeof suffix - 1;
    text_add_bytes(text, bytes_of(head, quote_at));
    text_add(text, suffix);
    text_add_bytes(text, bytes_of(head + quote_at, plain->length_at - quote_at));
    text_add(text, "Content-Encoding: gzip\r\n");
    write_length(start, packed, text, gzip);
}
