/*
 * FilePlugin: directories by name and index. Names are bytes as the system has them; times are seconds of local time since
 * 1901. The directory of the last lookup stays open, so that reading one entry after another does not begin anew each time.
 */
#include "primitives/files.h"

#include "vm/base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRY_SLOTS = 7 };

struct last_lookup {
    char *path;
    DIR *directory;      /* NULL: none */
    uint64_t next_index; /* one-based, of the entry that is read next */
};

static void forget_last(struct last_lookup *last)
{
    if (last->directory != NULL)
        closedir(last->directory);
    free(last->path);
    last->directory = NULL;
    last->path = NULL;
}

static void release_last(void *state)
{
    forget_last(state);
    free(state);
}

static struct last_lookup *last_lookup_of(struct vm *vm)
{
    return vm_ensure_module_state(vm, "FilePlugin directories", sizeof(struct last_lookup), NULL,
                                  release_last);
}

int64_t utc_offset_seconds(time_t moment)
{
    struct tm local;
    return localtime_r(&moment, &local) == NULL ? 0 : (int64_t)local.tm_gmtoff;
}

static int64_t local_1901(time_t moment)
{
    return (int64_t)moment + SECONDS_1901_TO_1970 + utc_offset_seconds(moment);
}

const char *directory_next_name(DIR *directory)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL)
            return NULL;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    }
}

/* Attributes of a name inside an open directory, of the link itself where its target is gone. */
static int entry_information(int directory_fd, const char *name, struct stat *information,
                             bool *is_link)
{
    if (fstatat(directory_fd, name, information, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    struct stat target;
    *is_link = S_ISLNK(information->st_mode);
    if (*is_link && fstatat(directory_fd, name, &target, 0) == 0)
        *information = target;
    return 0;
}

/* An entry as images read it: name, times of change, is directory, size, permissions, is link. NO_OOP without memory. */
static oop new_entry(struct heap *heap, const char *name, const struct stat *information,
                     bool is_link)
{
    oop entry = heap_allocate_array(heap, ENTRY_SLOTS);
    oop name_object = heap_allocate_string(heap, name, strlen(name));
    if (oop_is_none(entry) || oop_is_none(name_object))
        return NO_OOP;
    heap_store(heap, entry, 0, name_object);
    heap_store(heap, entry, 1, heap_integer(heap, local_1901(information->st_ctime)));
    heap_store(heap, entry, 2, heap_integer(heap, local_1901(information->st_mtime)));
    heap_store(heap, entry, 3, heap_boolean(heap, S_ISDIR(information->st_mode)));
    heap_store(heap, entry, 4, heap_integer(heap, information->st_size));
    heap_store(heap, entry, 5, oop_from_integer(information->st_mode & 07777));
    heap_store(heap, entry, 6, heap_boolean(heap, is_link));
    return entry;
}

/* Puts the stream of the last lookup before the entry with a one-based index. */
static int seek_entry(struct last_lookup *last, const char *path, uint64_t index)
{
    if (last->directory == NULL || index < last->next_index || index == 1 ||
        strcmp(last->path, path) != 0) {
        forget_last(last);
        last->path = strdup(path);
        if (last->path == NULL)
            return ENOMEM;
        last->directory = opendir(path);
        if (last->directory == NULL)
            return errno;
        last->next_index = 1;
    }
    while (last->next_index < index) {
        if (directory_next_name(last->directory) == NULL)
            return errno;
        last->next_index++;
    }
    return 0;
}

/* The entry at the index; nil past the last one. Entries that vanish meanwhile are passed over. */
static prim_result lookup_entry(struct vm *vm, const prim_call *call, const char *path,
                                uint64_t index)
{
    struct last_lookup *last = last_lookup_of(vm);
    if (last == NULL)
        return PRIM_NO_C_MEMORY;
    int error = seek_entry(last, path, index);
    if (error != 0)
        return fail_with_os_error(vm, error);
    for (;;) {
        struct stat information;
        bool is_link = false;
        const char *name = directory_next_name(last->directory);
        if (name == NULL) {
            error = errno;
            forget_last(last);
            return error == 0 ? answer_nil(vm, call) : fail_with_os_error(vm, error);
        }
        if (entry_information(dirfd(last->directory), name, &information, &is_link) == 0) {
            last->next_index++;
            return answer_new(vm, call, new_entry(vm_heap(vm), name, &information, is_link));
        }
    }
}

prim_result prim_directory_lookup(struct vm *vm, const prim_call *call)
{
    uint64_t index;
    char *path;
    prim_result result = arg_uint64(vm, call, 1, &index);
    if (result != PRIM_OK)
        return result;
    if (index == 0)
        return PRIM_BAD_INDEX;
    result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    result = lookup_entry(vm, call, path[0] == 0 ? "." : path, index);
    free(path);
    return result;
}

prim_result prim_directory_entry(struct vm *vm, const prim_call *call)
{
    char *path;
    char *name;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    result = arg_c_string(vm, call, 1, &name);
    if (result != PRIM_OK) {
        free(path);
        return result;
    }
    struct stat information;
    bool is_link = false;
    int fd = open(path[0] == 0 ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 ? errno : entry_information(fd, name, &information, &is_link);
    if (error == 0)
        result = answer_new(vm, call, new_entry(vm_heap(vm), name, &information, is_link));
    else
        result = fd >= 0 && error == ENOENT ? answer_nil(vm, call) : fail_with_os_error(vm, error);
    if (fd >= 0)
        close(fd);
    free(path);
    free(name);
    return result;
}

/* Calls one of the functions that change a path, and answers the receiver. */
static prim_result change_path(struct vm *vm, const prim_call *call,
                               int (*change)(const char *path))
{
    char *path;
    prim_result result = arg_c_string(vm, call, 0, &path);
    if (result != PRIM_OK)
        return result;
    int error = change(path) == 0 ? 0 : errno;
    free(path);
    return finish_with(vm, call, error);
}

static int make_directory(const char *path)
{
    const struct io *io = io_system();
    return io->mkdir(io->context, path, 0777);
}

static int remove_directory(const char *path)
{
    const struct io *io = io_system();
    return io->rmdir(io->context, path);
}

prim_result prim_directory_create(struct vm *vm, const prim_call *call)
{
    return change_path(vm, call, make_directory);
}

prim_result prim_directory_delete(struct vm *vm, const prim_call *call)
{
    return change_path(vm, call, remove_directory);
}

prim_result prim_directory_delimitor(struct vm *vm, const prim_call *call)
{
    return answer(vm, call, heap_character(vm_heap(vm), '/'));
}

/* Files have neither type nor creator here; asking and telling are accepted, and change nothing. */
prim_result prim_directory_mac_type(struct vm *vm, const prim_call *call)
{
    return answer_self(vm, call);
}
