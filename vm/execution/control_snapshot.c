/*
 * Saving the world, by this process or by a copy of it. The copy (fork) has the world as it is at that moment, in memory that is
 * copied page by page as the world goes on; it saves as this process would, says how that went through a pipe, and ends. Threads of
 * this process do not exist in it, so it runs nothing but the save.
 */
#include "vm/execution/control.h"

#include "vm/execution/control_internal.h"
#include "vm/execution/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Makes the image the place where this process goes on with true, and writes it. The running stack is gone afterwards. */
static bool save_world(struct vm *vm, size_t argument_count, struct status *status)
{
    vm->sp += argument_count;
    vm->answer = *vm->sp; /* a root: the receiver moves while the world is saved */
    *vm->sp = vm->heap.true_object;
    oop context = stack_flush_all(vm);
    process_store_active_context(vm, context);
    heap_collect_full(&vm->heap, true);
    return vm->options.save_image(vm, vm->image_path, status);
}

/* A copy that began before must not take the name after us. What became of it is asked for later. */
static void wait_for_background_save(struct vm *vm)
{
    siginfo_t ended;
    pid_t process = vm->background_save.process;
    if (process == 0)
        return;
    while (waitid(P_PID, (id_t)process, &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
}

/* Saves the world: true in the one that wakes up from the file, false in this one. */
prim_result control_snapshot(struct vm *vm, size_t argument_count)
{
    struct status status = {STATUS_OK, ""};
    if (vm->options.save_image == NULL)
        return PRIM_UNSUPPORTED;
    wait_for_background_save(vm);
    bool saved = save_world(vm, argument_count, &status);
    oop process = process_active(vm);
    oop context = heap_follow(object_slot(process, SLOT_PROCESS_SUSPENDED_CONTEXT));
    heap_store(&vm->heap, process, SLOT_PROCESS_SUSPENDED_CONTEXT, vm->heap.nil);
    bool resumed = frame_resume_context(vm, context);
    viv_assert(resumed, "the process that saved can go on");
    if (saved) {
        *vm->sp = vm->heap.false_object;
        return PRIM_OK;
    }
    memcpy(vm->save_failure, status.sentence, sizeof vm->save_failure);
    *vm->sp = vm->answer;
    vm->sp -= argument_count;
    for (size_t i = 0; i < argument_count; i++)
        vm->sp[i] = vm->heap.nil;
    return PRIM_OPERATING_SYSTEM_ERROR;
}

/* In the copy: never returns. An empty text says that the world is saved. */
static void save_and_end(struct vm *vm, size_t argument_count, int pipe_end)
{
    struct status status = {STATUS_OK, ""};
    bool saved = save_world(vm, argument_count, &status);
    size_t size = saved ? 0 : strlen(status.sentence);
    if (size > 0)
        (void)!write(pipe_end, status.sentence, size);
    vm->options.end_process(saved ? 0 : 1);
}

/* Lets a copy of this process save the world: true in the one that wakes up from the file, false in this one, at once. Fails with
 * "inappropriate operation" while one is still at it. */
prim_result control_snapshot_in_background(struct vm *vm, size_t argument_count)
{
    int ends[2];
    if (vm->options.save_image == NULL || vm->options.end_process == NULL)
        return PRIM_UNSUPPORTED;
    if (vm->background_save.process != 0)
        return PRIM_INAPPROPRIATE;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return PRIM_OPERATING_SYSTEM_ERROR;
    pid_t process = fork();
    if (process == 0)
        save_and_end(vm, argument_count, ends[1]);
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return PRIM_OPERATING_SYSTEM_ERROR;
    }
    vm->background_save.process = process;
    vm->background_save.pipe_end = ends[0];
    vm->sp += argument_count;
    *vm->sp = vm->heap.false_object;
    return PRIM_OK;
}

enum background_save_state vm_background_save(struct vm *vm, char *sentence, size_t size)
{
    int status = 0;
    pid_t process = vm->background_save.process;
    if (process == 0)
        return SAVE_NONE;
    pid_t ended = waitpid(process, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR))
        return SAVE_RUNNING;
    ssize_t told = read(vm->background_save.pipe_end, sentence, size - 1);
    sentence[told < 0 ? 0 : told] = 0;
    close(vm->background_save.pipe_end);
    vm->background_save.process = 0;
    if (ended == process && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return SAVE_DONE;
    if (sentence[0] == 0)
        snprintf(sentence, size,
                 "image not saved: the process that saved it was ended; the old image is intact");
    return SAVE_FAILED;
}
