/* Each rule of the checker refuses the damage it is for, with its own sentence; images without damage pass. */
#include "image/format/describe.h"
#include "tests/unit/format/tiny_image.h"
#include "tests/unit/shared_image.h"

struct fixture {
    struct tiny_image image;
    struct image_description description;
    struct status status;
};

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    tiny_begin(&fixture->image);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    free(*state);
    return 0;
}

static bool check(struct fixture *fixture)
{
    fixture->status.code = STATUS_OK;
    fixture->status.sentence[0] = '\0';
    return image_check_bytes("tiny.image", (const uint8_t *)fixture->image.file,
                             tiny_file_size(&fixture->image), &fixture->description,
                             &fixture->status);
}

static void assert_sentence(struct fixture *fixture, const char *wanted)
{
    if (strstr(fixture->status.sentence, wanted) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fixture->status.sentence, wanted);
    assert_int_equal(fixture->status.code, STATUS_IMAGE);
    assert_non_null(strstr(fixture->status.sentence, "tiny.image: at offset "));
}

/* Finishes the image, sees it pass, puts a word somewhere, sees it refused with that sentence. */
static void assert_refused(struct fixture *fixture, uint64_t *word, uint64_t value,
                           const char *wanted)
{
    uint64_t before = *word;
    *word = value;
    assert_false(check(fixture));
    assert_sentence(fixture, wanted);
    *word = before;
    if (!check(fixture))
        fail_msg("%s", fixture->status.sentence);
}

static void finish(struct fixture *fixture)
{
    tiny_finish(&fixture->image);
    if (!check(fixture))
        fail_msg("%s", fixture->status.sentence);
}

static void the_smallest_image_passes(void **state)
{
    struct fixture *fixture = *state;

    finish(fixture);

    assert_true(fixture->description.checked);
    assert_int_equal(fixture->description.census.methods, 1);
    assert_int_equal(fixture->description.census.contexts, 1);
    assert_int_equal(fixture->description.census.classes, 24);
}

static void an_object_must_end_inside_its_segment(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint64_t *header = tiny_word(&fixture->image, fixture->image.specials);

    assert_refused(fixture, header, header_make(CLASS_ARRAY, FORMAT_INDEXABLE, 200),
                   "wanted an object that ends before its segment");
}

static void an_overflow_count_must_be_followed_by_its_header(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint64_t *overflow = tiny_word(&fixture->image, fixture->image.roots - 8);

    assert_refused(fixture, overflow, (uint64_t)OVERFLOW_SLOTS << HEADER_SLOTS_SHIFT | 3,
                   "wanted an overflow count of at least 255");
}

static void a_format_must_exist(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint64_t *header = tiny_word(&fixture->image, fixture->image.list);

    for (unsigned format = 6; format <= 8; format++)
        assert_refused(fixture, header, header_make(TINY_FIXED4, format, 4),
                       "wanted an object format");
}

static void unused_elements_must_fit_in_the_slots(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint64_t *header = tiny_word(&fixture->image, fixture->image.selector);

    assert_refused(fixture, header, header_make(CLASS_BYTE_STRING, FORMAT_BYTES + 5, 0),
                   "wanted a slot to leave elements unused in");
}

static void marks_of_the_collector_are_refused(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint64_t *header = tiny_word(&fixture->image, fixture->image.list);

    assert_refused(fixture, header, *header | HEADER_REMEMBERED, "without marks");
    assert_refused(fixture, header, *header | HEADER_GREY, "without marks");
    assert_refused(fixture, header, *header | (uint64_t)1 << 55, "without marks");
}

static void forwarders_and_reserved_indices_are_refused(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint64_t *header = tiny_word(&fixture->image, fixture->image.list);

    assert_refused(fixture, header, header_make(CLASS_INDEX_FORWARDED, FORMAT_FIXED, 4),
                   "wanted a class index of an object in a file");
    assert_refused(fixture, header, header_make(31, FORMAT_FIXED, 4),
                   "wanted a class index of an object");
}

static void the_first_five_objects_have_their_places(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);

    assert_refused(fixture, tiny_word(image, 0), header_make(TINY_FIXED4, FORMAT_FIXED, 1),
                   "wanted nil");
    assert_refused(fixture, tiny_word(image, 48),
                   header_make(CLASS_HIDDEN_WORDS64, FORMAT_WORDS32, 64), "wanted the free lists");
    assert_refused(fixture, tiny_word(image, image->roots),
                   header_make(CLASS_HIDDEN_ARRAY + 1, FORMAT_INDEXABLE, OVERFLOW_SLOTS),
                   "wanted the hidden roots");
}

static void a_class_index_must_be_in_the_class_table(void **state)
{
    struct fixture *fixture = *state;
    finish(fixture);
    uint64_t *header = tiny_word(&fixture->image, fixture->image.list);

    assert_refused(fixture, header, header_make(900, FORMAT_FIXED, 4),
                   "that is in the class table");
    assert_refused(fixture, header, header_make(5000, FORMAT_FIXED, 4),
                   "that is in the class table");
}

static void an_instance_must_be_as_its_class_says(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t words = tiny_add(image, TINY_WORDS64, FORMAT_WORDS64, 4);
    finish(fixture);

    assert_refused(fixture, tiny_word(image, words), header_make(TINY_FIXED4, FORMAT_WORDS64, 4),
                   "wanted an object as its class describes it");
    assert_refused(fixture, tiny_word(image, words),
                   header_make(CLASS_BYTE_ARRAY, FORMAT_WORDS64, 4),
                   "wanted an object as its class describes it");
    assert_refused(fixture, tiny_slot(image, image->classes[TINY_FIXED4], SLOT_BEHAVIOR_FORMAT),
                   tiny_integer(FORMAT_FIXED << 16 | 9),
                   "wanted an object as its class describes it");
}

static void an_ephemeron_must_have_a_key(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t ephemeron = tiny_add(image, TINY_EPHEMERON, FORMAT_EPHEMERON, 1);
    finish(fixture);

    assert_refused(fixture, tiny_word(image, ephemeron),
                   header_make(TINY_EPHEMERON, FORMAT_EPHEMERON, 0),
                   "wanted an object as its class describes it");
}

static void an_ephemeron_that_fired_is_an_ordinary_object(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t ephemeron = tiny_add(image, TINY_EPHEMERON, FORMAT_FIXED, 1);
    finish(fixture);

    assert_refused(fixture, tiny_word(image, ephemeron),
                   header_make(TINY_EPHEMERON, FORMAT_INDEXABLE, 1),
                   "wanted an object as its class describes it");
}

static void a_slot_must_hold_an_oop(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    uint64_t *slot = tiny_slot(image, image->list, 3);
    static const uint64_t no_oops[] = {
        0, 3, 5, 7, 0x100008, 8, UINT64_MAX - 7, (uint64_t)1 << 40 | 2};

    for (size_t i = 0; i < sizeof no_oops / sizeof no_oops[0]; i++)
        assert_refused(fixture, slot, no_oops[i],
                       "wanted an immediate or the address of an object");
    assert_refused(fixture, slot, tiny_oop(image->roots),
                   "wanted an immediate or the address of an object");
    *slot = oop_from_character(0x10FFFF).bits;
    assert_true(check(fixture));
    *slot = oop_from_float(2.5).bits;
    assert_true(check(fixture));
}

static void a_reference_to_a_free_chunk_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t chunk = tiny_add(image, CLASS_INDEX_FREE, FORMAT_WORDS64, 3);
    finish(fixture);

    assert_int_equal(fixture->description.census.free_size, 32);
    assert_refused(fixture, tiny_slot(image, image->list, 3), tiny_oop(chunk),
                   "wanted an immediate or the address of an object");
}

static void an_immediate_float_needs_a_class(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    *tiny_slot(image, image->list, 3) = oop_from_float(2.5).bits;
    *tiny_slot(image, image->page, CLASS_SMALL_FLOAT) = tiny_oop(image->nil);
    assert_true(check(fixture));

    assert_refused(fixture, tiny_slot(image, image->page, CLASS_BOXED_FLOAT), tiny_oop(image->nil),
                   "wanted an immediate or the address of an object");
}

static void the_class_table_must_have_its_shape(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    uint64_t *first = tiny_slot(image, image->roots, 0);
    uint64_t *entry = tiny_slot(image, image->page, 100);

    assert_refused(fixture, first, tiny_oop(image->specials), "wanted a page of the class table");
    assert_refused(fixture, first, tiny_oop(image->nil), "wanted a");
    assert_refused(fixture, tiny_slot(image, image->roots, 2), tiny_oop(image->page),
                   "wanted nil after the last page");
    assert_refused(fixture, entry, 0, "wanted a class or nil in the class table");
    assert_refused(fixture, entry, tiny_oop(image->list), "wanted a class: ");
    assert_refused(fixture, tiny_word(image, image->classes[TINY_WEAK]),
                   header_make(TINY_CLASS, FORMAT_FIXED, 3) | (uint64_t)77 << HEADER_HASH_SHIFT,
                   "wanted a class whose hash is its index");
}

static void classes_that_the_vm_uses_must_be_there_and_fit(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, image->page, CLASS_MESSAGE), tiny_oop(image->nil),
                   "index 35 that could be Message");
    assert_refused(fixture, tiny_slot(image, image->classes[CLASS_CONTEXT], SLOT_BEHAVIOR_FORMAT),
                   tiny_integer(FORMAT_FIXED_INDEXABLE << 16 | 2),
                   "index 36 that could be Context");
}

static void superclasses_must_be_classes_and_end(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    uint64_t *a = tiny_slot(image, image->classes[TINY_FIXED4], SLOT_BEHAVIOR_SUPERCLASS);
    uint64_t *b = tiny_slot(image, image->classes[TINY_CODE], SLOT_BEHAVIOR_SUPERCLASS);

    assert_refused(fixture, a, tiny_integer(1), "wanted a superclass");
    assert_refused(fixture, a, tiny_oop(image->list), "wanted a class: ");
    *a = tiny_oop(image->classes[TINY_CODE]);
    assert_refused(fixture, b, tiny_oop(image->classes[TINY_CODE]), "a chain of them that ends");
    assert_refused(fixture, b, tiny_oop(image->classes[TINY_FIXED4]),
                   "a superclass without more instance variables than the class has");
}

static void a_method_dictionary_must_have_its_shape(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t odd = tiny_add(image, TINY_DICTIONARY, FORMAT_FIXED_INDEXABLE, 5);
    finish(fixture);
    uint64_t *dictionary =
        tiny_slot(image, image->classes[TINY_FIXED4], SLOT_BEHAVIOR_METHOD_DICTIONARY);

    assert_refused(fixture, dictionary, tiny_oop(image->list), "wanted a method dictionary");
    assert_refused(fixture, dictionary, tiny_oop(odd), "wanted a method dictionary");
    assert_refused(fixture, tiny_slot(image, image->dictionary, SLOT_METHOD_DICTIONARY_VALUES),
                   tiny_oop(image->lists), "wanted a method dictionary");
    assert_refused(fixture, tiny_slot(image, image->dictionary, SLOT_METHOD_DICTIONARY_KEYS),
                   tiny_integer(3), "wanted a selector or nil");
}

static void a_method_must_pass_the_verifier(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    uint8_t *code = (uint8_t *)tiny_slot(image, image->method, 2);

    code[1] = 65; /* push temporary 1 */
    assert_false(check(fixture));
    assert_sentence(fixture, "wanted a temporary that the frame has");
    code[1] = 64;
    assert_true(check(fixture));
    assert_refused(fixture, tiny_slot(image, image->method, 0), tiny_integer(INT64_MIN / 8 + 500),
                   "wanted the header of a compiled method");
    assert_refused(fixture, tiny_slot(image, image->method, 0), tiny_oop(image->nil),
                   "wanted the header of a compiled method");
}

static void an_installed_method_must_not_read_beyond_its_class(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    uint8_t *code = (uint8_t *)tiny_slot(image, image->method, 2);
    *tiny_slot(image, image->process, SLOT_PROCESS_SUSPENDED_CONTEXT) = tiny_oop(image->context);
    *tiny_slot(image, image->context, SLOT_CONTEXT_RECEIVER) = tiny_oop(image->list);

    code[1] = 3; /* push instance variable 3: the last */
    assert_true(check(fixture));
    code[1] = 4;
    assert_false(check(fixture));
    assert_sentence(fixture, "wanted a method that reads instance variables of its class");
}

static void a_super_send_must_know_its_class(void **state)
{
    static const uint8_t super_send[] = {76, 235, 0,
                                         92}; /* push self; super send literal 0; return top */
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t association = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    *tiny_slot(image, association, SLOT_ASSOCIATION_VALUE) = tiny_oop(image->classes[TINY_FIXED4]);
    uint64_t method = tiny_add_method(image, 2, 0, super_send, sizeof super_send);
    *tiny_slot(image, method, 1) = tiny_oop(image->selector);
    *tiny_slot(image, method, 2) = tiny_oop(association);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, association, SLOT_ASSOCIATION_VALUE),
                   tiny_oop(image->nil), "wanted a class: ");
    assert_refused(fixture, tiny_slot(image, association, SLOT_ASSOCIATION_VALUE), tiny_integer(1),
                   "wanted a last literal that leads to the class");
}

static void a_context_must_be_able_to_go_on(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    uint64_t context = image->context;

    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_PC), tiny_integer(20),
                   "wanted a pc");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_PC), tiny_integer(-1),
                   "wanted a pc");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_PC), tiny_oop(image->list),
                   "wanted a pc");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_STACKP), tiny_integer(17),
                   "wanted a stack that fits");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_STACKP), tiny_integer(3),
                   "wanted the stack that the method has");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_STACKP), tiny_integer(0),
                   "wanted the stack that the method has");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_METHOD), tiny_oop(image->list),
                   "wanted a method that is compiled code");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_SENDER), tiny_integer(1),
                   "wanted a sender");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_CLOSURE), tiny_oop(image->list),
                   "wanted the closure whose code the context runs");
    assert_refused(fixture, tiny_slot(image, image->method, 0),
                   *tiny_slot(image, image->method, 0) | (uint64_t)CODE_HEADER_LARGE_FRAME << 3,
                   "wanted a method whose frame fits");
}

static void a_receiver_must_have_what_the_code_reads(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);
    uint8_t *code = (uint8_t *)tiny_slot(image, image->method, 2);
    uint64_t *receiver = tiny_slot(image, image->context, SLOT_CONTEXT_RECEIVER);
    code[1] = 3;
    *receiver = tiny_oop(image->list);

    assert_refused(fixture, receiver, tiny_integer(3),
                   "wanted a receiver with the instance variables");
    assert_refused(fixture, receiver, tiny_oop(image->selector),
                   "wanted a receiver with the instance variables");
}

static void a_full_closure_must_fit_its_code(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t closure = tiny_add(image, CLASS_FULL_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 5);
    *tiny_slot(image, closure, SLOT_CLOSURE_CODE) = tiny_oop(image->method);
    *tiny_slot(image, closure, SLOT_CLOSURE_ARGUMENT_COUNT) = tiny_integer(0);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, closure, SLOT_CLOSURE_ARGUMENT_COUNT), tiny_integer(1),
                   "wanted the arguments and copied values");
    assert_refused(fixture, tiny_slot(image, closure, SLOT_CLOSURE_CODE), tiny_oop(image->list),
                   "wanted compiled code of a block");
    assert_refused(fixture, tiny_slot(image, closure, SLOT_CLOSURE_OUTER_CONTEXT),
                   tiny_oop(image->list), "wanted an outer context");
}

static void an_embedded_closure_must_begin_at_its_block(void **state)
{
    /* A closure of one argument and no copied values: push temporary 0, block return; then return top. */
    static const uint8_t code[] = {250, 1, 2, 64, 94, 92};
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t method = tiny_add_method(image, 0, 0, code, sizeof code);
    uint64_t outer = tiny_add(image, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    *tiny_slot(image, outer, SLOT_CONTEXT_METHOD) = tiny_oop(method);
    uint64_t closure = tiny_add(image, CLASS_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 3);
    *tiny_slot(image, closure, SLOT_CLOSURE_OUTER_CONTEXT) = tiny_oop(outer);
    *tiny_slot(image, closure, SLOT_CLOSURE_START_PC) = tiny_integer(8 + 3 + 1);
    *tiny_slot(image, closure, SLOT_CLOSURE_ARGUMENT_COUNT) = tiny_integer(1);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, closure, SLOT_CLOSURE_START_PC),
                   tiny_integer(8 + 3 + 2), "wanted the beginning of a block");
    assert_refused(fixture, tiny_slot(image, closure, SLOT_CLOSURE_ARGUMENT_COUNT), tiny_integer(0),
                   "wanted the beginning of a block");
    assert_refused(fixture, tiny_slot(image, closure, SLOT_CLOSURE_OUTER_CONTEXT),
                   tiny_oop(image->nil), "wanted an outer context");
}

static void a_block_context_must_have_the_closure_of_its_block(void **state)
{
    static const uint8_t code[] = {
        250, 0, 2, 76, 94, 92}; /* embedded block of no arguments: push self, return it */
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t method = tiny_add_method(image, 0, 0, code, sizeof code);
    uint64_t outer = tiny_add(image, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    uint64_t closure = tiny_add(image, CLASS_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 3);
    uint64_t context = tiny_add(image, CLASS_CONTEXT, FORMAT_FIXED_INDEXABLE, 22);
    *tiny_slot(image, outer, SLOT_CONTEXT_METHOD) = tiny_oop(method);
    *tiny_slot(image, closure, SLOT_CLOSURE_OUTER_CONTEXT) = tiny_oop(outer);
    *tiny_slot(image, closure, SLOT_CLOSURE_START_PC) = tiny_integer(8 + 3 + 1);
    *tiny_slot(image, closure, SLOT_CLOSURE_ARGUMENT_COUNT) = tiny_integer(0);
    *tiny_slot(image, context, SLOT_CONTEXT_METHOD) = tiny_oop(method);
    *tiny_slot(image, context, SLOT_CONTEXT_PC) = tiny_integer(8 + 4 + 1);
    *tiny_slot(image, context, SLOT_CONTEXT_STACKP) = tiny_integer(1);
    *tiny_slot(image, context, SLOT_CONTEXT_CLOSURE) = tiny_oop(closure);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_CLOSURE), tiny_oop(image->nil),
                   "wanted the closure whose code the context runs");
    assert_refused(fixture, tiny_slot(image, context, SLOT_CONTEXT_PC), tiny_integer(8 + 5 + 1),
                   "wanted the closure whose code the context runs");
    assert_refused(fixture, tiny_slot(image, outer, SLOT_CONTEXT_CLOSURE), tiny_oop(closure),
                   "wanted outer contexts that end");
}

static void blocks_must_not_contain_themselves(void **state)
{
    static const uint8_t code[] = {88};
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t block = tiny_add_method(image, 2, 0, code, sizeof code);
    uint64_t closure = tiny_add(image, CLASS_FULL_BLOCK_CLOSURE, FORMAT_FIXED_INDEXABLE, 4);
    *tiny_slot(image, closure, SLOT_CLOSURE_CODE) = tiny_oop(block);
    *tiny_slot(image, closure, SLOT_CLOSURE_ARGUMENT_COUNT) = tiny_integer(0);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, block, 1), tiny_oop(block),
                   "wanted blocks nested at most 64 deep");
}

static void special_objects_must_be_of_their_kinds(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, image->specials, SPECIAL_TRUE), tiny_oop(0),
                   "wanted nil, false and true");
    assert_refused(fixture, tiny_slot(image, image->specials, SPECIAL_CLASS_ARRAY),
                   tiny_oop(image->nil), "wanted a class");
    assert_refused(fixture, tiny_slot(image, image->specials, SPECIAL_TIMER_SEMAPHORE),
                   tiny_oop(image->list), "wanted a Semaphore");
    assert_refused(fixture, tiny_slot(image, image->specials, SPECIAL_SELECTOR_CANNOT_RETURN),
                   tiny_oop(image->list), "wanted a selector");
    assert_refused(fixture, tiny_slot(image, image->specials, SPECIAL_EXTERNAL_OBJECTS),
                   tiny_oop(image->selector), "wanted an Array");
    assert_refused(fixture, tiny_slot(image, image->specials, SPECIAL_SPECIAL_SELECTORS),
                   tiny_oop(image->lists), "wanted 32 special selectors");
    fixture->image.header.special_objects = tiny_oop(image->lists);
    tiny_write_header(image);
    assert_false(check(fixture));
    assert_sentence(fixture, "wanted the address of an Array of at least 58 special objects");
}

static void processes_must_be_listed_and_resumable(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t second = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    *tiny_slot(image, second, SLOT_PROCESS_SUSPENDED_CONTEXT) = tiny_oop(image->context);
    *tiny_slot(image, second, SLOT_PROCESS_PRIORITY) = tiny_integer(40);
    *tiny_slot(image, image->list, SLOT_LIST_FIRST) = tiny_oop(second);
    *tiny_slot(image, image->list, SLOT_LIST_LAST) = tiny_oop(second);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, second, SLOT_LINK_NEXT), tiny_oop(second),
                   "wanted a list of processes that ends");
    assert_refused(fixture, tiny_slot(image, image->list, SLOT_LIST_LAST), tiny_oop(image->nil),
                   "wanted the last process");
    assert_refused(fixture, tiny_slot(image, image->context, SLOT_CONTEXT_SENDER),
                   tiny_oop(image->context), "senders that end");
    assert_refused(fixture, tiny_slot(image, image->context, SLOT_CONTEXT_PC), tiny_oop(image->nil),
                   "wanted a suspended context that has not returned");
    assert_refused(fixture, tiny_slot(image, second, SLOT_PROCESS_PRIORITY), tiny_oop(image->nil),
                   "wanted a priority");
    assert_refused(fixture, tiny_slot(image, image->scheduler, SLOT_SCHEDULER_ACTIVE_PROCESS),
                   tiny_oop(image->nil), "wanted the process to resume");
    assert_refused(fixture, tiny_slot(image, image->lists, 0), tiny_oop(image->nil),
                   "wanted a list of processes");
}

static void waiting_processes_must_be_listed_too(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    tiny_add_class(image, TINY_SEMAPHORE, FORMAT_FIXED, 3);
    tiny_add_class(image, TINY_PROCESS, FORMAT_FIXED, 4);
    *tiny_slot(image, image->specials, SPECIAL_CLASS_SEMAPHORE) =
        tiny_oop(image->classes[TINY_SEMAPHORE]);
    *tiny_slot(image, image->specials, SPECIAL_CLASS_PROCESS) =
        tiny_oop(image->classes[TINY_PROCESS]);
    uint64_t semaphore = tiny_add(image, TINY_SEMAPHORE, FORMAT_FIXED, 3);
    uint64_t waiting = tiny_add(image, TINY_PROCESS, FORMAT_FIXED, 4);
    *tiny_slot(image, semaphore, SLOT_LIST_FIRST) = tiny_oop(waiting);
    *tiny_slot(image, semaphore, SLOT_LIST_LAST) = tiny_oop(waiting);
    *tiny_slot(image, semaphore, SLOT_SEMAPHORE_EXCESS_SIGNALS) = tiny_integer(0);
    *tiny_slot(image, waiting, SLOT_PROCESS_PRIORITY) = tiny_integer(40);
    *tiny_slot(image, waiting, SLOT_PROCESS_MY_LIST) = tiny_oop(semaphore);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, semaphore, SLOT_SEMAPHORE_EXCESS_SIGNALS),
                   tiny_oop(image->nil), "wanted a count of excess signals");
    assert_refused(fixture, tiny_slot(image, semaphore, SLOT_LIST_FIRST), tiny_oop(image->selector),
                   "wanted a list of processes that ends");
    assert_refused(fixture, tiny_slot(image, waiting, SLOT_LINK_NEXT), tiny_oop(waiting),
                   "wanted a list of processes that ends");
    assert_refused(fixture, tiny_slot(image, waiting, SLOT_PROCESS_MY_LIST), tiny_integer(1),
                   "wanted the list a process is in");
    assert_refused(fixture, tiny_slot(image, waiting, SLOT_PROCESS_MY_LIST),
                   tiny_oop(image->selector), "wanted the list a process is in");
}

static void the_mourn_queue_must_be_a_chain_of_pages(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t page = tiny_add(image, CLASS_HIDDEN_WORDS64, FORMAT_WORDS64, 4092);
    *tiny_slot(image, page, 0) = 1;
    *tiny_slot(image, page, 4) = tiny_oop(image->list);
    *tiny_slot(image, image->roots, HIDDEN_MOURN_QUEUE) = tiny_oop(page);
    finish(fixture);

    assert_refused(fixture, tiny_slot(image, page, 0), 4089, "wanted a page of the mourn queue");
    assert_refused(fixture, tiny_slot(image, page, 3), tiny_oop(page),
                   "wanted a page of the mourn queue");
    assert_refused(fixture, tiny_slot(image, page, 4), tiny_oop(page),
                   "wanted an object in the mourn queue");
    assert_refused(fixture, tiny_slot(image, image->roots, HIDDEN_MOURN_QUEUE),
                   tiny_oop(image->list), "wanted a page of the mourn queue");
}

static void segments_are_followed_over_gaps(void **state)
{
    struct fixture *fixture = *state;
    struct tiny_image *image = &fixture->image;
    uint64_t gap_words = 512;
    size_t first = image->used * 8 + IMAGE_BRIDGE_SIZE;
    tiny_add_bridge(image, (uint64_t)0xFF << 56 | gap_words, 5 * 8 + IMAGE_BRIDGE_SIZE);
    uint64_t object = tiny_add(image, TINY_FIXED4, FORMAT_FIXED, 4);
    tiny_finish(image);
    image->header.first_segment_size = first;
    tiny_write_header(image);
    *tiny_slot(image, image->list, 3) = tiny_oop(object + gap_words * 8);
    if (!check(fixture))
        fail_msg("%s", fixture->status.sentence);
    assert_int_equal(fixture->description.segment_count, 2);

    assert_refused(fixture, tiny_slot(image, image->list, 3), tiny_oop(object),
                   "wanted an immediate or the address of an object");
    assert_refused(fixture, tiny_word(image, first - 8), 4096, "wanted a segment inside the data");
    assert_refused(fixture, tiny_word(image, first - 8), 0, "wanted the end of the data");
    assert_refused(fixture, tiny_word(image, first - 16), UINT64_MAX, "wanted a bridge over a gap");
    assert_refused(fixture, tiny_word(image, first - 16), 0,
                   "wanted a bridge at the end of the segment");
}

static void images_made_elsewhere_pass(void **state)
{
    static const char *const names[] = {"spur64-candle.image", "synth-minimal-68021.image",
                                        "synth-minimal-68533.image"};
    struct fixture *fixture = *state;
    char path[SHARED_PATH_SIZE];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        shared_image(names[i], path);
        if (!image_check_file(path, &fixture->description, &fixture->status))
            fail_msg("%s", fixture->status.sentence);
        assert_true(fixture->description.census.methods > 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_smallest_image_passes),
        TEST(an_object_must_end_inside_its_segment),
        TEST(an_overflow_count_must_be_followed_by_its_header),
        TEST(a_format_must_exist),
        TEST(unused_elements_must_fit_in_the_slots),
        TEST(marks_of_the_collector_are_refused),
        TEST(forwarders_and_reserved_indices_are_refused),
        TEST(the_first_five_objects_have_their_places),
        TEST(a_class_index_must_be_in_the_class_table),
        TEST(an_instance_must_be_as_its_class_says),
        TEST(an_ephemeron_must_have_a_key),
        TEST(an_ephemeron_that_fired_is_an_ordinary_object),
        TEST(a_slot_must_hold_an_oop),
        TEST(a_reference_to_a_free_chunk_is_refused),
        TEST(an_immediate_float_needs_a_class),
        TEST(the_class_table_must_have_its_shape),
        TEST(classes_that_the_vm_uses_must_be_there_and_fit),
        TEST(superclasses_must_be_classes_and_end),
        TEST(a_method_dictionary_must_have_its_shape),
        TEST(a_method_must_pass_the_verifier),
        TEST(an_installed_method_must_not_read_beyond_its_class),
        TEST(a_super_send_must_know_its_class),
        TEST(a_context_must_be_able_to_go_on),
        TEST(a_receiver_must_have_what_the_code_reads),
        TEST(a_full_closure_must_fit_its_code),
        TEST(an_embedded_closure_must_begin_at_its_block),
        TEST(a_block_context_must_have_the_closure_of_its_block),
        TEST(blocks_must_not_contain_themselves),
        TEST(special_objects_must_be_of_their_kinds),
        TEST(processes_must_be_listed_and_resumable),
        TEST(waiting_processes_must_be_listed_too),
        TEST(the_mourn_queue_must_be_a_chain_of_pages),
        TEST(segments_are_followed_over_gaps),
        TEST(images_made_elsewhere_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
