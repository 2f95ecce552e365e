/* What viv finds in viv-gui.so (vm/host.h). */
#include "gui/host.h"
#include "gui/module.h"

static void keep(void *state)
{
    (void)state; /* whoever opened a host closes it */
}

static bool attach(struct host *host, struct vm *vm, struct status *status)
{
    if (!vm_set_module_state(vm, HOST_STATE, host, keep))
        return status_fail(status, STATUS_MEMORY, "no place for the window system in the machine");
    gui_use_numbered(vm);
    pthread_mutex_lock(&host->mutex);
    host->vm = vm;
    pthread_mutex_unlock(&host->mutex);
    return true;
}

static void detach(struct host *host)
{
    pthread_mutex_lock(&host->mutex);
    host->vm = NULL;
    pthread_mutex_unlock(&host->mutex);
}

static void run(struct host *host, void (*end)(int exit_status))
{
    host->end = end;
    if (host->backend->run != NULL)
        host->backend->run(host);
}

static void stop(struct host *host, int exit_status)
{
    pthread_mutex_lock(&host->mutex);
    host->exit_status = exit_status;
    host->stopping = true;
    pthread_cond_broadcast(&host->answered);
    if (host->backend->wake != NULL && !host->lost)
        host->backend->wake(host);
    pthread_mutex_unlock(&host->mutex);
}

static void close_host(struct host *host)
{
    host->backend->close(host);
    host_free(host);
}

static const struct host_module module = {
    .primitives = viv_gui_primitives,
    .open_screen = host_open_screen,
    .attach = attach,
    .detach = detach,
    .run = run,
    .stop = stop,
    .close = close_host,
};

const struct host_module *viv_host_module(void)
{
    return &module;
}
