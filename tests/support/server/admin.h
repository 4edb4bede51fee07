/* admin.h - calls of a testbed's admin listener, with its token. */
#pragma once

#include "support/testbed.h"

/* The answer's JSON, the caller's; its status must be this, else the test is aborted. body: JSON text or NULL. */
json_t *admin_call(struct testbed *testbed, const char *method, const char *target,
                   const char *body, int status);
/* 0: there is no key of that name. */
long long admin_key_id(struct testbed *testbed, const char *name);
/* PUT on the key of that name. */
json_t *admin_change_key(struct testbed *testbed, const char *name, const char *body, int status);
/* A whole number of an answer; 0 where there is none. */
long long admin_integer(const json_t *object, const char *member);
