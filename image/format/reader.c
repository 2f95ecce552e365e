#include "image/format/reader.h"

#include "image/format/checker.h"
#include "image/format/checksum.h"
#include "image/format/module.h"
#include "image/format/stamp.h"
#include "vm/base/io.h"
#include "vm/base/os.h"
#include "vm/primitive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define HEADER_BYTES ((size_t)(512 + IMAGE_HEADER_PAGE_SIZE))
#define HASH_BUFFER_SIZE ((size_t)32 << 10)
#define LOWEST_BASE ((uint64_t)0x10000)

enum { MOURN_PAGE_SLOTS = 4092, MOURN_PAGE_NEXT = 3, MOURN_PAGE_FIRST = 4 };

struct reading {
    struct heap *heap;
    const char *path;
    struct image_header *header;
    struct image_layout layout;
    struct status *status;
    uint8_t *foreign_bytes; /* of a file that is converted */
    struct import *import;  /* NULL for a file that needs it not */
    int fd;
    bool mapped;
    bool trusted;
};

static bool refuse_file(struct reading *reading, const char *what)
{
    char reason[128];
    if (errno == 0)
        return status_fail(reading->status, STATUS_IMAGE, "%s: %s: the file ended before its size",
                           reading->path, what);
    return status_fail(reading->status, STATUS_IMAGE, "%s: %s: %s", reading->path, what,
                       io_reason(errno, reason, sizeof reason));
}

static bool read_header(struct reading *reading)
{
    uint8_t bytes[HEADER_BYTES];
    struct stat facts;
    if (fstat(reading->fd, &facts) != 0)
        return refuse_file(reading, "cannot be opened");
    if (!S_ISREG(facts.st_mode))
        return status_fail(reading->status, STATUS_IMAGE,
                           "%s: wanted an image file, found something else", reading->path);
    uint64_t file_size = (uint64_t)facts.st_size;
    size_t size = file_size < sizeof bytes ? (size_t)file_size : sizeof bytes;
    if (!io_pread_all(reading->fd, bytes, size, 0))
        return refuse_file(reading, "cannot be read");
    return image_header_parse(reading->header, bytes, size, file_size, reading->path,
                              reading->status);
}

/* Reads a file of another format whole and prepares its conversion; from here on the header is that of the converted data. */
static bool open_foreign(struct reading *reading)
{
    struct image_header *header = reading->header;
    uint64_t size = image_data_offset(header) + header->data_size;
    reading->foreign_bytes = malloc((size_t)size);
    if (reading->foreign_bytes == NULL)
        return status_fail(reading->status, STATUS_MEMORY,
                           "%s: no memory to read its %" PRIu64 " bytes", reading->path, size);
    if (!io_pread_all(reading->fd, reading->foreign_bytes, (size_t)size, 0))
        return refuse_file(reading, "cannot be read");
    reading->import = import_open(reading->path, reading->foreign_bytes, size, reading->status);
    if (reading->import == NULL)
        return false;
    image_header_convert(header, reading->import, 0);
    return true;
}

/* Whether offsets in the file and addresses agree so that pages can be mapped. */
static bool can_be_mapped(const struct image_header *header)
{
    return header->ours && header->base > LOWEST_BASE && header->prefix_size == 0 &&
           header->base % OS_LARGE_PAGE_SIZE == header->header_size;
}

static bool open_heap(struct reading *reading, const struct heap_options *wanted)
{
    const struct image_header *header = reading->header;
    struct heap_options options = *wanted;
    if (options.base_address == 0 && can_be_mapped(header))
        options.base_address = header->base;
    if (!heap_open(reading->heap, &options, reading->status))
        return false;
    if (header->data_size <= reading->heap->size_limit &&
        heap_extend_old(reading->heap, (size_t)header->data_size) != NULL)
        return true;
    status_fail(reading->status, STATUS_MEMORY,
                "%s: at offset 8: wanted at most the %zu bytes of the heap's limit, found %" PRIu64
                " bytes of data",
                reading->path, reading->heap->size_limit, header->data_size);
    heap_close(reading->heap);
    return false;
}

/* Brings the data to the heap's base: by mapping it there, by reading it, or by converting what was read. */
static bool fetch_data(struct reading *reading)
{
    const struct image_header *header = reading->header;
    uint64_t *base = reading->heap->old.base;
    size_t size = (size_t)header->data_size;
    if (reading->import != NULL) {
        image_header_convert(reading->header, reading->import, (uint64_t)(uintptr_t)base);
        return import_write(reading->import, base, header->base);
    }
    if (!can_be_mapped(header) || header->base != (uint64_t)(uintptr_t)base)
        return io_pread_all(reading->fd, base, size, image_data_offset(header)) ||
               refuse_file(reading, "cannot be read");
    void *mapping = mmap(base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, reading->fd,
                         (off_t)image_data_offset(header));
    if (mapping != (void *)base)
        return errno == ENOMEM ? status_fail(reading->status, STATUS_MEMORY,
                                             "%s: no memory to map it", reading->path)
                               : refuse_file(reading, "cannot be mapped");
    reading->mapped = true;
    return true;
}

/* --- moving to the heap's address ------------------------------------------------------------------------------------- */

/* Drops the bridges between segments. */
static void join_segments(struct reading *reading)
{
    char *base = (char *)reading->heap->old.base;
    for (size_t i = 1; i < reading->layout.count; i++) {
        const struct image_segment *segment = &reading->layout.segments[i];
        memmove(base + segment->offset - i * IMAGE_BRIDGE_SIZE, base + segment->offset,
                (size_t)segment->size);
    }
}

/* The heap's address for an address of the file, which the checker or the checksum has vouched for. */
static uint64_t moved_address(const struct reading *reading, uint64_t address)
{
    const struct image_layout *layout = &reading->layout;
    uint64_t base = (uint64_t)(uintptr_t)reading->heap->old.base;
    if (layout->count == 1)
        return address - reading->header->base + base;
    size_t low = 0;
    size_t high = layout->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (layout->segments[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    const struct image_segment *segment = &layout->segments[low];
    return base + segment->offset - low * IMAGE_BRIDGE_SIZE + (address - segment->address);
}

static void move_references(const struct reading *reading)
{
    uint64_t *at = reading->heap->old.base;
    const uint64_t *limit = reading->heap->old.limit;
    while (at < limit) {
        oop object = object_starting_at(at);
        bool free = object_class_index(object) == CLASS_INDEX_FREE;
        size_t count = free ? 0 : object_pointer_count(object);
        oop *slots = object_slots(object);
        for (size_t i = 0; i < count; i++)
            if (oop_is_object(slots[i]) && !oop_is_none(slots[i]))
                slots[i].bits = moved_address(reading, slots[i].bits);
        at = object_limit(object);
    }
}

/* --- what another collector left -------------------------------------------------------------------------------------- */

/* Reads the chain of pages, newest first, into heap->mourners, oldest first. The pages' contents are not moved yet. */
static bool take_mourners(struct reading *reading, oop queue)
{
    struct oop_list *mourners = &reading->heap->mourners;
    for (oop page = queue; !oop_same(page, reading->heap->nil) && !oop_is_none(page);) {
        size_t count = (size_t)object_slot(page, 0).bits;
        for (size_t i = count; i > 0; i--) {
            uint64_t entry = object_slot(page, MOURN_PAGE_FIRST + i - 1).bits;
            if (!oop_list_add(mourners, oop_from_bits(moved_address(reading, entry))))
                return status_fail(reading->status, STATUS_MEMORY, "%s: no memory for its mourners",
                                   reading->path);
        }
        uint64_t next = object_slot(page, MOURN_PAGE_NEXT).bits;
        bool last = next == 0 || next == reading->header->base;
        page = last ? reading->heap->nil : oop_from_bits(moved_address(reading, next));
    }
    for (size_t i = 0; i < mourners->count / 2; i++) {
        oop other = mourners->items[mourners->count - 1 - i];
        mourners->items[mourners->count - 1 - i] = mourners->items[i];
        mourners->items[i] = other;
    }
    reading->heap->mourners_arrived = mourners->count > 0;
    return true;
}

/* Empties the roots behind the class table. Nothing is written where all is as we write it. */
static bool drop_collector_roots(struct reading *reading)
{
    struct heap *heap = reading->heap;
    oop queue = object_slot(heap->hidden_roots, HIDDEN_MOURN_QUEUE);
    if (!oop_same(queue, heap->nil) && !take_mourners(reading, queue))
        return false;
    for (size_t i = HIDDEN_CLASS_PAGES; i < HIDDEN_ROOTS_COUNT; i++)
        if (!oop_same(object_slot(heap->hidden_roots, i), heap->nil))
            object_slot_init(heap->hidden_roots, i, heap->nil);
    return true;
}

static bool is_class_page(const struct heap *heap, oop object)
{
    for (size_t i = 0; i < HIDDEN_CLASS_PAGES; i++) {
        oop page = object_slot(heap->hidden_roots, i);
        if (oop_same(page, heap->nil))
            break;
        if (oop_same(page, object))
            return true;
    }
    return false;
}

/* Makes free chunks of hidden objects that nothing refers to any more, and empties the free lists. */
static void drop_hidden_objects(struct heap *heap)
{
    uint64_t *at = object_limit(heap->true_object);
    oop free_lists = object_starting_at(at);
    memset(object_slots(free_lists), 0, FREE_LISTS_COUNT * sizeof(uint64_t));
    at = object_limit(heap->hidden_roots);
    while (at < heap->old.limit) {
        oop object = object_starting_at(at);
        uint32_t class_index = object_class_index(object);
        if (class_index != CLASS_INDEX_FREE && class_index < CLASS_HIDDEN_LIMIT &&
            !is_class_page(heap, object)) {
            uint64_t header = object_header(object) & ~(HEADER_CLASS_MASK | HEADER_FORMAT_MASK);
            object_set_header(object, header | (uint64_t)FORMAT_WORDS64 << HEADER_FORMAT_SHIFT);
        }
        at = object_limit(object);
    }
}

/* Some images have immediate floats without a class for them: they get the class of the boxed ones. */
static void complete_class_table(struct heap *heap)
{
    oop page = object_slot(heap->hidden_roots, 0);
    if (dialect_is_spur(heap->dialect) && oop_same(object_slot(page, CLASS_SMALL_FLOAT), heap->nil))
        object_slot_init(page, CLASS_SMALL_FLOAT, object_slot(page, CLASS_BOXED_FLOAT));
}

/* --- all together ----------------------------------------------------------------------------------------------------- */

/* The checksum of data that is mapped, through a small buffer: reading the file again takes half the time that touching fresh
 * pages does, and leaves the mapping untouched. */
static bool check_file_hash(struct reading *reading)
{
    uint64_t buffer[HASH_BUFFER_SIZE / 8];
    XXH3_state_t *state = XXH3_createState();
    uint64_t offset = image_data_offset(reading->header);
    uint64_t left = reading->header->data_size;
    bool good = state != NULL;
    if (good)
        XXH3_64bits_reset(state);
    else
        status_fail(reading->status, STATUS_MEMORY, "%s: no memory for its checksum",
                    reading->path);
    while (good && left > 0) {
        size_t part = left < sizeof buffer ? (size_t)left : sizeof buffer;
        good = io_pread_all(reading->fd, buffer, part, offset) ||
               refuse_file(reading, "cannot be read");
        if (good)
            XXH3_64bits_update(state, buffer, part);
        offset += part;
        left -= part;
    }
    uint64_t found = good ? XXH3_64bits_digest(state) : 0;
    XXH3_freeState(state);
    const struct image_source source = {
        .path = reading->path, .header = reading->header, .data = reading->heap->old.base};
    return good && image_compare_checksum(&source, found, reading->status);
}

static bool check_data(struct reading *reading)
{
    struct image_source source = {reading->path, reading->header, reading->heap->old.base,
                                  reading->import};
    bool known = reading->trusted && image_stamp_fits(reading->fd, reading->header);
    bool intact = known             ? true
                  : reading->mapped ? check_file_hash(reading)
                                    : image_check_checksum(&source, reading->status);
    if (!intact || !image_layout_find(&reading->layout, &source, reading->status))
        return false;
    return reading->trusted ||
           image_check_objects(&source, &reading->layout, NULL, reading->status);
}

static bool adopt_data(struct reading *reading)
{
    struct heap *heap = reading->heap;
    const struct image_header *header = reading->header;
    char *base = (char *)heap->old.base;
    heap->old.limit = (uint64_t *)(void *)(base + reading->layout.objects_size);
    join_segments(reading);
    if (!reading->mapped)
        memset(heap->old.limit, 0, reading->layout.count * IMAGE_BRIDGE_SIZE);
    if (header->base != (uint64_t)(uintptr_t)base || reading->layout.count > 1)
        move_references(reading);
    heap->dialect = (enum dialect)header->dialect;
    heap_adopt_image(heap, oop_from_bits(moved_address(reading, header->special_objects)));
    heap->last_hash = (uint32_t)header->last_hash != 0 ? (uint32_t)header->last_hash : 1;
    if (!drop_collector_roots(reading))
        return false;
    if (!reading->trusted) {
        drop_hidden_objects(heap);
        complete_class_table(heap);
    }
    return true;
}

static bool fill_heap(struct reading *reading)
{
    return fetch_data(reading) && check_data(reading) && adopt_data(reading);
}

bool image_read(struct heap *heap, const struct heap_options *options, const char *path,
                enum image_trust trust, struct image_header *header, struct status *status)
{
    struct reading reading = {.heap = heap, .path = path, .header = header, .status = status};
    /* A pipe without a writer must not keep the program waiting; files never do. */
    reading.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reading.fd < 0)
        return refuse_file(&reading, "cannot be opened");
    bool good = read_header(&reading) && (!header->foreign || open_foreign(&reading));
    if (good) {
        reading.trusted = trust == IMAGE_TRUST_CHECKSUM && image_header_is_trusted(header);
        good = open_heap(&reading, options);
    }
    if (good) {
        good = fill_heap(&reading);
        if (!good)
            heap_close(heap);
    }
    image_layout_free(&reading.layout);
    import_close(reading.import);
    free(reading.foreign_bytes);
    close(reading.fd);
    return good;
}

static bool load(struct vm *vm, const char *path, enum image_trust trust, struct status *status)
{
    struct image_header *header = malloc(sizeof *header);
    if (header == NULL)
        return status_fail(status, STATUS_MEMORY, "%s: no memory for its header", path);
    if (!image_read(vm_heap(vm), vm_heap_options(vm), path, trust, header, status)) {
        free(header);
        return false;
    }
    if (vm_set_module_state(vm, IMAGE_MODULE, header, free)) {
        vm_set_image_flags(vm, header->flags);
        return true;
    }
    free(header);
    return status_fail(status, STATUS_MEMORY, "%s: no memory for its header", path);
}

bool image_load(struct vm *vm, const char *path, struct status *status)
{
    return load(vm, path, IMAGE_TRUST_CHECKSUM, status);
}

bool image_load_untrusted(struct vm *vm, const char *path, struct status *status)
{
    return load(vm, path, IMAGE_TRUST_NOTHING, status);
}
