/*
 * Inline-cache cells widen from empty to one class, to four, to the VM-wide cache, and are emptied by selector; the code table
 * finds code by the identity of its method and follows it when it moves; embedded blocks share the words of their method.
 */
#include "tests/unit/code/world_fixture.h"

#include <string.h>

struct site {
    struct vm *vm;
    struct code *code;
    ic_cell *cell;
    oop receivers[6]; /* of six classes */
};

static bool bytes_are(oop object, const char *text)
{
    return oop_is_object(object) && format_is_bytes(object_format(object)) &&
           object_byte_count(object) == strlen(text) &&
           memcmp(object_bytes(object), text, strlen(text)) == 0;
}

/* A place in some method that sends printString. */
static void find_site(struct vm *vm, struct site *site)
{
    site->vm = vm;
    site->cell = NULL;
    for (oop object = heap_first_object(&vm->heap); site->cell == NULL && !oop_is_none(object);
         object = heap_next_object(&vm->heap, object)) {
        if (!is_code(object))
            continue;
        struct code *code = send_code_for(vm, object);
        assert_non_null(code);
        for (size_t i = 0; i < code->cell_count && site->cell == NULL; i++)
            if (code->cells[i].flags == 0 && bytes_are(code->cells[i].selector, "printString")) {
                site->code = code;
                site->cell = &code->cells[i];
            }
    }
    assert_non_null(site->cell);
    oop receivers[6] = {oop_from_integer(3),
                        vm->heap.nil,
                        vm->heap.true_object,
                        oop_from_character('a'),
                        heap_allocate_array(&vm->heap, 2),
                        heap_allocate_string(&vm->heap, "text", 4)};
    memcpy(site->receivers, receivers, sizeof receivers);
}

/* What the miss path does: the receiver is on the stack, as the slow instruction leaves it. */
static ic_cell *miss(struct site *site, size_t receiver)
{
    vm_push(site->vm, site->receivers[receiver]);
    ic_cell *found = send_lookup(site->vm, site->cell);
    site->vm->sp++;
    return found;
}

static bool any_cell(void *context, const ic_cell *cell)
{
    (void)context;
    (void)cell;
    return true;
}

static void a_cell_widens_from_one_class_to_four_to_all(void **state)
{
    (void)state;
    struct site site;
    find_site(open_world(), &site);
    assert_int_equal(site.cell->kind, CELL_EMPTY);

    ic_cell *found = miss(&site, 0);

    assert_non_null(found);
    assert_int_equal(site.cell->tag, oop_class_index(site.receivers[0]));
    assert_ptr_equal(site.cell->entry, found->entry);
    for (size_t count = 2; count <= POLYMORPHIC_MAX; count++) {
        found = miss(&site, count - 1);
        assert_int_equal(site.cell->kind, CELL_POLYMORPHIC);
        assert_true(site.cell->tag == CELL_TAG_NEVER);
        const struct polymorphic *polymorphic = site.cell->u.polymorphic;
        assert_int_equal(polymorphic->count, count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(polymorphic->cells[i].tag, oop_class_index(site.receivers[i]));
        assert_ptr_equal(polymorphic->cells[count - 1].entry, found->entry);
    }
    found = miss(&site, 4);
    assert_int_equal(site.cell->kind, CELL_MEGAMORPHIC);
    assert_true(site.cell->tag == CELL_TAG_NEVER);
    assert_int_equal(found->tag, oop_class_index(site.receivers[4]));
    found = miss(&site, 5);
    assert_int_equal(site.cell->kind, CELL_MEGAMORPHIC);
    assert_int_equal(found->tag, oop_class_index(site.receivers[5]));
    viv_close(site.vm);
}

static void cells_are_emptied_by_selector(void **state)
{
    (void)state;
    struct site site;
    find_site(open_world(), &site);
    struct vm *vm = site.vm;
    miss(&site, 0);
    miss(&site, 1);

    send_flush_selector(vm, oop_from_integer(7));
    assert_int_equal(site.cell->kind, CELL_POLYMORPHIC);
    send_flush_selector(vm, site.cell->selector);

    assert_int_equal(site.cell->kind, CELL_EMPTY);
    assert_int_equal(site.cell->tag, 0);
    assert_null(site.cell->u.polymorphic);
    for (size_t i = 0; i < 5; i++)
        miss(&site, i);
    assert_int_equal(site.cell->kind, CELL_MEGAMORPHIC);
    code_table_reset_cells(&vm->codes, any_cell, NULL, vm->handlers);
    assert_int_equal(site.cell->kind, CELL_EMPTY);
    miss(&site, 2);
    assert_int_equal(site.cell->tag, oop_class_index(vm->heap.true_object));
    viv_close(vm);
}

static void the_table_finds_code_by_its_method(void **state)
{
    (void)state;
    struct vm *vm = open_world();
    size_t running_count = vm->codes.count; /* the saved process has code already */
    size_t count = 0;
    for (oop object = heap_first_object(&vm->heap); !oop_is_none(object);
         object = heap_next_object(&vm->heap, object)) {
        if (!is_code(object))
            continue;
        bool known = code_table_find(&vm->codes, object, -1) != NULL;
        struct code *code = send_code_for(vm, object);
        assert_non_null(code);
        assert_int_equal(vm->codes.count, running_count + count + (known ? 0 : 1));
        assert_ptr_equal(send_code_for(vm, object), code);
        assert_ptr_equal(code_table_find(&vm->codes, object, -1), code);
        assert_null(code_table_find(&vm->codes, object, 3));
        count += known ? 0 : 1;
    }
    assert_true(count > 1000);
    assert_true(vm->codes.bucket_count >= count);
    code_table_free(&vm->codes);
    assert_int_equal(vm->codes.count, 0);
    assert_int_equal(vm->codes.size, 0);
    assert_null(code_table_find(&vm->codes, vm->heap.nil, -1));
    viv_close(vm);
}

/* A method in the older bytecode set that answers [:x | x], with the last literals of some method of the image. */
static oop make_method_with_block(struct vm *vm)
{
    static const uint8_t bytes[] = {0x8F, 0x01, 0, 2, 16, 125, 124};
    oop model = NO_OOP;
    for (oop object = heap_first_object(&vm->heap); oop_is_none(model);
         object = heap_next_object(&vm->heap, object))
        if (is_code(object) && code_literal_count(object) >= 2)
            model = object;
    oop method = heap_allocate_pointers(&vm->heap, object_class_index(model), FORMAT_CODE + 1, 4);
    object_slot_init(method, 0, oop_from_integer(2));
    for (size_t i = 1; i <= 2; i++)
        object_slot_init(method, i, object_slot(model, code_literal_count(model) - 2 + i));
    object_slot_init(method, 3, oop_from_bits(0));
    memcpy(object_bytes(method) + 24, bytes, sizeof bytes);
    return method;
}

/* A closure as that method makes it. */
static oop make_closure(struct vm *vm, oop method)
{
    oop context = heap_allocate_pointers(&vm->heap, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE,
                                         SLOT_CONTEXT_FRAME + CONTEXT_SMALL_FRAME);
    object_slot_init(context, SLOT_CONTEXT_METHOD, method);
    oop closure = heap_allocate_pointers(&vm->heap, CLASS_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE,
                                         SLOT_CLOSURE_COPIED);
    object_slot_init(closure, SLOT_CLOSURE_OUTER_CONTEXT, context);
    object_slot_init(closure, SLOT_CLOSURE_START_PC,
                     oop_from_integer(word_index_to_pc(DIALECT_SPUR, method, 4)));
    object_slot_init(closure, SLOT_CLOSURE_ARGUMENT_COUNT, oop_from_integer(1));
    return closure;
}

static void embedded_blocks_share_the_words_of_their_method(void **state)
{
    (void)state;
    struct vm *vm = open_world();
    size_t running_count = vm->codes.count;
    oop method = make_method_with_block(vm);

    struct code *block = send_code_for_embedded(vm, make_closure(vm, method));

    struct code *home = code_table_find(&vm->codes, method, -1);
    assert_non_null(home);
    assert_non_null(block);
    assert_ptr_equal(block->home, home);
    assert_ptr_equal(block->words, home->words);
    assert_ptr_equal(block->first, home->words + 4);
    assert_ptr_equal(code_table_find(&vm->codes, method, 4), block);
    assert_int_equal(block->argument_count, 1);
    assert_int_equal(home->words[4].argument, frame_temp_offset(1, 0));
    assert_int_equal(home->words[5].argument, 4);
    assert_int_equal(home->words[6].argument, 3);
    assert_int_equal(vm->codes.count, running_count + 2);
    viv_close(vm);
}

static void code_follows_its_method_and_dies_with_it(void **state)
{
    (void)state;
    struct vm *vm = open_world();
    size_t running_count = vm->codes.count;
    oop dying = make_method_with_block(vm);
    oop kept = make_method_with_block(vm);
    struct code *code = send_code_for_embedded(vm, make_closure(vm, kept));
    assert_non_null(send_code_for_embedded(vm, make_closure(vm, dying)));
    assert_int_equal(vm->codes.count, running_count + 4);
    vm->answer = kept; /* a root */

    heap_scavenge(&vm->heap);

    assert_false(oop_same(vm->answer, kept));
    assert_true(oop_same(code->method, vm->answer));
    assert_ptr_equal(code_table_find(&vm->codes, vm->answer, 4), code);
    assert_int_equal(vm->codes.count, running_count + 2);
    size_t size = vm->codes.size;
    heap_collect_full(&vm->heap, true);
    assert_ptr_equal(code_table_find(&vm->codes, vm->answer, 4), code);
    vm->answer = vm->heap.nil;
    heap_collect_full(&vm->heap, true);
    assert_int_equal(vm->codes.count, running_count);
    assert_true(vm->codes.size < size);
    viv_close(vm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_widens_from_one_class_to_four_to_all),
        cmocka_unit_test(cells_are_emptied_by_selector),
        cmocka_unit_test(the_table_finds_code_by_its_method),
        cmocka_unit_test(embedded_blocks_share_the_words_of_their_method),
        cmocka_unit_test(code_follows_its_method_and_dies_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
