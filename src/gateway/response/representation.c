/* representation.c - stored fields sorted by what they are about, and those of the gateway added. */
#include "response/representation.h"

#include "base/digest.h"
#include "base/header_lines.h"
#include "base/hex.h"
#include "http/entity_tag.h"
#include "http/http_date.h"

#define TAG_BYTES 16 /* of the digest: enough that no two bodies share a tag */

enum field_kind {
    FIELD_SHARED,  /* a 304 has it as well */
    FIELD_CONTENT, /* describes the bytes: RFC 9110 15.4.5 keeps it out of a 304 */
    FIELD_REPLACED /* said by the gateway itself, or about the upstream's host and not about the data */
};

static const struct {
    const char *name;
    enum field_kind kind;
} known_fields[] = {
    {"Content-Type", FIELD_CONTENT},
    {"Content-Encoding", FIELD_CONTENT},
    {"Content-Language", FIELD_CONTENT},
    {"Content-Range", FIELD_CONTENT},
    {"Content-Disposition", FIELD_CONTENT},
    {"Content-Length", FIELD_REPLACED},
    {"Accept-Ranges", FIELD_REPLACED},
    {"ETag", FIELD_REPLACED},
    {"Last-Modified", FIELD_REPLACED},
    {"Cache-Control", FIELD_REPLACED},
    {"Expires", FIELD_REPLACED},
    {"Pragma", FIELD_REPLACED},
    {"Access-Control-Allow-Origin", FIELD_REPLACED},
    {"Access-Control-Allow-Credentials", FIELD_REPLACED},
    {"Access-Control-Allow-Headers", FIELD_REPLACED},
    {"Access-Control-Allow-Methods", FIELD_REPLACED},
    {"Access-Control-Expose-Headers", FIELD_REPLACED},
    {"Access-Control-Max-Age", FIELD_REPLACED},
    {"X-Content-Type-Options", FIELD_REPLACED},
    {"X-Frame-Options", FIELD_REPLACED},
    {"Referrer-Policy", FIELD_REPLACED},
    {"Strict-Transport-Security", FIELD_REPLACED},
};

static enum field_kind
kind_of(struct bytes name)
{
    for (size_t i = 0; i < COUNT(known_fields); i++)
        if (bytes_is_name(name, known_fields[i].name))
            return known_fields[i].kind;
    return FIELD_SHARED;
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

/* The directive stands in the list; a quoted argument that holds its name is taken for it, which only costs the coding. */
static bool
has_directive(struct bytes value, const char *directive)
{
    for (; value.size > 0; value = bytes_skip(value, 1))
        if (bytes_starts_with_name(value, directive))
            return true;
    return false;
}

/* Never later than the answer itself (RFC 9110 8.8.2.1). */
static void
read_last_modified(struct representation *representation, struct bytes value)
{
    int64_t seconds;

    if (http_date_read(value, representation->last_modified_s, &seconds) &&
        seconds < representation->last_modified_s)
        representation->last_modified_s = seconds;
}

static void
read_field(struct representation *representation, const struct header_line *field)
{
    if (bytes_is_name(field->name, "Content-Type"))
        representation->is_text = is_text_type(field->value);
    else if (bytes_is_name(field->name, "Content-Encoding"))
        representation->is_coded =
            field->value.size > 0 && !bytes_is_name(field->value, "identity");
    else if (bytes_is_name(field->name, "Cache-Control"))
        representation->must_not_transform |= has_directive(field->value, "no-transform");
    else if (bytes_is_name(field->name, "ETag") && entity_tag_is_valid(field->value))
        representation->tag = field->value;
    else if (bytes_is_name(field->name, "Last-Modified"))
        read_last_modified(representation, field->value);
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
    struct header_line field;

    *representation = (struct representation){
        .headers = headers, .http_status = http_status, .last_modified_s = created_s};
    while (header_lines_next(&rest, &field))
        read_field(representation, &field);
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
write_fields(const struct representation *representation, enum field_kind kind, struct text *text)
{
    struct bytes rest = representation->headers;
    struct header_line field;

    while (header_lines_next(&rest, &field))
        if (kind_of(field.name) == kind)
            text_add_bytes(text, field.line);
}

/* Another coding has other bytes, so another tag: "tag" becomes "tag-gz" (RFC 9110 8.8.3.3). */
static void
write_tag(const struct representation *representation, enum coding coding, struct text *text,
          struct variant *variant)
{
    struct bytes tag = representation->tag;

    text_add(text, "ETag: ");
    variant->tag_at = text->size;
    if (coding == CODING_GZIP) {
        text_add_bytes(text, bytes_of(tag.data, tag.size - 1));
        text_add(text, "-gz\"");
    } else {
        text_add_bytes(text, tag);
    }
    variant->tag_size = text->size - variant->tag_at;
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

void
representation_write(const struct representation *representation, enum coding coding, bool varies,
                     struct bytes body, struct text *text, struct variant *variant)
{
    size_t start = text->size;

    *variant = (struct variant){.body = body};
    write_fields(representation, FIELD_SHARED, text);
    write_caching(representation, varies, text);
    if (representation->tag.size > 0) {
        text_add(text, "Last-Modified: ");
        http_date_write(text, representation->last_modified_s);
        text_add(text, "\r\n");
        write_tag(representation, coding, text, variant);
    }
    variant->tag_at -= variant->tag_size > 0 ? start : 0;
    variant->not_modified_size = text->size - start;
    write_fields(representation, FIELD_CONTENT, text);
    if (coding == CODING_GZIP)
        text_add(text, "Content-Encoding: gzip\r\n");
    text_add(text, "Content-Length: ");
    text_add_int(text, (int64_t)body.size);
    text_add(text, "\r\n");
    variant->head = text_since(text, start);
}
