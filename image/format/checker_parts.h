/*
 * What the parts of the checker share; for checker.c and check_*.c only.
 *
 * The order matters: check_walk finds the objects, check_class_table the classes, and only then may the others follow
 * references, each of which goes through checker_reference.
 */
#ifndef VIV_IMAGE_FORMAT_CHECKER_PARTS_H
#define VIV_IMAGE_FORMAT_CHECKER_PARTS_H

#include "image/format/checker.h"
#include "vm/code/verify.h"
#include "vm/object/known.h"
#include "vm/object/object.h"

struct checked_class {
    uint64_t offset; /* NO_CLASS for an empty entry */
    int64_t format;
    int kind; /* enum process_kind, once check_processes needs it */
};

#define NO_CLASS UINT64_MAX

enum code_state { CODE_OWN, CODE_IN_PROGRESS, CODE_WITH_BLOCKS };

/* Verified code and the instance variables it needs: its own at first, then with the blocks inside it. */
struct checked_code {
    uint64_t offset;
    size_t needed;
    enum code_state state;
};

struct checker {
    const struct image_source *source;
    const struct image_layout *layout;
    struct status *status;
    uint64_t *starts; /* a bit a word of data: an object of the image begins its header here */
    uint64_t *
        hidden_starts; /* the same for hidden objects, class index below CLASS_HIDDEN_LIMIT; free chunks are in neither */
    uint64_t *good_classes; /* the same for objects found to be classes */
    struct checked_class *classes;
    uint64_t class_limit;
    uint64_t nil;              /* address */
    uint64_t first[5];         /* offsets of nil, false, true, free lists, hidden roots */
    struct checked_code *code; /* by ascending offset */
    size_t code_count, code_capacity;
    struct code_scratch scratch;
    uint64_t
        scratch_code; /* offset of the code that the scratch describes, for contexts and closures; NO_CLASS at first */
    struct image_census census;
};

static inline enum dialect checker_dialect(const struct checker *checker)
{
    return (enum dialect)checker->source->header->dialect;
}

static inline bool checker_bit(const uint64_t *bits, uint64_t offset)
{
    return (bits[offset / 512] >> (offset / 8 % 64) & 1) != 0;
}

static inline void checker_set_bit(uint64_t *bits, uint64_t offset)
{
    bits[offset / 512] |= (uint64_t)1 << (offset / 8 % 64);
}

/* Offset of the object that an oop refers to; false for immediates and for what is no object of the image. */
bool checker_reference(const struct checker *checker, uint64_t value, uint64_t *offset);

/* The same, giving the object. */
bool checker_object(const struct checker *checker, uint64_t value, struct image_object *object);

/* Whether value is nil, or a reference to an object whose class index is the one given. */
bool checker_is_nil(const struct checker *checker, uint64_t value);

/* The next object of the image at or after *offset, passing over hidden objects and chunks; moves *offset behind it. */
bool checker_next(const struct checker *checker, uint64_t *offset, struct image_object *object);

bool check_class_table(struct checker *checker);
bool check_class(struct checker *checker, uint64_t offset);
bool check_methods_of_classes(struct checker *checker);
bool check_code(struct checker *checker, const struct image_object *code);
bool check_context(struct checker *checker, const struct image_object *context);
bool check_block_closure(struct checker *checker, const struct image_object *closure);
bool check_full_closure(struct checker *checker, const struct image_object *closure);
bool check_special_objects(struct checker *checker);
bool check_processes(struct checker *checker);
bool check_hidden_roots(struct checker *checker);

/* Instance variables that code, with the blocks inside it, needs its receiver to have. */
bool checker_needed_instance_variables(struct checker *checker, const struct image_object *code,
                                       size_t *count);

#endif
