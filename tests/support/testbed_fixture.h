/* testbed_fixture.h - the testbed of a test file, and checked fixtures that start and stop it for each test. */
#pragma once

#include "support/server/test_clock.h"
#include "support/testbed.h"

static struct testbed testbed;

/* The server as it is. */
static inline void
testbed_setup(void)
{
    testbed_start(&testbed, NULL);
}

/* The server with a clock that the test moves. */
static inline void
testbed_setup_with_clock(void)
{
    const char *settings[] = {test_clock_setting(), NULL};

    testbed_start(&testbed, settings);
}

static inline void
testbed_teardown(void)
{
    testbed_stop(&testbed);
    test_clock_remove();
}
