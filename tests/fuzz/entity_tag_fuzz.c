/* entity_tag_fuzz.c - any list: read within its bounds; a tag added to a list of tags is found in it. */
/* links: gateway/http/entity_tag.c */

#include "http/entity_tag.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char tag[] = "\"0123\"";
    char *list = calloc(1, size + sizeof tag + 1);
    bool is_star;

    assert(list != NULL);
    if (size > 0)
        memcpy(list, data, size);
    is_star = memchr(list, '*', strlen(list)) != NULL;
    if (entity_tag_is_valid(bytes_of_text(list)))
        assert(entity_tag_find(list, bytes_of_text(list)) == ENTITY_TAG_MATCH);
    if (entity_tag_find(list, bytes_of_text(tag)) != ENTITY_TAG_MALFORMED && !is_star) {
        size_t end = strlen(list);

        list[end] = ',';
        memcpy(list + end + 1, tag, sizeof tag);
        assert(entity_tag_find(list, bytes_of_text(tag)) == ENTITY_TAG_MATCH);
    }
    free(list);
    return 0;
}
