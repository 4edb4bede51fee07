/* cli.h - the rentcache command. */
#pragma once

/* Runs the subcommand of argv[1]. Exit status: 0 done, 1 failed, 2 wrong usage or configuration. */
int cli_run(int argc, char **argv);
