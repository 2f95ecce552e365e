#include "image/import/frames.h"

#include "vm/code/verify.h"
#include "vm/object/known.h"
#include "vm/object/object.h"

#include <stdlib.h>

/* A code object as the verifier wants it: literals that are objects stand for their numbers. */
struct widened_code {
    uint64_t *slots;
    size_t room; /* words */
    struct code_scratch scratch;
};

int64_t widened_code_header(const struct foreign_image *image, const struct foreign_object *code)
{
    int32_t header = (int32_t)foreign_slot(code, 0) >> 1;
    if (image->dialect == DIALECT_V3)
        return v3_code_header_to_spur(header);
    int64_t widened = (header & 0x3FFFFFFF) | (int64_t)((uint64_t)code->header_high << 32);
    if (code->needs_large_frame)
        widened |= CODE_HEADER_LARGE_FRAME;
    return header < 0 ? widened + SMALL_INTEGER_MIN : widened;
}

bool code_is_whole(const struct foreign_image *image, const struct foreign_object *code)
{
    return code->count >= 4 && (foreign_slot(code, 0) & 1) != 0 &&
           code_pointer_count(image, code) * 4 <= code->count;
}

static void view_literal(const void *context, uint64_t literal, struct literal_view *view)
{
    const struct foreign_image *image = context;
    if ((literal & TAG_MASK) != TAG_OBJECT)
        return;
    const struct foreign_object *object = &image->objects[literal >> 3];
    view->is_object = true;
    view->is_code = object->format == FORMAT_CODE;
    view->pointer_count = object->format <= FORMAT_EPHEMERON ? (size_t)object->count : 0;
    view->code_header =
        view->is_code && code_is_whole(image, object) ? widened_code_header(image, object) : 0;
}

static bool widen_code(struct widened_code *wide, const struct foreign_image *image,
                       const struct foreign_object *code)
{
    uint64_t pointers = code_pointer_count(image, code);
    uint64_t byte_count = code->count + pointers * 4;
    size_t words = (size_t)(byte_count + 7) / 8;
    if (words > wide->room) {
        free(wide->slots);
        wide->room = words * 2;
        wide->slots = malloc(wide->room * sizeof *wide->slots);
        if (wide->slots == NULL)
            return false;
    }
    for (uint64_t i = 1; i < pointers; i++) {
        uint32_t number = foreign_object_of(image, foreign_slot(code, i));
        wide->slots[i] = number == FOREIGN_NONE ? TAG_INTEGER : (uint64_t)number << 3;
    }
    memcpy(wide->slots + pointers, code->body + pointers * 4, (size_t)(code->count - pointers * 4));
    return true;
}

/* Whether the verifier takes the code with the header it has now. */
static bool fits(struct widened_code *wide, const struct foreign_image *image,
                 const struct foreign_object *code)
{
    struct code_facts facts;
    struct code_fault fault;
    struct code_source source = {
        .slots = wide->slots,
        .byte_count = (size_t)(code->count + code_pointer_count(image, code) * 4),
        .instance_variable_limit = SIZE_MAX,
        .view_literal = view_literal,
        .context = image,
    };
    wide->slots[0] = oop_from_integer(widened_code_header(image, code)).bits;
    return code_verify(&source, &wide->scratch, &facts, &fault);
}

static bool find_large_frame(struct widened_code *wide, const struct foreign_image *image,
                             struct foreign_object *code)
{
    if (!code_is_whole(image, code) ||
        (widened_code_header(image, code) & CODE_HEADER_LARGE_FRAME) != 0)
        return true;
    if (!widen_code(wide, image, code))
        return false;
    if (fits(wide, image, code))
        return true;
    code->needs_large_frame = true;
    code->needs_large_frame = fits(wide, image, code);
    return true;
}

static void mark_context(const struct foreign_image *image, struct foreign_object *context)
{
    if (context->class_index != CLASS_CONTEXT || context->format != FORMAT_FIXED_INDEXABLE ||
        context->count <= SLOT_CONTEXT_METHOD)
        return;
    uint32_t method = foreign_object_of(image, foreign_slot(context, SLOT_CONTEXT_METHOD));
    context->needs_large_frame = method != FOREIGN_NONE &&
                                 image->objects[method].format == FORMAT_CODE &&
                                 image->objects[method].needs_large_frame;
}

bool find_large_frames(struct foreign_image *image)
{
    struct widened_code wide = {0};
    bool good = true;
    if (!dialect_is_spur(image->dialect))
        return true;
    for (uint32_t i = 0; good && i < image->object_count; i++)
        if (image->objects[i].format == FORMAT_CODE)
            good = find_large_frame(&wide, image, &image->objects[i]);
    for (uint32_t i = 0; i < image->object_count; i++)
        mark_context(image, &image->objects[i]);
    free(wide.slots);
    code_scratch_free(&wide.scratch);
    return good || foreign_refuse_memory(image);
}
