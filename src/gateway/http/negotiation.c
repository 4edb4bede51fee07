/* negotiation.c - one pass over the headers, two letters of each; the rest only where one is there. */
#include "http/negotiation.h"

#include <strings.h>

#include "http/accept_encoding.h"
#include "http/entity_tag.h"
#include "http/http_date.h"

static void
negotiation_note(const struct request_header *header, const char *name, const char **value)
{
    if (*value == NULL && strcasecmp(header->name, name) == 0)
        *value = header->value;
}

/* More than one line: they are one list. */
static bool
takes_gzip_by_lines(const struct request *request)
{
    struct accept_encoding accepted = accept_encoding_none();

    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, "Accept-Encoding") == 0)
            accept_encoding_add(&accepted, request->headers[i].value);
    return accept_encoding_prefers_gzip(&accepted);
}

void
negotiation_read(const struct request *request, struct negotiation *negotiation)
{
    const char *encoding = NULL;
    size_t encodings = 0;

    *negotiation = (struct negotiation){.request = request};
    for (size_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        char first = (char)(header->name[0] | 0x20);

        if (first == 'a') {
            if ((header->name[1] | 0x20) == 'c' &&
                strcasecmp(header->name, "Accept-Encoding") == 0) {
                encoding = header->value;
                encodings++;
            }
        } else if (first == 'i') {
            negotiation_note(header, "If-None-Match", &negotiation->if_none_match);
            negotiation_note(header, "If-Modified-Since", &negotiation->if_modified_since);
        }
    }
    if (encodings > 0)
        negotiation->takes_gzip =
            encodings == 1 ? accept_encoding_takes_gzip(encoding) : takes_gzip_by_lines(request);
}

/* A line that is no list of tags makes the whole condition void: the full response is always right. */
static bool
has_tag(const struct request *request, struct bytes tag)
{
    bool is_found = false;

    for (size_t i = 0; i < request->header_count; i++) {
        enum entity_tag_match result;

        if (strcasecmp(request->headers[i].name, "If-None-Match") != 0)
            continue;
        result = entity_tag_find(request->headers[i].value, tag);
        if (result == ENTITY_TAG_MALFORMED)
            return false;
        is_found |= result == ENTITY_TAG_MATCH;
    }
    return is_found;
}

static bool
is_unchanged_since(const struct negotiation *negotiation, int64_t last_modified_s, int64_t now_s)
{
    size_t count;
    int64_t since_s;

    (void)request_header(negotiation->request, "If-Modified-Since", &count);
    return count == 1 &&
           http_date_read(bytes_of_text(negotiation->if_modified_since), now_s, &since_s) &&
           last_modified_s <= since_s;
}

bool
negotiation_is_not_modified(const struct negotiation *negotiation, struct bytes tag,
                            int64_t last_modified_s, int64_t now_s)
{
    if (tag.size == 0)
        return false;
    if (negotiation->if_none_match != NULL)
        return has_tag(negotiation->request, tag);
    return negotiation->if_modified_since != NULL &&
           is_unchanged_since(negotiation, last_modified_s, now_s);
}
