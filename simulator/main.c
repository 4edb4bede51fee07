/* main.c - rentcast-simulator: a faithful local RentCast API with faults on request.
 *
 * Start: read the options, make the records, open the API, open the control interface, say so in
 * one line. Stop on SIGTERM or SIGINT: wake who waits, close both listeners, exit with 0.
 */
#include "api.h"
#include "control/control.h"
#include "simulator.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    CONTROL_THREADS = 64,
    EXIT_USAGE = 2,
};

/* A socket for every thread, and some for the rest. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static struct server *
main_start(struct simulator *simulator, int64_t port, int64_t threads, server_handler handler)
{
    struct server_options options = {
        .host = simulator->options.host,
        .port = (int)port,
        .threads = (int)threads,
        .keep_alive_ms = (int)simulator->options.keep_alive_ms,
        .handler = handler,
        .context = simulator,
    };
    return server_start(&options);
}

/* Both listeners answer from here on, until a signal comes. */
static void
main_serve(const struct options *options, const struct server *api, const struct server *control,
           const sigset_t *signals)
{
    printf("ready: http://%s:%d control http://%s:%d\n", options->host, server_port(api),
           options->host, server_port(control));
    fflush(stdout);
    int caught;
    sigwait(signals, &caught);
}

static int
main_run(const struct options *options, const sigset_t *signals)
{
    int status = EXIT_FAILURE;
    struct simulator *simulator = simulator_create(options);
    struct server *control =
        main_start(simulator, options->control_port, CONTROL_THREADS, control_handle);
    if (control == NULL)
        goto destroy;
    struct server *api = main_start(simulator, options->port, options->threads, api_handle);
    if (api == NULL)
        goto stop_control;
    main_serve(options, api, control, signals);
    status = EXIT_SUCCESS;
    simulator_stop(simulator);
    server_stop(&api);
stop_control:
    simulator_stop(simulator);
    server_stop(&control);
destroy:
    simulator_destroy(&simulator);
    return status;
}

int
main(int count, char **arguments)
{
    struct options options;
    char complaint[256];
    if (!options_read(count, arguments, &options, complaint, sizeof complaint)) {
        fprintf(stderr, "rentcast-simulator: %s\n%s", complaint, options_help);
        return EXIT_USAGE;
    }
    if (options.wants_help) {
        fputs(options_help, stdout);
        return EXIT_SUCCESS;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    return main_run(&options, &signals);
}
