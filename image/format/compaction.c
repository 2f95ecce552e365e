#include "image/format/compaction.h"

#include "image/format/reader.h"
#include "image/format/writer.h"

#include <stdlib.h>

/* Pinned objects are marked by another bit, which nothing looks at, while the collector may move them. */
static void unpin_all(struct heap *heap)
{
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object))
        if (object_is_pinned(object))
            object_set_header(object, (object_header(object) & ~HEADER_PINNED) | HEADER_GREY);
}

static void pin_again(struct heap *heap)
{
    for (oop object = heap_first_object(heap); !oop_is_none(object);
         object = heap_next_object(heap, object))
        if ((object_header(object) & HEADER_GREY) != 0)
            object_set_header(object, (object_header(object) & ~HEADER_GREY) | HEADER_PINNED);
}

bool image_compact(const char *from, const char *to, const struct io *io, unsigned keep,
                   struct image_compaction *compaction, struct status *status)
{
    struct heap *heap = malloc(sizeof *heap);
    struct heap_options options = {.base_address = 0};
    struct image_header header;
    *compaction = (struct image_compaction){.written = false};
    if (heap == NULL)
        return status_fail(status, STATUS_MEMORY, "%s: no memory to read it", from);
    if (!image_read(heap, &options, from, IMAGE_TRUST_NOTHING, &header, status)) {
        free(heap);
        return false;
    }
    compaction->objects_before = heap_object_count(heap);
    compaction->size_before = image_data_offset(&header) + header.data_size;
    unpin_all(heap);
    heap_collect_full(heap, true);
    pin_again(heap);
    compaction->objects_after = heap_object_count(heap);
    compaction->size_after = image_written_size(heap);
    bool good = true;
    compaction->written = !header.ours || compaction->size_after != compaction->size_before ||
                          compaction->objects_after != compaction->objects_before ||
                          !io_is_same_file(from, to);
    if (compaction->written)
        good = image_rewrite(heap, &header, io, to, keep, status);
    heap_close(heap);
    free(heap);
    return good;
}
