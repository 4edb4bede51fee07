/* json_depth.c - counts open brackets outside of strings. */
#include "http/json_depth.h"

bool
json_depth_is_within(struct bytes json, int most)
{
    bool is_in_string = false;
    int depth = 0;

    for (size_t i = 0; i < json.size; i++) {
        uint8_t byte = json.data[i];

        if (is_in_string && byte == '\\')
            i++;
        else if (byte == '"')
            is_in_string = !is_in_string;
        else if (!is_in_string && (byte == '[' || byte == '{') && ++depth > most)
            return false;
        else if (!is_in_string && (byte == ']' || byte == '}'))
            depth--;
    }
    return true;
}
