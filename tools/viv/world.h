/*
 * Runs one world in this process: finds its image, opens it with the standard primitives, watches signals, runs.
 */
#ifndef VIV_TOOLS_VIV_WORLD_H
#define VIV_TOOLS_VIV_WORLD_H

#include "tools/viv/commands.h"

/* Runs the world of an image (NULL: the one of --image, of $VIVARIUM_IMAGE, or the pristine one) with the given image
 * arguments. Answers the exit code; fills in the invocation's status when there is no such world. */
int world_run(struct invocation *invocation, const char *image, int argument_count,
              char *const *arguments);

#endif
