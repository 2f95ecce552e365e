/*
 * An old block finds its temporaries in its home by their places. A home with no room for those of its method, as a damaged image
 * or a careless store may have left it, runs no block: neither by value nor by resuming.
 */
#include "image/format/reader.h"
#include "primitives/table.h"
#include "tests/unit/shared_image.h"
#include "vm/code/verify.h"
#include "vm/execution/control.h"
#include "vm/execution/send.h"
#include "vm/vivarium.h"

static struct vm *open_smalltalk_80(void)
{
    char path[SHARED_PATH_SIZE];
    struct status status = {STATUS_OK, ""};
    struct viv_options options = viv_default_options();
    shared_image("st80-v2-big-endian.image", path);
    options.primitives = viv_standard_primitives();
    options.adapt_primitives = viv_adapt_primitives;
    options.load_image = image_load;
    struct vm *vm = viv_open(path, &options, &status);
    if (vm == NULL)
        fail_msg("%s", status.sentence);
    return vm;
}

static size_t temporary_count(oop home)
{
    oop method = heap_follow(object_slot(home, SLOT_CONTEXT_METHOD));
    return (size_t)(code_header(method) >> CODE_HEADER_TEMP_SHIFT) & 63;
}

/* A copy of a context with so many slots; no more of it than fits. */
static oop copy_of(struct vm *vm, oop context, size_t slot_count)
{
    oop copy = heap_allocate_pointers(&vm->heap, object_class_index(context),
                                      FORMAT_FIXED_INDEXABLE, slot_count);
    assert_false(oop_is_none(copy));
    for (size_t i = 0; i < slot_count && i < object_slot_count(context); i++)
        heap_store(&vm->heap, copy, i, heap_follow(object_slot(context, i)));
    heap_store(&vm->heap, copy, SLOT_CONTEXT_SENDER, vm->heap.nil);
    return copy;
}

/* A copy of the block at its beginning, in a home of so many slots. */
static oop block_in_home(struct vm *vm, oop block, size_t home_size)
{
    oop home = heap_follow(object_slot(block, SLOT_BLOCK_CONTEXT_HOME));
    oop copy = copy_of(vm, block, object_slot_count(home));
    heap_store(&vm->heap, copy, SLOT_BLOCK_CONTEXT_HOME, copy_of(vm, home, home_size));
    heap_store(&vm->heap, copy, SLOT_CONTEXT_PC, object_slot(copy, SLOT_BLOCK_CONTEXT_START_PC));
    heap_store(&vm->heap, copy, SLOT_CONTEXT_STACKP,
               object_slot(copy, SLOT_BLOCK_CONTEXT_ARGUMENT_COUNT));
    return copy;
}

static prim_result value_of(struct vm *vm, oop block)
{
    oop *sp = vm->sp;
    oop *fp = vm->fp;
    size_t count = (size_t)oop_to_integer(object_slot(block, SLOT_BLOCK_CONTEXT_ARGUMENT_COUNT));
    vm_push(vm, block);
    for (size_t i = 0; i < count; i++)
        vm_push(vm, vm->heap.nil);
    prim_result result = control_block_value(vm, count);
    vm->sp = sp;
    vm->fp = fp;
    return result;
}

/* A block of the image whose method has temporaries. */
static bool is_wanted(oop object)
{
    if (object_class_index(object) != CLASS_BLOCK_CONTEXT || oop_is_none(context_home(object)))
        return false;
    oop home = context_home(object);
    return oop_is_object(heap_follow(object_slot(home, SLOT_CONTEXT_METHOD))) &&
           temporary_count(home) > 0 &&
           oop_is_integer(object_slot(object, SLOT_BLOCK_CONTEXT_ARGUMENT_COUNT));
}

static void a_home_without_room_for_temporaries_runs_no_block(void **state)
{
    (void)state;
    struct vm *vm = open_smalltalk_80();
    size_t tried = 0;
    oop blocks[20];
    for (oop object = heap_first_object(&vm->heap); !oop_is_none(object) && tried < 20;
         object = heap_next_object(&vm->heap, object))
        if (is_wanted(object))
            blocks[tried++] = object;
    assert_true(tried > 0);
    for (size_t i = 0; i < tried; i++) {
        oop home = context_home(blocks[i]);
        size_t room = SLOT_CONTEXT_FRAME + temporary_count(home);
        assert_int_equal(value_of(vm, block_in_home(vm, blocks[i], room)), PRIM_OK);
        assert_int_equal(value_of(vm, block_in_home(vm, blocks[i], room - 1)),
                         PRIM_BAD_ARGUMENT_COUNT);
        assert_true(frame_resume_context(vm, block_in_home(vm, blocks[i], room)));
        assert_false(frame_resume_context(vm, block_in_home(vm, blocks[i], room - 1)));
    }
    viv_close(vm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_home_without_room_for_temporaries_runs_no_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
