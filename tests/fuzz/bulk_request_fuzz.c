/* bulk_request_fuzz.c - any JSON: an item becomes a query whose names and values are the item's. */
/* links: gateway/proxy/bulk_json.c gateway/routing/query_decode.c core/base/text.c core/base/json_scan.c @core */

#include "proxy/bulk_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "json_request.h"
#include "routing/query_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the response, which is not made here. */
void
problem_add_members(struct text *body, const struct problem *problem, int http_status)
{
    (void)body;
    (void)problem;
    (void)http_status;
    abort();
}

static struct parameter_config parameters[] = {{.name = "a"}, {.name = "b"}};
static const struct route_config route = {.parameters = parameters, .parameter_count = 2};

/* Texts come out as they went in; what the decoder refuses (control characters) is refused as in a single request. */
static void
check_query(const json_t *item, struct bytes query)
{
    char buffer[16384];
    struct text text = text_of(buffer, sizeof buffer);
    struct bytes raw_name, raw_value, name, value;

    while (query_next(&query, &raw_name, &raw_value)) {
        char key[16384];
        const json_t *member;

        /* what is refused there (control characters) is refused as in a single request */
        if (!query_decode(raw_name, true, &text, &name) || text.is_cut ||
            !query_decode(raw_value, true, &text, &value) || text.is_cut)
            return;
        assert(bytes_copy_text(name, key, sizeof key));
        member = json_object_get(item, key);
        assert(member != NULL);
        if (json_is_string(member))
            assert(bytes_equal(value,
                               bytes_of(json_string_value(member), json_string_length(member))));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char buffer[4096];
    const char *name, *why;
    const json_t *list;
    json_t *body;

    if (!json_depth_is_within(bytes_of(data, size), JSON_DEPTH_MOST))
        return 0;
    body = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    list = body != NULL ? bulk_list(body, 50, &why) : NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct text query = text_of(buffer, sizeof buffer);
        const json_t *item = json_array_get(list, i);

        if (bulk_item_query(&route, item, &query, &name, &why) && !query.is_cut)
            check_query(item, text_bytes(&query));
    }
    json_decref(body);
    return 0;
}
