/*
 * FilePlugin: files by handle. Handles and system calls are in file_table.c; here are arguments and answers. Buffers are byte
 * objects or word objects; positions and counts in them are one-based elements.
 */
#include "primitives/files.h"

#include "primitives/file_table.h"
#include "primitives/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_BROKEN_PIPE = 128 + 13, READY_WAIT_MS = 20 };

static void release_files(void *state)
{
    file_table_close(state);
    free(state);
}

static bool open_files(void *state)
{
    return file_table_open(state, io_system());
}

/* The table of this VM, made on first use; NULL when there is no memory. */
static struct file_table *files_of(struct vm *vm)
{
    return vm_ensure_module_state(vm, "FilePlugin", sizeof(struct file_table), open_files,
                                  release_files);
}

bool viv_prepare_streams(struct vm *vm)
{
    struct file_table *table = files_of(vm);
    return table != NULL && file_table_make_room(table);
}

/* The open file that an argument names. A stale, forged or foreign handle is a bad argument. */
static prim_result arg_file(struct vm *vm, const prim_call *call, size_t argument,
                            struct file_table **table, struct open_file **file)
{
    oop handle = prim_argument(call, argument);
    *table = files_of(vm);
    if (*table == NULL)
        return PRIM_NO_C_MEMORY;
    if (!oop_is_object(handle) || !format_is_bytes(object_format(handle)))
        return PRIM_BAD_ARGUMENT;
    *file = file_table_find(*table, object_bytes(handle), object_byte_count(handle));
    return *file == NULL ? PRIM_BAD_ARGUMENT : PRIM_OK;
}

prim_result buffer_of(oop object, uint64_t first, uint64_t count, struct buffer *buffer)
{
    unsigned format = object_format(object);
    size_t limit = object_byte_count(object);
    if (first == 0 || first > limit + 1 || count > limit - (first - 1))
        return PRIM_BAD_INDEX;
    buffer->element_size = format_element_size(format);
    buffer->bytes = object_bytes(object) + (first - 1) * buffer->element_size;
    buffer->size = count * buffer->element_size;
    return PRIM_OK;
}

/* Arguments `buffer, startingAt, count` from number `argument` on. The whole range lies inside the object. */
static prim_result arg_buffer(struct vm *vm, const prim_call *call, size_t argument,
                              struct buffer *buffer)
{
    oop object = prim_argument(call, argument);
    uint64_t first;
    uint64_t count;
    if (!oop_is_object(object) || !format_is_bits(object_format(object)))
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_uint64(vm, call, argument + 1, &first);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, argument + 2, &count);
    return result == PRIM_OK ? buffer_of(object, first, count, buffer) : result;
}

prim_result finish_with(struct vm *vm, const prim_call *call, int error)
{
    return error == 0 ? answer_self(vm, call) : fail_with_os_error(vm, error);
}

/* Answers a handle that was filled in, or fails. */
static prim_result answer_handle(struct vm *vm, const prim_call *call, oop handle, int error)
{
    return error == 0 ? answer(vm, call, handle) : fail_with_os_error(vm, error);
}

static oop new_handle(struct vm *vm)
{
    return heap_allocate_bytes(vm_heap(vm), CLASS_BYTE_ARRAY, HANDLE_SIZE);
}

static prim_result open_named(struct vm *vm, const prim_call *call, enum file_mode mode)
{
    struct file_table *table = files_of(vm);
    char *path;
    if (table == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    oop handle = new_handle(vm);
    int error = oop_is_none(handle) ? ENOMEM : file_open(table, path, mode, object_bytes(handle));
    free(path);
    return oop_is_none(handle) ? PRIM_NO_MEMORY : answer_handle(vm, call, handle, error);
}

prim_result prim_file_open(struct vm *vm, const prim_call *call)
{
    bool writable;
    prim_result result = arg_boolean(vm, call, 1, &writable);
    return result == PRIM_OK ? open_named(vm, call, writable ? FILE_WRITE : FILE_READ) : result;
}

prim_result prim_file_open_new(struct vm *vm, const prim_call *call)
{
    return open_named(vm, call, FILE_WRITE_NEW);
}

prim_result prim_file_close(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    return result == PRIM_OK ? finish_with(vm, call, file_close(table, file)) : result;
}

prim_result prim_file_read(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    struct buffer buffer;
    size_t taken;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    if (result == PRIM_OK)
        result = arg_buffer(vm, call, 1, &buffer);
    if (result != PRIM_OK)
        return result;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    int error = file_read(file, buffer.bytes, buffer.size, &taken);
    if (error != 0)
        return fail_with_os_error(vm, error);
    return answer_integer(vm, call, (int64_t)(taken / buffer.element_size));
}

prim_result prim_file_write(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    struct buffer buffer;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    if (result == PRIM_OK)
        result = arg_buffer(vm, call, 1, &buffer);
    if (result != PRIM_OK)
        return result;
    int error = file_write(table, file, buffer.bytes, buffer.size);
    if (error == EPIPE && file->standard) {
        /* Nobody reads what we print: the program ends quietly, as by the signal. */
        vm_request_exit(vm, EXIT_BROKEN_PIPE);
        error = 0;
    }
    if (error != 0)
        return fail_with_os_error(vm, error);
    return answer_integer(vm, call, (int64_t)(buffer.size / buffer.element_size));
}

prim_result prim_file_get_position(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    uint64_t position;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    if (result != PRIM_OK)
        return result;
    int error = file_position(file, &position);
    return error == 0 ? answer_integer(vm, call, (int64_t)position) : fail_with_os_error(vm, error);
}

prim_result prim_file_set_position(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    uint64_t position;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 1, &position);
    return result == PRIM_OK ? finish_with(vm, call, file_set_position(file, position)) : result;
}

prim_result prim_file_size(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    uint64_t size;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    if (result != PRIM_OK)
        return result;
    int error = file_size(file, &size);
    return error == 0 ? answer_integer(vm, call, (int64_t)size) : fail_with_os_error(vm, error);
}

prim_result prim_file_at_end(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    bool at_end;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    if (result != PRIM_OK)
        return result;
    int error = file_at_end(file, &at_end);
    return error == 0 ? answer_boolean(vm, call, at_end) : fail_with_os_error(vm, error);
}

/* Nothing is kept back, so there is nothing to write. */
prim_result prim_file_flush(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    return result == PRIM_OK ? answer_self(vm, call) : result;
}

prim_result prim_file_sync(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    return result == PRIM_OK ? finish_with(vm, call, file_sync(table, file)) : result;
}

prim_result prim_file_truncate(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    uint64_t size;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    if (result == PRIM_OK)
        result = arg_uint64(vm, call, 1, &size);
    return result == PRIM_OK ? finish_with(vm, call, file_truncate(table, file, size)) : result;
}

prim_result prim_file_is_ready(struct vm *vm, const prim_call *call)
{
    struct file_table *table;
    struct open_file *file;
    prim_result result = arg_file(vm, call, 0, &table, &file);
    return result == PRIM_OK ? answer_boolean(vm, call, file_is_ready(file, READY_WAIT_MS))
                             : result;
}

prim_result prim_file_delete(struct vm *vm, const prim_call *call)
{
    char *path;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    const struct io *io = io_system();
    int error = io->unlink(io->context, path) == 0 ? 0 : errno;
    free(path);
    return finish_with(vm, call, error);
}

prim_result prim_file_rename(struct vm *vm, const prim_call *call)
{
    char *from;
    char *to;
    prim_result result = arg_c_string(vm, call, 0, &from);
    if (result != PRIM_OK)
        return result;
    result = arg_c_string(vm, call, 1, &to);
    if (result != PRIM_OK) {
        free(from);
        return result;
    }
    const struct io *io = io_system();
    int error = io->rename(io->context, from, to) == 0 ? 0 : errno;
    free(from);
    free(to);
    return finish_with(vm, call, error);
}

prim_result prim_file_stdio_handles(struct vm *vm, const prim_call *call)
{
    struct file_table *table = files_of(vm);
    if (table == NULL)
        return PRIM_NO_C_MEMORY;
    oop handles = heap_allocate_array(vm_heap(vm), 3);
    if (oop_is_none(handles))
        return PRIM_NO_MEMORY;
    for (int number = 0; number < 3; number++) {
        oop handle = new_handle(vm);
        if (oop_is_none(handle))
            return PRIM_NO_MEMORY;
        int error = file_open_standard(table, number, object_bytes(handle));
        if (error == ENOMEM)
            return PRIM_NO_C_MEMORY;
        if (error == 0)
            heap_store(vm_heap(vm), handles, (size_t)number, handle);
    }
    return answer(vm, call, handles);
}

/* A handle for a standard stream. Other descriptors are the VM's own business. */
prim_result prim_file_connect_descriptor(struct vm *vm, const prim_call *call)
{
    struct file_table *table = files_of(vm);
    int64_t number;
    if (table == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_integer(call, 0, &number);
    if (result != PRIM_OK)
        return result;
    if (number < 0 || number > 2)
        return PRIM_BAD_ARGUMENT;
    oop handle = new_handle(vm);
    if (oop_is_none(handle))
        return PRIM_NO_MEMORY;
    return answer_handle(vm, call, handle,
                         file_open_standard(table, (int)number, object_bytes(handle)));
}

/* What stands behind a standard stream: -1 nothing, 1 a terminal, 2 a pipe, 3 a file. */
prim_result prim_file_descriptor_type(struct vm *vm, const prim_call *call)
{
    int64_t number;
    struct stat information;
    prim_result result = arg_integer(call, 0, &number);
    if (result != PRIM_OK)
        return result;
    if (number < 0 || number > 2 || fstat((int)number, &information) != 0)
        return answer_integer(vm, call, -1);
    if (isatty((int)number))
        return answer_integer(vm, call, 1);
    bool pipe = S_ISFIFO(information.st_mode) || S_ISSOCK(information.st_mode);
    return answer_integer(vm, call, pipe ? 2 : 3);
}
