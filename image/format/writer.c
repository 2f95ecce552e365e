#include "image/format/writer.h"

#include "image/format/checksum.h"
#include "image/format/module.h"
#include "image/format/reader.h"
#include "image/format/replace.h"
#include "image/format/stamp.h"
#include "vm/primitive.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes end at multiples of this in the file: large pages of the page cache, and few of them (execution, section 6). */
#define WRITE_SIZE ((size_t)2 << 20)

enum {
    MOURN_PAGE_SLOTS = 4092,
    MOURN_PAGE_FIRST = 4,
    MOURN_PAGE_ROOM = MOURN_PAGE_SLOTS - MOURN_PAGE_FIRST
};

struct writing {
    struct heap *heap;
    struct replacement *file;
    uint64_t *buffer;
    size_t used;    /* words in the buffer */
    size_t hashed;  /* words of it that the checksum has seen, or that it does not cover */
    uint64_t delta; /* added to addresses */
    uint64_t free_size;
    uint64_t mourn_queue; /* address of the newest page in the file; nil's without mourners */
    struct image_checksum checksum;
    bool failed;
    bool is_save; /* the generation goes up */
    struct status *status;
};

static void hash_buffer(struct writing *writing)
{
    image_checksum_add(&writing->checksum, writing->buffer + writing->hashed,
                       (writing->used - writing->hashed) * 8);
    writing->hashed = writing->used;
}

static void flush(struct writing *writing)
{
    hash_buffer(writing);
    if (!writing->failed && !replacement_write(writing->file, writing->buffer, writing->used * 8))
        writing->failed = true;
    writing->used = 0;
    writing->hashed = 0;
}

static inline void put(struct writing *writing, uint64_t word)
{
    writing->buffer[writing->used++] = word;
    if (writing->used == WRITE_SIZE / 8)
        flush(writing);
}

static void put_zeros(struct writing *writing, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(writing, 0);
}

static void put_words(struct writing *writing, const uint64_t *words, size_t count)
{
    while (count > 0) {
        size_t room = WRITE_SIZE / 8 - writing->used;
        size_t part = count < room ? count : room;
        memcpy(writing->buffer + writing->used, words, part * 8);
        writing->used += part;
        words += part;
        count -= part;
        if (writing->used == WRITE_SIZE / 8)
            flush(writing);
    }
}

/* What a save cannot represent: a reference out of old space. */
static void refuse_reference(struct writing *writing, oop object, oop value)
{
    writing->failed = true;
    replacement_refuse(writing->file, writing->status,
                       "the object at %" PRIx64 " refers to %" PRIx64 ", which is not in old space",
                       object.bits, value.bits);
}

static void put_reference(struct writing *writing, oop object, oop value)
{
    const struct old_space *old = &writing->heap->old;
    if (oop_is_immediate(value)) {
        put(writing, value.bits);
        return;
    }
    if (object_words(value) < old->base || object_words(value) >= old->limit) {
        refuse_reference(writing, object, value);
        return;
    }
    put(writing, value.bits + writing->delta);
}

/* The bytes of an element-wise object, with those beyond its last element zero. */
static void put_elements(struct writing *writing, unsigned format, const uint64_t *words,
                         size_t count)
{
    size_t unused = count * 8 - format_element_count(format, count) * format_element_size(format);
    if (unused == 0 || count == 0) {
        put_words(writing, words, count);
        return;
    }
    put_words(writing, words, count - 1);
    put(writing, words[count - 1] & (UINT64_MAX >> (unused * 8)));
}

static void put_slots(struct writing *writing, oop object)
{
    size_t slot_count = object_slot_count(object);
    size_t pointer_count = object_pointer_count(object);
    const oop *slots = object_slots(object);
    for (size_t i = 0; i < pointer_count && !writing->failed; i++)
        put_reference(writing, object, slots[i]);
    if (writing->failed)
        return;
    put_elements(writing, object_format(object), object_words(object) + 1 + pointer_count,
                 slot_count - pointer_count);
    if (slot_count == 0)
        put(writing, 0);
}

/* Class-table pages as they are, the collector's lists empty but for the mourners. */
static void put_hidden_roots(struct writing *writing, oop roots)
{
    for (size_t i = 0; i < HIDDEN_CLASS_PAGES; i++)
        put_reference(writing, roots, object_slot(roots, i));
    uint64_t nil = writing->heap->nil.bits + writing->delta;
    for (size_t i = HIDDEN_CLASS_PAGES; i < HIDDEN_ROOTS_COUNT; i++)
        put(writing, i == HIDDEN_MOURN_QUEUE ? writing->mourn_queue : nil);
}

static void put_object(struct writing *writing, oop object, oop free_lists)
{
    size_t slot_count = object_slot_count(object);
    uint64_t header = object_header(object);
    if (object_has_overflow(object))
        put(writing, *object_start(object));
    put(writing, header & ~(HEADER_REMEMBERED | HEADER_GREY | HEADER_AGE_MASK));
    if (object_class_index(object) == CLASS_INDEX_FREE) {
        writing->free_size += object_size(object);
        put_zeros(writing, slot_count == 0 ? 1 : slot_count);
    } else if (oop_same(object, free_lists)) {
        put_zeros(writing, slot_count);
    } else if (oop_same(object, writing->heap->hidden_roots)) {
        put_hidden_roots(writing, object);
    } else {
        put_slots(writing, object);
    }
}

static void put_objects(struct writing *writing)
{
    struct heap *heap = writing->heap;
    oop free_lists = object_starting_at(object_limit(heap->true_object));
    for (uint64_t *at = heap->old.base; at < heap->old.limit && !writing->failed;) {
        oop object = object_starting_at(at);
        if (object_is_forwarder(object)) {
            refuse_reference(writing, object, object_slot(object, 0));
            return;
        }
        put_object(writing, object, free_lists);
        at = object_limit(object);
    }
}

/* --- mourners: pages of class index 19 behind the objects, the newest first in the chain (spur-format, section 5) ----- */

static size_t mourner_count(const struct heap *heap)
{
    return heap->mourners.count - heap->mourners_taken;
}

static size_t mourn_page_count(const struct heap *heap)
{
    return (mourner_count(heap) + MOURN_PAGE_ROOM - 1) / MOURN_PAGE_ROOM;
}

static uint64_t mourn_page_size(void)
{
    return object_size_for_slots(MOURN_PAGE_SLOTS);
}

static void put_mourners(struct writing *writing, uint64_t first_page)
{
    struct heap *heap = writing->heap;
    size_t left = mourner_count(heap);
    if (left == 0)
        return; /* the list may have no items at all */
    const oop *mourners = heap->mourners.items + heap->mourners_taken;
    for (size_t page = 0; left > 0; page++) {
        size_t count = left < MOURN_PAGE_ROOM ? left : MOURN_PAGE_ROOM;
        uint64_t previous = first_page + (page - 1) * mourn_page_size() + 8;
        put(writing, (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | MOURN_PAGE_SLOTS);
        put(writing, header_make(CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, MOURN_PAGE_SLOTS));
        put(writing, count);
        put(writing, HIDDEN_MOURN_QUEUE);
        put(writing, 0);
        put(writing, page == 0 ? 0 : previous);
        for (size_t i = 0; i < count; i++)
            put_reference(writing, mourners[i], mourners[i]);
        put_zeros(writing, MOURN_PAGE_ROOM - count);
        mourners += count;
        left -= count;
    }
}

/* --- the file --------------------------------------------------------------------------------------------------------- */

/* The header of the file that is being written; sizes and checksum come out of the writing. */
static struct image_header next_header(struct writing *writing, const struct image_header *old,
                                       uint64_t data_size)
{
    const struct heap *heap = writing->heap;
    struct image_header header = *old;
    header.magic = IMAGE_MAGIC;
    header.header_size = IMAGE_HEADER_PAGE_SIZE;
    header.prefix_size = 0;
    header.data_size = data_size;
    header.first_segment_size = data_size;
    header.base = heap_preferred_base();
    header.special_objects = heap->special_objects.bits + writing->delta;
    header.last_hash = heap->last_hash;
    header.free_size = writing->free_size;
    header.ours = true;
    header.checks_version = IMAGE_CHECKS_VERSION;
    header.generation = old->generation + (writing->is_save ? 1 : 0);
    image_checksum_finish(&writing->checksum, &header);
    memset(header.writer, 0, sizeof header.writer);
    snprintf(header.writer, sizeof header.writer, "vivarium %s", VIV_VERSION);
    return header;
}

static bool write_data(struct writing *writing, uint64_t objects_size)
{
    uint64_t first_page = heap_preferred_base() + objects_size;
    size_t pages = mourn_page_count(writing->heap);
    writing->mourn_queue =
        pages == 0 ? heap_preferred_base() : first_page + (pages - 1) * mourn_page_size() + 8;
    put_zeros(writing, IMAGE_HEADER_PAGE_SIZE / 8);
    writing->hashed = writing->used;
    put_objects(writing);
    if (writing->failed)
        return false;
    put_mourners(writing, first_page);
    put(writing, IMAGE_BRIDGE);
    put(writing, 0);
    flush(writing);
    return !writing->failed;
}

/* The generation of what is there now: another process may have written it. 0 for what is no image of ours. */
static uint64_t generation_at(const char *path)
{
    uint8_t bytes[IMAGE_HEADER_PAGE_SIZE];
    struct image_header header;
    struct status status = {STATUS_OK, ""};
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool ours =
        fd >= 0 && fstat(fd, &facts) == 0 && io_pread_all(fd, bytes, sizeof bytes, 0) &&
        image_header_parse(&header, bytes, sizeof bytes, (uint64_t)facts.st_size, path, &status) &&
        header.ours;
    if (fd >= 0)
        close(fd);
    return ours ? header.generation : 0;
}

static uint64_t occupied_size(const struct heap *heap)
{
    return (uint64_t)((char *)heap->old.limit - (char *)heap->old.base);
}

uint64_t image_written_size(const struct heap *heap)
{
    return IMAGE_HEADER_PAGE_SIZE + occupied_size(heap) +
           mourn_page_count(heap) * mourn_page_size() + IMAGE_BRIDGE_SIZE;
}

static bool write_file(struct writing *writing, struct image_header *header)
{
    uint64_t size = image_written_size(writing->heap);
    uint8_t page[IMAGE_HEADER_PAGE_SIZE];
    if (!replacement_reserve(writing->file, size) ||
        !write_data(writing, occupied_size(writing->heap)) || !replacement_sync(writing->file))
        return false;
    struct image_header next = next_header(writing, header, size - IMAGE_HEADER_PAGE_SIZE);
    uint64_t replaced = writing->is_save ? generation_at(writing->file->path) : 0;
    if (writing->is_save && replaced >= next.generation)
        next.generation = replaced + 1;
    image_header_write(&next, page);
    if (!replacement_write_at(writing->file, page, sizeof page, 0))
        return false;
    image_stamp(writing->file->io, writing->file->fd, &next);
    if (!replacement_commit(writing->file))
        return false;
    *header = next;
    return true;
}

static bool write_keeping(struct heap *heap, struct image_header *header, bool is_save,
                          const struct io *io, const char *path, unsigned keep,
                          struct status *status)
{
    struct replacement file;
    viv_assert(heap->eden_free == heap->eden.start && heap->survivors.free == heap->survivors.start,
               "a heap that is saved has nothing young");
    heap_seal(heap);
    if (!replacement_open(&file, io, path, status))
        return false;
    file.keep = keep;
    struct writing writing = {
        .heap = heap,
        .file = &file,
        .delta = heap_preferred_base() - (uint64_t)(uintptr_t)heap->old.base,
        .buffer = malloc(WRITE_SIZE),
        .is_save = is_save,
        .status = status,
    };
    bool good = false;
    if (image_checksum_open(&writing.checksum, image_written_size(heap) - IMAGE_HEADER_PAGE_SIZE) &&
        writing.buffer != NULL)
        good = write_file(&writing, header);
    else
        replacement_refuse(&file, status, "no memory to write it");
    free(writing.buffer);
    image_checksum_close(&writing.checksum);
    replacement_close(&file);
    return good;
}

bool image_write(struct heap *heap, struct image_header *header, const struct io *io,
                 const char *path, struct status *status)
{
    return write_keeping(heap, header, true, io, path, 0, status);
}

bool image_rewrite(struct heap *heap, struct image_header *header, const struct io *io,
                   const char *path, unsigned keep, struct status *status)
{
    return write_keeping(heap, header, false, io, path, keep, status);
}

bool image_copy(const char *from, const char *to, struct status *status)
{
    struct heap *heap = malloc(sizeof *heap);
    struct heap_options options = {.base_address = 0};
    struct image_header header;
    if (heap == NULL)
        return status_fail(status, STATUS_MEMORY, "%s: no memory to read it", from);
    bool good = image_read(heap, &options, from, IMAGE_TRUST_NOTHING, &header, status);
    if (good) {
        good = image_write(heap, &header, io_system(), to, status);
        heap_close(heap);
    }
    free(heap);
    return good;
}

bool image_save_keeping(struct vm *vm, const char *path, unsigned keep, struct status *status)
{
    struct image_header *header = vm_module_state(vm, IMAGE_MODULE);
    if (header == NULL) {
        header = malloc(sizeof *header);
        if (header == NULL)
            return status_fail(status, STATUS_SAVE,
                               "image not saved: %s: no memory; the old image is intact", path);
        *header = image_header_default();
        if (!vm_set_module_state(vm, IMAGE_MODULE, header, free)) {
            free(header);
            return status_fail(status, STATUS_SAVE,
                               "image not saved: %s: no memory; the old image is intact", path);
        }
    }
    return write_keeping(vm_heap(vm), header, true, io_system(), path, keep, status);
}

bool image_save(struct vm *vm, const char *path, struct status *status)
{
    return image_save_keeping(vm, path, 0, status);
}
