/*
 * FileAttributesPlugin: attributes of files and directory streams by handle. Names are bytes as the system has them; times are
 * seconds of UTC since 1901. Handles of streams are made and checked as those of files are (file_table.h).
 */
#include "primitives/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STREAMS_MAX = 256, STREAM_HANDLE_SIZE = 24, ATTRIBUTE_SLOTS = 13 };

struct directory_stream {
    DIR *directory; /* NULL: free */
    uint32_t generation;
};

struct directory_streams {
    uint64_t session;
    struct directory_stream items[STREAMS_MAX];
};

static void release_streams(void *state)
{
    struct directory_streams *streams = state;
    for (size_t i = 0; i < STREAMS_MAX; i++)
        if (streams->items[i].directory != NULL)
            closedir(streams->items[i].directory);
    free(streams);
}

static bool open_streams(void *state)
{
    struct directory_streams *streams = state;
    return getrandom(&streams->session, sizeof streams->session, 0) == sizeof streams->session;
}

static struct directory_streams *streams_of(struct vm *vm)
{
    return vm_ensure_module_state(vm, "FileAttributesPlugin", sizeof(struct directory_streams),
                                  open_streams, release_streams);
}

static int64_t utc_1901(time_t moment)
{
    return (int64_t)moment + SECONDS_1901_TO_1970;
}

/* Reads the attributes of the file itself or of the link that names it. */
static int read_attributes(const char *path, bool of_link, struct stat *information)
{
    int status = of_link ? lstat(path, information) : stat(path, information);
    return status == 0 ? 0 : errno;
}

/* Thirteen attributes: target of a link or nil, mode, inode, device, links, user, group, size, times of access, modification,
 * change and birth (nil here), file system flags (nil here). */
static oop new_attributes(struct heap *heap, int folder, const char *path,
                          const struct stat *information)
{
    oop attributes = heap_allocate_array(heap, ATTRIBUTE_SLOTS);
    if (oop_is_none(attributes))
        return NO_OOP;
    if (S_ISLNK(information->st_mode)) {
        char target[PATH_MAX];
        ssize_t size = readlinkat(folder, path, target, sizeof target);
        oop name = size < 0 ? heap->nil : heap_allocate_string(heap, target, (size_t)size);
        if (oop_is_none(name))
            return NO_OOP;
        heap_store(heap, attributes, 0, name);
    }
    const int64_t numbers[] = {
        (int64_t)information->st_mode,   (int64_t)information->st_ino,
        (int64_t)information->st_dev,    (int64_t)information->st_nlink,
        (int64_t)information->st_uid,    (int64_t)information->st_gid,
        (int64_t)information->st_size,   utc_1901(information->st_atime),
        utc_1901(information->st_mtime), utc_1901(information->st_ctime),
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        oop number = heap_integer(heap, numbers[i]);
        if (oop_is_none(number))
            return NO_OOP;
        heap_store(heap, attributes, i + 1, number);
    }
    return attributes;
}

/* Whether this process may read, write, execute. */
static oop new_access(struct heap *heap, const char *path)
{
    oop access_array = heap_allocate_array(heap, 3);
    if (oop_is_none(access_array))
        return NO_OOP;
    heap_store(heap, access_array, 0, heap_boolean(heap, access(path, R_OK) == 0));
    heap_store(heap, access_array, 1, heap_boolean(heap, access(path, W_OK) == 0));
    heap_store(heap, access_array, 2, heap_boolean(heap, access(path, X_OK) == 0));
    return access_array;
}

prim_result prim_file_exists(struct vm *vm, const prim_call *call)
{
    char *path;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    bool exists = access(path, F_OK) == 0;
    free(path);
    return answer_boolean(vm, call, exists);
}

/* Mask: 1 attributes, 2 access, 4 of a link itself. Both: an Array of the two. */
static prim_result answer_attributes(struct vm *vm, const prim_call *call, const char *path,
                                     int64_t mask)
{
    struct heap *heap = vm_heap(vm);
    struct stat information;
    int error = read_attributes(path, (mask & 4) != 0, &information);
    if (error != 0)
        return fail_with_os_error(vm, error);
    oop attributes =
        (mask & 1) != 0 ? new_attributes(heap, AT_FDCWD, path, &information) : heap->nil;
    oop access_array = (mask & 2) != 0 ? new_access(heap, path) : heap->nil;
    if ((mask & 3) != 3)
        return answer_new(vm, call, (mask & 1) != 0 ? attributes : access_array);
    return answer_pair(vm, call, attributes, access_array);
}

prim_result prim_file_attributes(struct vm *vm, const prim_call *call)
{
    int64_t mask;
    char *path;
    prim_result result = arg_integer(call, 1, &mask);
    if (result != PRIM_OK)
        return result;
    if (mask < 1 || mask > 7 || (mask & 3) == 0)
        return PRIM_BAD_ARGUMENT;
    result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    result = answer_attributes(vm, call, path, mask);
    free(path);
    return result;
}

/* One attribute by its number: 1 to 12 as in new_attributes, 13 to 15 access, 16 whether the name is a link. */
static prim_result answer_attribute(struct vm *vm, const prim_call *call, const char *path,
                                    int64_t number)
{
    struct heap *heap = vm_heap(vm);
    struct stat information;
    int error = read_attributes(path, number == 1 || number == 16, &information);
    if (error != 0)
        return fail_with_os_error(vm, error);
    if (number == 16)
        return answer_boolean(vm, call, S_ISLNK(information.st_mode));
    if (number > 12)
        return answer_boolean(vm, call,
                              access(path, number == 13   ? R_OK
                                           : number == 14 ? W_OK
                                                          : X_OK) == 0);
    oop attributes = new_attributes(heap, AT_FDCWD, path, &information);
    if (oop_is_none(attributes))
        return PRIM_NO_MEMORY;
    return answer(vm, call, object_slot(attributes, (size_t)number - 1));
}

prim_result prim_file_attribute(struct vm *vm, const prim_call *call)
{
    int64_t number;
    char *path;
    prim_result result = arg_integer(call, 1, &number);
    if (result != PRIM_OK)
        return result;
    if (number < 1 || number > 16)
        return PRIM_BAD_INDEX;
    result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    result = answer_attribute(vm, call, path, number);
    free(path);
    return result;
}

prim_result prim_file_change_mode(struct vm *vm, const prim_call *call)
{
    int64_t mode;
    char *path;
    prim_result result = arg_integer(call, 1, &mode);
    if (result != PRIM_OK)
        return result;
    if (mode < 0 || mode > 07777)
        return PRIM_BAD_ARGUMENT;
    result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    int error = chmod(path, (mode_t)mode) == 0 ? 0 : errno;
    free(path);
    return finish_with(vm, call, error);
}

/* Argument 0: what the link says; argument 1: where it stands. */
prim_result prim_symlink(struct vm *vm, const prim_call *call)
{
    char *target;
    char *path;
    prim_result result = arg_c_string(vm, call, 0, &target);
    if (result != PRIM_OK)
        return result;
    result = arg_c_string(vm, call, 1, &path);
    if (result != PRIM_OK) {
        free(target);
        return result;
    }
    int error = symlink(target, path) == 0 ? 0 : errno;
    free(target);
    free(path);
    return finish_with(vm, call, error);
}

/* --- directory streams ------------------------------------------------------------------------------------------------ */

struct stream_handle {
    uint64_t session;
    uint64_t index;
    uint64_t generation;
};

_Static_assert(sizeof(struct stream_handle) == STREAM_HANDLE_SIZE,
               "a handle has its announced size");

static prim_result arg_stream(struct vm *vm, const prim_call *call,
                              struct directory_stream **stream)
{
    struct directory_streams *streams = streams_of(vm);
    struct stream_handle handle;
    uint8_t *bytes;
    size_t size;
    if (streams == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    if (result != PRIM_OK || size != sizeof handle)
        return PRIM_BAD_ARGUMENT;
    memcpy(&handle, bytes, sizeof handle);
    if (handle.session != streams->session || handle.index >= STREAMS_MAX)
        return PRIM_BAD_ARGUMENT;
    *stream = &streams->items[handle.index];
    return (*stream)->directory != NULL && (*stream)->generation == handle.generation
               ? PRIM_OK
               : PRIM_BAD_ARGUMENT;
}

/* The next entry as an Array of name and attributes, with room for a third element where wanted; nil at the end. */
static oop next_stream_entry(struct heap *heap, DIR *directory, size_t slots)
{
    struct stat information;
    const char *name;
    do {
        name = directory_next_name(directory);
        if (name == NULL)
            return heap->nil;
    } while (fstatat(dirfd(directory), name, &information, 0) != 0 &&
             fstatat(dirfd(directory), name, &information, AT_SYMLINK_NOFOLLOW) != 0);
    oop entry = heap_allocate_array(heap, slots);
    oop name_object = heap_allocate_string(heap, name, strlen(name));
    oop attributes = new_attributes(heap, dirfd(directory), name, &information);
    if (oop_is_none(entry) || oop_is_none(name_object) || oop_is_none(attributes))
        return NO_OOP;
    heap_store(heap, entry, 0, name_object);
    heap_store(heap, entry, 1, attributes);
    return entry;
}

/* Enters an open directory and answers its first entry with the handle, or nil when it is empty. */
static prim_result answer_stream(struct vm *vm, const prim_call *call,
                                 struct directory_streams *streams, DIR *directory)
{
    struct heap *heap = vm_heap(vm);
    size_t index = 0;
    while (index < STREAMS_MAX && streams->items[index].directory != NULL)
        index++;
    if (index == STREAMS_MAX) {
        closedir(directory);
        return PRIM_LIMIT_EXCEEDED;
    }
    oop handle_object = heap_allocate_bytes(heap, CLASS_BYTE_ARRAY, STREAM_HANDLE_SIZE);
    oop entry = next_stream_entry(heap, directory, 3);
    if (oop_is_none(entry) || oop_is_none(handle_object) || oop_same(entry, heap->nil)) {
        closedir(directory);
        return oop_is_none(handle_object) ? PRIM_NO_MEMORY : answer_new(vm, call, entry);
    }
    struct directory_stream *stream = &streams->items[index];
    stream->directory = directory;
    stream->generation++;
    struct stream_handle handle = {streams->session, index, stream->generation};
    memcpy(object_bytes(handle_object), &handle, sizeof handle);
    heap_store(heap, entry, 2, handle_object);
    return answer(vm, call, entry);
}

prim_result prim_opendir(struct vm *vm, const prim_call *call)
{
    struct directory_streams *streams = streams_of(vm);
    char *path;
    if (streams == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    DIR *directory = opendir(path);
    int error = errno;
    free(path);
    return directory == NULL ? fail_with_os_error(vm, error)
                             : answer_stream(vm, call, streams, directory);
}

prim_result prim_readdir(struct vm *vm, const prim_call *call)
{
    struct directory_stream *stream;
    prim_result result = arg_stream(vm, call, &stream);
    if (result != PRIM_OK)
        return result;
    return answer_new(vm, call, next_stream_entry(vm_heap(vm), stream->directory, 2));
}

prim_result prim_rewinddir(struct vm *vm, const prim_call *call)
{
    struct directory_stream *stream;
    prim_result result = arg_stream(vm, call, &stream);
    if (result != PRIM_OK)
        return result;
    rewinddir(stream->directory);
    return answer_new(vm, call, next_stream_entry(vm_heap(vm), stream->directory, 2));
}

prim_result prim_closedir(struct vm *vm, const prim_call *call)
{
    struct directory_stream *stream;
    prim_result result = arg_stream(vm, call, &stream);
    if (result != PRIM_OK)
        return result;
    int error = closedir(stream->directory) == 0 ? 0 : errno;
    stream->directory = NULL;
    return finish_with(vm, call, error);
}
