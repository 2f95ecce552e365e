/*
 * Runs one world in this process: finds its image, opens it with the standard primitives, watches signals, runs.
 */
#ifndef VIV_TOOLS_VIV_WORLD_H
#define VIV_TOOLS_VIV_WORLD_H

#include "tools/viv/commands.h"

struct vm;

/* What a command adds to the way a world runs: attach is called when it is open, on its thread, and detach, unless
 * it is NULL, when it has ended. */
struct world_host {
    void *context;
    bool (*attach)(void *context, struct vm *vm, struct status *status);
    void (*detach)(void *context);
};

/* The absolute name of this program; empty when the system does not tell. */
void world_find_program(char *path, size_t size);

/* Writes the name of the pristine image into path; false when there is none. */
bool world_find_pristine_image(const char *program, char *path, size_t size);

/* Runs the world of an image (NULL: the one of --image, of $VIVARIUM_IMAGE, or the pristine one) with the given image
 * arguments. Answers the exit code; fills in the invocation's status when there is no such world. */
int world_run(struct invocation *invocation, const char *image, int argument_count,
              char *const *arguments);

/* The same with a host, NULL for none. Blocks signals; a program with other threads has blocked them before. */
int world_run_with(struct invocation *invocation, const struct world_host *host, const char *image,
                   int argument_count, char *const *arguments);

#endif
