/* config_route_paths.h - what the texts of paths say: "/api/{name}/more". Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* Takes the next segment of *path, which stands at its "/"; false at the end. */
bool route_path_next(const char **path, struct bytes *segment);

/* {name}, as a whole segment. */
bool route_segment_is_name(struct bytes segment);
struct bytes route_segment_name(struct bytes segment); /* without the braces */
/* Plain text that a path may hold as it is, and no dot segment. */
bool route_segment_is_literal(struct bytes segment);

bool route_path_has_name(const char *path, const char *name);
/* Two paths are the same when they match the same requests, whatever the {name}s are called. */
bool route_path_is_same(const char *a, const char *b);
/* The same {name}s, in the same order. */
bool route_path_has_same_names(const char *a, const char *b);
