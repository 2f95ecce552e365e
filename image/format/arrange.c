#include "image/format/arrange.h"

#include "image/format/reader.h"
#include "image/format/writer.h"
#include "vm/primitive.h"

#include <stdlib.h>
#include <string.h>

/* In this order. What is written comes before what is read only, for a page that is written to is copied. */
enum rank { FIXED, WRITTEN, USED, OTHER, RANK_COUNT };

/* nil, false, true, the free lists and the hidden roots stand first in every image. */
enum { FIXED_COUNT = 5 };

struct arranging {
    struct heap *heap;      /* of the image that is arranged */
    const struct heap *run; /* of the rehearsal */
    const uint64_t *fixed_limit;
    size_t word_count; /* of the image's objects */
    uint8_t *used;     /* by the index of an object's header */
    uint64_t *order;   /* such indices, in the order in which the rehearsal needed the objects */
    size_t used_count;
    uint64_t *moved; /* where that header goes; an index, too */
    uint64_t *words; /* the objects in their new order */
};

static size_t index_of(const struct heap *heap, oop object)
{
    return (size_t)(object_words(object) - heap->old.base);
}

static void note_used(void *context, oop object)
{
    struct arranging *arranging = context;
    size_t index = (size_t)(object_words(object) - arranging->run->old.base);
    if (object_words(object) < arranging->run->old.base || index >= arranging->word_count ||
        arranging->used[index])
        return;
    arranging->used[index] = true;
    arranging->order[arranging->used_count++] = index;
}

static bool is_reference(oop value)
{
    return oop_is_object(value) && !oop_is_none(value);
}

/* Whether the rehearsal has changed an object. Its references are to other addresses than ours. */
static bool is_written(const struct arranging *arranging, oop object)
{
    const struct heap *heap = arranging->heap;
    const uint64_t *ours = object_words(object);
    const uint64_t *theirs = arranging->run->old.base + index_of(heap, object);
    uint64_t distance =
        (uint64_t)(uintptr_t)arranging->run->old.base - (uint64_t)(uintptr_t)heap->old.base;
    size_t pointer_count = object_pointer_count(object);
    size_t word_count = (size_t)(object_limit(object) - ours);
    if (theirs[0] != ours[0])
        return true;
    for (size_t i = 1; i < word_count; i++) {
        oop value = oop_from_bits(ours[i]);
        bool refers = i <= pointer_count && is_reference(value);
        if (theirs[i] != ours[i] + (refers ? distance : 0))
            return true;
    }
    return false;
}

static enum rank rank_of(const struct arranging *arranging, oop object)
{
    if (object_words(object) < arranging->fixed_limit)
        return FIXED;
    if (object_class_index(object) == CLASS_INDEX_FREE)
        return OTHER;
    if (is_written(arranging, object))
        return WRITTEN;
    return arranging->used[index_of(arranging->heap, object)] ? USED : OTHER;
}

/* The next place for an object; answers the place behind it. */
static uint64_t give_place(struct arranging *arranging, oop object, uint64_t place)
{
    uint64_t *header = object_words(object);
    uint64_t *start = object_start(object);
    arranging->moved[index_of(arranging->heap, object)] = place + (uint64_t)(header - start);
    return place + (uint64_t)(object_limit(object) - start);
}

/* Those that are read only, in the order in which they are needed: what is read one after the other is next to one another. */
static uint64_t place_used(struct arranging *arranging, uint64_t place)
{
    for (size_t i = 0; i < arranging->used_count; i++) {
        oop object = object_at_address(arranging->heap->old.base + arranging->order[i]);
        if (rank_of(arranging, object) == USED)
            place = give_place(arranging, object, place);
    }
    return place;
}

static void find_places(struct arranging *arranging)
{
    const struct heap *heap = arranging->heap;
    uint64_t place = 0;
    for (unsigned rank = FIXED; rank < RANK_COUNT; rank++) {
        if (rank == USED) {
            place = place_used(arranging, place);
            continue;
        }
        for (uint64_t *at = heap->old.base; at < heap->old.limit;) {
            oop object = object_starting_at(at);
            at = object_limit(object);
            if (rank_of(arranging, object) == rank)
                place = give_place(arranging, object, place);
        }
    }
}

static const uint64_t *behind_fixed_objects(const struct heap *heap)
{
    uint64_t *at = heap->old.base;
    for (size_t i = 0; i < FIXED_COUNT; i++)
        at = object_limit(object_starting_at(at));
    return at;
}

static oop moved(const struct arranging *arranging, oop object)
{
    const struct heap *heap = arranging->heap;
    return object_at_address(heap->old.base + arranging->moved[index_of(heap, object)]);
}

/* Copies an object that starts at `at` to its new place, with references to new places. */
static void move_object(const struct arranging *arranging, uint64_t *at)
{
    oop object = object_starting_at(at);
    size_t pointer_count = object_pointer_count(object);
    uint64_t *header = arranging->words + arranging->moved[index_of(arranging->heap, object)];
    memcpy(header - (object_words(object) - at), at, (size_t)(object_limit(object) - at) * 8);
    if (object_class_index(object) == CLASS_INDEX_FREE)
        return;
    for (size_t i = 1; i <= pointer_count; i++) {
        oop value = oop_from_bits(header[i]);
        if (is_reference(value))
            header[i] = moved(arranging, value).bits;
    }
}

static void move_objects(struct arranging *arranging)
{
    struct heap *heap = arranging->heap;
    oop special_objects = moved(arranging, heap->special_objects);
    for (uint64_t *at = heap->old.base; at < heap->old.limit;
         at = object_limit(object_starting_at(at)))
        move_object(arranging, at);
    memcpy(heap->old.base, arranging->words, arranging->word_count * 8);
    heap_adopt_image(heap, special_objects);
}

static bool arrange(struct arranging *arranging, struct vm *vm)
{
    const struct heap *heap = arranging->heap;
    arranging->word_count = (size_t)(heap->old.limit - heap->old.base);
    arranging->fixed_limit = behind_fixed_objects(heap);
    arranging->used = calloc(arranging->word_count, sizeof *arranging->used);
    arranging->moved = calloc(arranging->word_count, sizeof *arranging->moved);
    arranging->words = malloc(arranging->word_count * sizeof *arranging->words);
    arranging->order = malloc(arranging->word_count * sizeof *arranging->order);
    bool good = arranging->used != NULL && arranging->moved != NULL && arranging->words != NULL &&
                arranging->order != NULL && vm_visit_used(vm, note_used, arranging);
    if (good) {
        find_places(arranging);
        move_objects(arranging);
    }
    free(arranging->used);
    free(arranging->order);
    free(arranging->moved);
    free(arranging->words);
    return good;
}

bool image_arrange(struct vm *vm, const char *path, const struct io *io, struct status *status)
{
    struct arranging arranging = {.run = vm_heap(vm)};
    struct heap_options options = {.base_address = 0};
    struct image_header header;
    if (arranging.run->statistics.full_collections > 0)
        return true;
    arranging.heap = malloc(sizeof *arranging.heap);
    if (arranging.heap == NULL)
        return status_fail(status, STATUS_MEMORY, "%s: no memory to arrange it", path);
    if (!image_read(arranging.heap, &options, path, IMAGE_TRUST_CHECKSUM, &header, status)) {
        free(arranging.heap);
        return false;
    }
    bool good = arrange(&arranging, vm) ||
                status_fail(status, STATUS_MEMORY, "%s: no memory to arrange it", path);
    good = good && image_rewrite(arranging.heap, &header, io, path, 0, status);
    heap_close(arranging.heap);
    free(arranging.heap);
    return good;
}
