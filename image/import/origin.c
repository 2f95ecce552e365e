/* Where in a foreign file is what became a byte of the 64-bit data. */
#include "image/import/frames.h"
#include "image/import/widen.h"
#include "vm/object/known.h"

/* For an entry of a class table that the reader made: its class, or what the class table was made from. */
static uint64_t origin_of_entry(const struct widening *widening, uint64_t offset)
{
    const struct foreign_image *image = widening->image;
    uint64_t page_size = object_size_for_slots(CLASS_PAGE_SLOTS);
    uint64_t inside = offset - widening->pages_offset;
    uint64_t start = page_size - CLASS_PAGE_SLOTS * sizeof(uint64_t);
    if (offset < widening->pages_offset || inside % page_size < start)
        return image->roots_offset;
    uint64_t entry = inside / page_size * CLASS_PAGE_SLOTS + (inside % page_size - start) / 8;
    uint32_t number = entry < image->class_count ? image->classes[entry] : FOREIGN_NONE;
    return number == FOREIGN_NONE ? image->roots_offset : image->objects[number].offset;
}

/* For what lies between true and the fourth object: lists, roots and pages of the class table. */
static uint64_t origin_of_hidden(const struct widening *widening, uint64_t offset)
{
    const struct foreign_image *image = widening->image;
    uint64_t page_size = object_size_for_slots(CLASS_PAGE_SLOTS);
    uint64_t roots = widening->pages_offset - (uint64_t)HIDDEN_ROOTS_COUNT * 8 - 8;
    uint64_t page =
        offset >= widening->pages_offset ? (offset - widening->pages_offset) / page_size : 0;
    uint64_t start = roots;
    uint64_t origin = image->roots_offset;
    if (image->page_offsets == NULL)
        return origin_of_entry(widening, offset);
    if (offset >= widening->pages_offset && page < image->class_count / CLASS_PAGE_SLOTS) {
        start = widening->pages_offset + page * page_size + 8;
        origin = image->page_offsets[page];
    }
    if (offset < roots)
        return image->lists_offset;
    return offset < start + 8 ? origin : origin + 8 + (offset - start - 8) / 2;
}

uint64_t widen_origin(const struct widening *widening, uint64_t offset)
{
    const struct foreign_image *image = widening->image;
    uint32_t low = 0;
    uint32_t high = widening->placed_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (image->objects[widening->placed[middle]].becomes <= offset)
            low = middle;
        else
            high = middle;
    }
    const struct foreign_object *object = &image->objects[widening->placed[low]];
    uint64_t inside = offset - object->becomes;
    uint64_t size = object_size_for_slots((size_t)widened_slot_count(image, object));
    if (low == 2 && inside >= size)
        return origin_of_hidden(widening, offset);
    if (inside < 8 || inside >= size)
        return object->offset;
    uint64_t pointers = object->format <= FORMAT_EPHEMERON ? object->count
                        : object->format == FORMAT_CODE    ? code_pointer_count(image, object)
                                                           : 0;
    uint64_t body = inside - 8;
    body = body < pointers * 8 ? body / 2 : body - pointers * 4;
    return foreign_offset(image, object, object->body + body);
}
