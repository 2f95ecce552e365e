/*
 * Whether a world may be saved where it wants to be: not over the pristine image that nobody named, not over an image that another
 * process has open, and not at all over one that was opened read-only.
 */
#ifndef VIV_TOOLS_VIV_SAVING_H
#define VIV_TOOLS_VIV_SAVING_H

#include "tools/viv/commands.h"

struct vm;
struct saving;

/* For a run of the image, whose path has no links in it. A command in which a person works with the world holds the image's lock
 * until the end, unless it is read-only. NULL with a status when another process has the image. */
struct saving *saving_begin(struct invocation *invocation, const char *image, bool is_pristine);

/* The VM keeps it from now on and ends it; false with a status, and nothing kept, without room for it. */
bool saving_attach(struct saving *saving, struct vm *vm, struct status *status);
void saving_end(struct saving *saving);

/* What a VM saves with (viv_options.save_image). */
bool saving_save(struct vm *vm, const char *path, struct status *status);

#endif
