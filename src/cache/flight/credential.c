/* credential.c - copying and wiping. */
#include "flight/credential.h"

#include <stdlib.h>
#include <string.h>

bool
credential_copy(struct bytes credential, uint8_t **copy, size_t *size)
{
    *copy = NULL;
    *size = credential.size;
    if (credential.size == 0)
        return true;
    *copy = malloc(credential.size);
    if (*copy == NULL)
        return false;
    memcpy(*copy, credential.data, credential.size);
    return true;
}

void
credential_drop(uint8_t **copy, size_t size)
{
    if (*copy != NULL)
        explicit_bzero(*copy, size);
    free(*copy);
    *copy = NULL;
}
