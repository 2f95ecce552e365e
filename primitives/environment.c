/*
 * VivariumSystem: environment variables, process, host. UUIDPlugin and SecurityPlugin as images expect them.
 *
 * The environment belongs to the whole process, a world is only one of its tenants: what a world sets is kept beside it, in
 * an overlay that later readings of the same world see.
 */
#include "primitives/functions.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { UUID_SIZE = 16 };

struct setting {
    char *name;
    char *value; /* NULL: taken away */
};

struct overlay {
    struct setting *settings;
    size_t count;
};

static void release_overlay(void *state)
{
    struct overlay *overlay = state;
    for (size_t i = 0; i < overlay->count; i++) {
        free(overlay->settings[i].name);
        free(overlay->settings[i].value);
    }
    free(overlay->settings);
    free(overlay);
}

/* The overlay of this world; NULL when nothing was ever set, or without memory when it is to be made. */
static struct overlay *overlay_of(struct vm *vm, bool make)
{
    return make ? vm_ensure_module_state(vm, "VivariumSystem", sizeof(struct overlay), NULL,
                                         release_overlay)
                : vm_module_state(vm, "VivariumSystem");
}

static struct setting *find_setting(const struct overlay *overlay, const char *name, size_t size)
{
    if (overlay != NULL)
        for (size_t i = 0; i < overlay->count; i++)
            if (strncmp(overlay->settings[i].name, name, size) == 0 &&
                overlay->settings[i].name[size] == 0)
                return &overlay->settings[i];
    return NULL;
}

static prim_result answer_string_or_nil(struct vm *vm, const prim_call *call, const char *string)
{
    return string == NULL ? answer_nil(vm, call) : answer_string(vm, call, string, strlen(string));
}

prim_result prim_get_environment(struct vm *vm, const prim_call *call)
{
    char *name;
    prim_result result = arg_c_string(vm, call, 0, &name);
    if (result != PRIM_OK)
        return result;
    const struct setting *setting = find_setting(overlay_of(vm, false), name, strlen(name));
    result = answer_string_or_nil(vm, call, setting != NULL ? setting->value : getenv(name));
    free(name);
    return result;
}

/* Takes both strings over, also when it fails. */
static bool put_setting(struct overlay *overlay, char *name, char *value)
{
    struct setting *setting = find_setting(overlay, name, strlen(name));
    if (setting != NULL) {
        free(name);
        free(setting->value);
        setting->value = value;
        return true;
    }
    struct setting *settings =
        realloc(overlay->settings, (overlay->count + 1) * sizeof *overlay->settings);
    if (settings == NULL) {
        free(name);
        free(value);
        return false;
    }
    overlay->settings = settings;
    overlay->settings[overlay->count++] = (struct setting){name, value};
    return true;
}

/* Argument 1 nil: the variable is gone. */
prim_result prim_set_environment(struct vm *vm, const prim_call *call)
{
    struct overlay *overlay = overlay_of(vm, true);
    char *name;
    char *value = NULL;
    if (overlay == NULL)
        return PRIM_NO_C_MEMORY;
    prim_result result = arg_c_string(vm, call, 0, &name);
    if (result != PRIM_OK)
        return result;
    if (name[0] == 0 || strchr(name, '=') != NULL)
        result = PRIM_BAD_ARGUMENT;
    else if (!oop_same(prim_argument(call, 1), vm_heap(vm)->nil))
        result = arg_c_string(vm, call, 1, &value);
    if (result != PRIM_OK) {
        free(name);
        return result;
    }
    return put_setting(overlay, name, value) ? answer_self(vm, call) : PRIM_NO_C_MEMORY;
}

/* Stores NAME=VALUE at the index; false without memory. */
static bool store_line(struct heap *heap, oop lines, size_t index, const char *name,
                       const char *value)
{
    char *text;
    int size = asprintf(&text, "%s=%s", name, value);
    if (size < 0)
        return false;
    oop line = heap_allocate_string(heap, text, (size_t)size);
    free(text);
    if (oop_is_none(line))
        return false;
    heap_store(heap, lines, index, line);
    return true;
}

/* An Array of Strings NAME=VALUE. */
prim_result prim_environment(struct vm *vm, const prim_call *call)
{
    struct heap *heap = vm_heap(vm);
    const struct overlay *overlay = overlay_of(vm, false);
    size_t count = 0;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        count += find_setting(overlay, *entry, strcspn(*entry, "=")) == NULL;
    size_t inherited = count;
    for (size_t i = 0; overlay != NULL && i < overlay->count; i++)
        count += overlay->settings[i].value != NULL;
    oop lines = heap_allocate_array(heap, count);
    if (oop_is_none(lines))
        return PRIM_NO_MEMORY;
    size_t index = 0;
    for (char **entry = environ; entry != NULL && *entry != NULL && index < inherited; entry++) {
        if (find_setting(overlay, *entry, strcspn(*entry, "=")) != NULL)
            continue;
        oop line = heap_allocate_string(heap, *entry, strlen(*entry));
        if (oop_is_none(line))
            return PRIM_NO_MEMORY;
        heap_store(heap, lines, index++, line);
    }
    for (size_t i = 0; overlay != NULL && i < overlay->count; i++) {
        const struct setting *setting = &overlay->settings[i];
        if (setting->value != NULL &&
            !store_line(heap, lines, index++, setting->name, setting->value))
            return PRIM_NO_MEMORY;
    }
    return answer(vm, call, lines);
}

prim_result prim_save_failure(struct vm *vm, const prim_call *call)
{
    const char *sentence = vm_save_failure(vm);
    return answer_string_or_nil(vm, call, sentence[0] == 0 ? NULL : sentence);
}

prim_result prim_background_save(struct vm *vm, const prim_call *call)
{
    char sentence[512];
    switch (vm_background_save(vm, sentence, sizeof sentence)) {
    case SAVE_NONE:
        return answer(vm, call, vm_heap(vm)->nil);
    case SAVE_RUNNING:
        return answer_boolean(vm, call, false);
    case SAVE_DONE:
        return answer_boolean(vm, call, true);
    default:
        return answer_string(vm, call, sentence, strlen(sentence));
    }
}

prim_result prim_process_id(struct vm *vm, const prim_call *call)
{
    return answer_integer(vm, call, getpid());
}

prim_result prim_working_directory(struct vm *vm, const prim_call *call)
{
    char path[PATH_MAX];
    if (getcwd(path, sizeof path) == NULL)
        return fail_with_os_error(vm, errno);
    return answer_string(vm, call, path, strlen(path));
}

prim_result prim_host_name(struct vm *vm, const prim_call *call)
{
    char name[HOST_NAME_MAX + 1];
    if (gethostname(name, sizeof name) != 0)
        return fail_with_os_error(vm, errno);
    name[sizeof name - 1] = 0;
    return answer_string(vm, call, name, strlen(name));
}

/* Fills the receiver, 16 bytes, with a random identifier of version 4 (RFC 4122). */
prim_result prim_make_uuid(struct vm *vm, const prim_call *call)
{
    oop uuid = call->receiver;
    if (call->argument_count == 1)
        uuid = prim_argument(call, 0);
    if (!oop_is_bytes(uuid) || object_byte_count(uuid) != UUID_SIZE)
        return PRIM_BAD_RECEIVER;
    if (object_is_immutable(uuid))
        return PRIM_NO_MODIFICATION;
    uint8_t *bytes = object_bytes(uuid);
    if (getrandom(bytes, UUID_SIZE, 0) != UUID_SIZE)
        return fail_with_os_error(vm, errno);
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    return answer(vm, call, uuid);
}

/* The world may write its image and files: what the person may do, it may. */
prim_result prim_security_allowed(struct vm *vm, const prim_call *call)
{
    return answer_boolean(vm, call, true);
}

/* The folder for a person's data. */
prim_result prim_security_user_directory(struct vm *vm, const prim_call *call)
{
    const char *data = getenv("XDG_DATA_HOME");
    if (data != NULL && data[0] == '/')
        return answer_string(vm, call, data, strlen(data));
    const char *home = getenv("HOME");
    char path[PATH_MAX];
    if (home == NULL || home[0] != '/')
        return PRIM_NOT_FOUND;
    int size = snprintf(path, sizeof path, "%s/.local/share", home);
    if (size < 0 || (size_t)size >= sizeof path)
        return PRIM_LIMIT_EXCEEDED;
    return answer_string(vm, call, path, (size_t)size);
}
