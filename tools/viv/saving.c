#include "tools/viv/saving.h"

#include "image/format/writer.h"
#include "image/store/generations.h"
#include "image/store/lock.h"
#include "vm/primitive.h"

#include <stdlib.h>
#include <string.h>

/* The module name under which a VM keeps it. */
#define SAVING_MODULE "viv-saving"

struct saving {
    struct image_lock lock;
    bool holds; /* a person works with the world: the lock stays, and goes along to another name */
    bool is_pristine;
    bool read_only;
    unsigned keep; /* older images */
    char image[PATH_MAX];
};

struct saving *saving_begin(struct invocation *invocation, const char *image, bool is_pristine)
{
    struct saving *saving = calloc(1, sizeof *saving);
    if (saving == NULL) {
        status_fail(&invocation->status, STATUS_MEMORY, "no memory for the world");
        return NULL;
    }
    saving->lock.fd = -1;
    saving->is_pristine = is_pristine;
    saving->read_only = invocation->options.read_only;
    saving->keep = invocation->options.keeps_none ? 0 : GENERATIONS_KEPT;
    saving->holds = invocation->holds_image && !is_pristine && !saving->read_only;
    memcpy(saving->image, image, strnlen(image, sizeof saving->image - 1));
    struct status status = {0};
    if (!saving->holds || image_lock_take(&saving->lock, io_system(), image, &status))
        return saving;
    free(saving);
    status_fail(&invocation->status, status.code, "%s; --read-only opens it without saving",
                status.sentence);
    return NULL;
}

static void release(void *state)
{
    saving_end(state);
}

bool saving_attach(struct saving *saving, struct vm *vm, struct status *status)
{
    return vm_set_module_state(vm, SAVING_MODULE, saving, release) ||
           status_fail(status, STATUS_MEMORY, "no memory for the world");
}

void saving_end(struct saving *saving)
{
    image_lock_release(&saving->lock);
    free(saving);
}

static bool save_locked(struct saving *saving, struct vm *vm, const char *path,
                        struct status *status)
{
    struct image_lock lock;
    struct status taken = {0};
    if (!image_lock_take(&lock, io_system(), path, &taken))
        return status_fail(status, STATUS_SAVE, "image not saved: %s", taken.sentence);
    bool saved = image_save_keeping(vm, path, saving->keep, status);
    if (saved && saving->holds) {
        image_lock_release(&saving->lock);
        saving->lock = lock;
    } else {
        image_lock_release(&lock);
    }
    return saved;
}

bool saving_save(struct vm *vm, const char *path, struct status *status)
{
    struct saving *saving = vm_module_state(vm, SAVING_MODULE);
    char whole[PATH_MAX];
    const char *target = realpath(path, whole) != NULL ? whole : path;
    bool is_own = strcmp(saving->image, target) == 0;
    if (saving->is_pristine && is_own)
        return status_fail(status, STATUS_SAVE,
                           "image not saved: %s is the pristine image, which is never written; "
                           "save under a name of your own (Smalltalk saveAs: 'my.image')",
                           path);
    if (saving->read_only && is_own)
        return status_fail(status, STATUS_SAVE,
                           "image not saved: %s was opened read-only; save under another name",
                           path);
    if (image_lock_is_of(&saving->lock, target))
        return image_save_keeping(vm, path, saving->keep, status);
    return save_locked(saving, vm, target, status);
}
