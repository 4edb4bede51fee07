/* main.c - the rentcache program. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

/* Whoever starts us with 0, 1 or 2 closed must not find what is logged in one of our own files. */
static void
fill_standard_descriptors(void)
{
    int opened;

    do {
        opened =
            open("/dev/null", O_RDWR); /* the lowest that is free, and inherited as those are */
        if (opened < 0)
            exit(EXIT_FAILURE);
    } while (opened <= STDERR_FILENO);
    close(opened);
}

int
main(int argc, char **argv)
{
    fill_standard_descriptors();
    return cli_run(argc, argv);
}
