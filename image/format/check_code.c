/* Rules about compiled code and its activations: the verifier's, nesting of blocks, contexts, closures. */
#include "image/format/checker_parts.h"

#include <inttypes.h>
#include <stdlib.h>

static void view_literal(const void *context, uint64_t literal, struct literal_view *view)
{
    const struct checker *checker = context;
    struct image_object object;
    if (!checker_object(checker, literal, &object))
        return;
    view->is_object = true;
    view->is_code = format_is_code(object.format);
    view->pointer_count = format_is_pointers(object.format) ? (size_t)object.slot_count : 0;
    view->code_header = view->is_code ? (int64_t)image_slot(checker->source, &object, 0) >> 3 : 0;
}

static struct code_source source_of(const struct checker *checker, const struct image_object *code)
{
    return (struct code_source){
        .dialect = checker_dialect(checker),
        .slots = checker->source->data + code->offset / 8 + 1,
        .byte_count = format_element_count(code->format, (size_t)code->slot_count),
        .instance_variable_limit = SIZE_MAX,
        .view_literal = view_literal,
        .context = checker,
    };
}

static bool verify(struct checker *checker, const struct image_object *code,
                   struct code_facts *facts)
{
    struct code_source source = source_of(checker, code);
    struct code_fault fault;
    if (code_verify(&source, &checker->scratch, facts, &fault))
        return true;
    return image_refuse(checker->source, checker->status, code->offset + 8 + fault.pc, fault.wanted,
                        "%" PRId64 " at byte %zu of the code object at %" PRIu64, fault.found,
                        fault.pc, image_file_offset(checker->source, code->offset));
}

static uint64_t literal_count(const struct checker *checker, const struct image_object *code)
{
    return image_slot(checker->source, code, 0) >> 3 & 0x7FFF;
}

/* Rule: the last literal of code with super sends leads, through the code around a block, to a class. */
static bool check_class_of_super_sends(struct checker *checker, const struct image_object *code)
{
    struct image_object at = *code;
    for (unsigned nesting = 0; nesting < NESTED_BLOCKS_LIMIT; nesting++) {
        struct image_object last;
        uint64_t count = literal_count(checker, &at);
        if (count == 0 || !checker_object(checker, image_slot(checker->source, &at, count), &last))
            break;
        if (format_is_code(last.format)) {
            at = last;
            continue;
        }
        uint64_t class;
        if (!format_is_pointers(last.format) || last.slot_count <= SLOT_ASSOCIATION_VALUE ||
            !checker_reference(checker, image_slot(checker->source, &last, SLOT_ASSOCIATION_VALUE),
                               &class))
            break;
        return check_class(checker, class);
    }
    return image_refuse(checker->source, checker->status, code->offset,
                        "a last literal that leads to the class of a method with super sends",
                        "a method of %" PRIu64 " literals without", literal_count(checker, code));
}

static bool add_code(struct checker *checker, const struct image_object *code, size_t own)
{
    if (checker->code_count == checker->code_capacity) {
        size_t capacity = checker->code_capacity == 0 ? 1024 : checker->code_capacity * 2;
        struct checked_code *grown = realloc(checker->code, capacity * sizeof *grown);
        if (grown == NULL)
            return status_fail(checker->status, STATUS_MEMORY, "%s: no memory to check it",
                               checker->source->path);
        checker->code = grown;
        checker->code_capacity = capacity;
    }
    checker->code[checker->code_count++] = (struct checked_code){code->offset, own, CODE_OWN};
    return true;
}

bool check_code(struct checker *checker, const struct image_object *code)
{
    struct code_facts facts;
    return verify(checker, code, &facts) &&
           (!facts.super_sends || check_class_of_super_sends(checker, code)) &&
           add_code(checker, code, facts.instance_variables);
}

static struct checked_code *find_code(struct checker *checker, uint64_t offset)
{
    size_t low = 0;
    size_t high = checker->code_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (checker->code[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    viv_assert(checker->code_count > 0 && checker->code[low].offset == offset,
               "every code object was verified before it is asked for");
    return &checker->code[low];
}

/* Instance variables that code and the blocks among its literals need. Every literal but the last may be a block: a block's
 * last literal is the code around it. */
static bool needed_by(struct checker *checker, const struct image_object *code, unsigned nesting,
                      size_t *needed)
{
    struct checked_code *entry = find_code(checker, code->offset);
    *needed = entry->needed;
    if (entry->state == CODE_WITH_BLOCKS)
        return true;
    if (entry->state == CODE_IN_PROGRESS || nesting >= NESTED_BLOCKS_LIMIT)
        return image_refuse(checker->source, checker->status, code->offset,
                            "blocks nested at most 64 deep and not in themselves", "%u levels",
                            nesting);
    entry->state = CODE_IN_PROGRESS;
    uint64_t count = literal_count(checker, code);
    for (uint64_t i = 1; i < count; i++) {
        struct image_object literal;
        size_t inside;
        if (!checker_object(checker, image_slot(checker->source, code, i), &literal) ||
            !format_is_code(literal.format))
            continue;
        if (!needed_by(checker, &literal, nesting + 1, &inside))
            return false;
        if (inside > *needed)
            *needed = inside;
    }
    entry->needed = *needed;
    entry->state = CODE_WITH_BLOCKS;
    return true;
}

bool checker_needed_instance_variables(struct checker *checker, const struct image_object *code,
                                       size_t *count)
{
    return needed_by(checker, code, 0, count);
}

/* Rule: the receiver of an activation has the instance variables that its code reads. In older images there are contexts for
 * which that is not so: the VM looks at each variable. */
static bool check_receiver(struct checker *checker, const struct image_object *activation,
                           const struct image_object *code, uint64_t receiver)
{
    size_t needed;
    struct image_object object;
    if (!dialect_is_spur(checker_dialect(checker)))
        return true;
    if (!checker_needed_instance_variables(checker, code, &needed))
        return false;
    size_t has = 0;
    if (checker_object(checker, receiver, &object) && format_is_pointers(object.format))
        has = (size_t)object.slot_count;
    if (needed <= has)
        return true;
    return image_refuse(checker->source, checker->status, activation->offset,
                        "a receiver with the instance variables that the code reads",
                        "one with %zu where it needs %zu", has, needed);
}

/* --- contexts --------------------------------------------------------------------------------------------------------- */

static bool refuse_context(struct checker *checker, const struct image_object *context,
                           unsigned slot, const char *wanted)
{
    return image_refuse(checker->source, checker->status, context->offset + 8 + slot * 8, wanted,
                        "%016" PRIx64, image_slot(checker->source, context, slot));
}

static bool is_context_or_nil(const struct checker *checker, uint64_t value)
{
    struct image_object object;
    return checker_is_nil(checker, value) ||
           (checker_object(checker, value, &object) && class_index_is_context(object.class_index));
}

/* The byte of a method that a pc of its image names: where the image counts its literals shorter than they are, it lies further on. */
static int64_t byte_of_pc(const struct checker *checker, const struct image_object *method,
                          uint64_t pc)
{
    int64_t shorter = 8 - (int64_t)dialect_literal_size(checker_dialect(checker));
    return ((int64_t)pc >> 3) + shorter * (int64_t)(literal_count(checker, method) + 1);
}

/* Rule: a context that will go on has its pc at an instruction and the stack that the code has there, or one value less when
 * it waits for the answer of a send. */
static bool check_suspended(struct checker *checker, const struct image_object *context,
                            const struct image_object *method, int64_t stack_size)
{
    struct code_facts facts;
    struct code_source source = source_of(checker, method);
    int64_t pc = byte_of_pc(checker, method, image_slot(checker->source, context, SLOT_CONTEXT_PC));
    if (checker->scratch_code != method->offset && !verify(checker, method, &facts))
        return false;
    checker->scratch_code = method->offset;
    int depth = pc > 0 ? code_depth_at(&checker->scratch, &source, (size_t)pc - 1) : -1;
    if (depth < 0)
        return refuse_context(checker, context, SLOT_CONTEXT_PC,
                              "a pc at an instruction of the method");
    unsigned floor = code_floor_at(&checker->scratch, (size_t)pc - 1);
    /* A block context that waits to be run gets its arguments then. */
    if (context->class_index == CLASS_BLOCK_CONTEXT && stack_size == 0 &&
        image_slot(checker->source, context, SLOT_CONTEXT_PC) ==
            image_slot(checker->source, context, SLOT_BLOCK_CONTEXT_START_PC))
        return true;
    if ((stack_size != depth && stack_size != depth - 1) || stack_size < (int64_t)floor)
        return image_refuse(checker->source, checker->status,
                            context->offset + 8 + 8 * SLOT_CONTEXT_STACKP,
                            "the stack that the method has at this pc",
                            "%" PRId64 " values in place of %d", stack_size, depth);
    return true;
}

/* Rule: code inside an embedded block runs for a closure that begins there; a full block's code for a full closure of it;
 * a method's for none. Called while the scratch describes the method. */
static bool check_context_closure(struct checker *checker, const struct image_object *context,
                                  const struct image_object *method)
{
    struct image_object closure;
    const struct image_source *source = checker->source;
    uint64_t value = image_slot(source, context, SLOT_CONTEXT_CLOSURE);
    int64_t pc = byte_of_pc(checker, method, image_slot(source, context, SLOT_CONTEXT_PC));
    size_t start = code_block_start_at(&checker->scratch, (size_t)pc - 1);
    bool good;
    if (checker_is_nil(checker, value))
        good = start == 0;
    else if (!checker_object(checker, value, &closure))
        good = false;
    else if (closure.class_index == CLASS_BLOCK_CLOSURE)
        good = start != 0 &&
               byte_of_pc(checker, method, image_slot(source, &closure, SLOT_CLOSURE_START_PC)) ==
                   (int64_t)start + 1;
    else if (!dialect_is_spur(checker_dialect(checker)))
        good = start == 0; /* what the slot was for once is of no use to anybody */
    else
        good = start == 0 && closure.class_index == CLASS_FULL_BLOCK_CLOSURE &&
               image_slot(source, &closure, SLOT_CLOSURE_CODE) ==
                   image_slot(source, context, SLOT_CONTEXT_METHOD);
    return good || refuse_context(checker, context, SLOT_CONTEXT_CLOSURE,
                                  "the closure whose code the context runs, or nil for a method's");
}

/* Rule: a block context that has not returned has a home, the context of a method whose frame it has room for, and begins at a
 * block of that method with as many arguments. */
static bool check_block_context(struct checker *checker, const struct image_object *context,
                                struct image_object *home)
{
    struct image_object method;
    struct code_facts facts;
    const struct image_source *source = checker->source;
    uint64_t start = image_slot(source, context, SLOT_BLOCK_CONTEXT_START_PC);
    uint64_t arguments = image_slot(source, context, SLOT_BLOCK_CONTEXT_ARGUMENT_COUNT);
    if (!checker_object(checker, image_slot(source, context, SLOT_BLOCK_CONTEXT_HOME), home) ||
        home->class_index != CLASS_CONTEXT ||
        !checker_object(checker, image_slot(source, home, SLOT_CONTEXT_METHOD), &method) ||
        !format_is_code(method.format) || home->slot_count > context->slot_count)
        return refuse_context(
            checker, context, SLOT_BLOCK_CONTEXT_HOME,
            "a home that is the context of a method, not larger than the block's");
    if ((start & TAG_MASK) != TAG_INTEGER || (arguments & TAG_MASK) != TAG_INTEGER)
        return refuse_context(checker, context, SLOT_BLOCK_CONTEXT_START_PC,
                              "a start and a count of arguments");
    if (checker->scratch_code != method.offset && !verify(checker, &method, &facts))
        return false;
    checker->scratch_code = method.offset;
    struct code_source code = source_of(checker, &method);
    int64_t pc = byte_of_pc(checker, &method, start);
    int depth = pc > 0 ? code_depth_at(&checker->scratch, &code, (size_t)pc - 1) : -1;
    return (depth >= 0 && depth == (int64_t)arguments >> 3 &&
            (int64_t)code_block_start_at(&checker->scratch, (size_t)pc - 1) == pc - 1) ||
           refuse_context(checker, context, SLOT_BLOCK_CONTEXT_START_PC,
                          "the beginning of a block with these arguments");
}

/* Values that the frame of a method needs room for. Older systems had contexts of other sizes: there it is what the code needs. */
static bool frame_of(struct checker *checker, const struct image_object *method, int64_t *frame)
{
    struct code_facts facts;
    int64_t header = (int64_t)image_slot(checker->source, method, 0) >> 3;
    *frame = (header & CODE_HEADER_LARGE_FRAME) != 0 ? CONTEXT_LARGE_FRAME : CONTEXT_SMALL_FRAME;
    if (dialect_is_spur(checker_dialect(checker)))
        return true;
    if (!verify(checker, method, &facts))
        return false;
    checker->scratch_code = method->offset;
    *frame = (int64_t)facts.deepest;
    return true;
}

/* Rule: what a context says of its code and of its stack fits together. The home of a method's context is itself. */
static bool check_going_on(struct checker *checker, const struct image_object *context,
                           const struct image_object *home)
{
    struct image_object method;
    uint64_t stackp = image_slot(checker->source, context, SLOT_CONTEXT_STACKP);
    uint64_t pc = image_slot(checker->source, context, SLOT_CONTEXT_PC);
    uint64_t code = image_slot(checker->source, home, SLOT_CONTEXT_METHOD);
    int64_t room = (int64_t)context->slot_count - SLOT_CONTEXT_FRAME;
    int64_t stack_size = (int64_t)stackp >> 3;
    if ((stackp & TAG_MASK) != TAG_INTEGER || stack_size < 0 || stack_size > room)
        return refuse_context(checker, context, SLOT_CONTEXT_STACKP,
                              "a stack that fits in the context");
    if ((pc & TAG_MASK) != TAG_INTEGER)
        return refuse_context(checker, context, SLOT_CONTEXT_PC,
                              "a pc that is a SmallInteger or nil");
    if (!checker_object(checker, code, &method) || !format_is_code(method.format))
        return refuse_context(checker, context, SLOT_CONTEXT_METHOD,
                              "a method that is compiled code");
    int64_t frame;
    if (!frame_of(checker, &method, &frame))
        return false;
    if (room < frame)
        return refuse_context(checker, context, SLOT_CONTEXT_METHOD,
                              "a method whose frame fits in the context");
    return check_suspended(checker, context, &method, stack_size) &&
           (context->offset != home->offset || check_context_closure(checker, context, &method)) &&
           check_receiver(checker, context, &method,
                          image_slot(checker->source, home, SLOT_CONTEXT_RECEIVER));
}

bool check_context(struct checker *checker, const struct image_object *context)
{
    struct image_object home = *context;
    uint64_t sender = image_slot(checker->source, context, SLOT_CONTEXT_SENDER);
    uint64_t pc = image_slot(checker->source, context, SLOT_CONTEXT_PC);
    if (!is_context_or_nil(checker, sender))
        return refuse_context(checker, context, SLOT_CONTEXT_SENDER,
                              "a sender that is a context or nil");
    /* A block that has returned can run again, but not one without a home: the VM looks for it. */
    if (context->class_index == CLASS_BLOCK_CONTEXT &&
        checker_is_nil(checker, image_slot(checker->source, context, SLOT_BLOCK_CONTEXT_HOME)))
        return true;
    if (context->class_index == CLASS_BLOCK_CONTEXT &&
        !check_block_context(checker, context, &home))
        return false;
    /* Any other that has returned never goes on. */
    return checker_is_nil(checker, pc) || check_going_on(checker, context, &home);
}

/* --- closures --------------------------------------------------------------------------------------------------------- */

static bool refuse_closure(struct checker *checker, const struct image_object *closure,
                           unsigned slot, const char *wanted)
{
    return image_refuse(checker->source, checker->status, closure->offset + 8 + slot * 8, wanted,
                        "%016" PRIx64, image_slot(checker->source, closure, slot));
}

/* Rule: from a closure outwards, by outer contexts and their closures, one comes to an end. */
static bool check_outer_contexts(struct checker *checker, const struct image_object *closure)
{
    struct image_object at = *closure;
    for (unsigned nesting = 0; nesting < NESTED_BLOCKS_LIMIT; nesting++) {
        struct image_object outer;
        uint64_t value = image_slot(checker->source, &at, SLOT_CLOSURE_OUTER_CONTEXT);
        if (!checker_object(checker, value, &outer) || outer.class_index != CLASS_CONTEXT ||
            !checker_object(checker, image_slot(checker->source, &outer, SLOT_CONTEXT_CLOSURE),
                            &at) ||
            (at.class_index != CLASS_BLOCK_CLOSURE && at.class_index != CLASS_FULL_BLOCK_CLOSURE))
            return true;
    }
    return refuse_closure(checker, closure, SLOT_CLOSURE_OUTER_CONTEXT, "outer contexts that end");
}

/* Rule: an embedded block's closure starts at a block of its outer context's method, with the values that block expects. */
bool check_block_closure(struct checker *checker, const struct image_object *closure)
{
    struct image_object outer;
    struct image_object method;
    struct code_facts facts;
    uint64_t start = image_slot(checker->source, closure, SLOT_CLOSURE_START_PC);
    uint64_t arguments = image_slot(checker->source, closure, SLOT_CLOSURE_ARGUMENT_COUNT);
    if (!checker_object(checker, image_slot(checker->source, closure, SLOT_CLOSURE_OUTER_CONTEXT),
                        &outer) ||
        outer.class_index != CLASS_CONTEXT ||
        !checker_object(checker, image_slot(checker->source, &outer, SLOT_CONTEXT_METHOD),
                        &method) ||
        !format_is_code(method.format))
        return refuse_closure(checker, closure, SLOT_CLOSURE_OUTER_CONTEXT,
                              "an outer context with a method");
    if ((start & TAG_MASK) != TAG_INTEGER || (arguments & TAG_MASK) != TAG_INTEGER)
        return refuse_closure(checker, closure, SLOT_CLOSURE_START_PC,
                              "a start and a count of arguments");
    struct code_source source = source_of(checker, &method);
    if (checker->scratch_code != method.offset && !verify(checker, &method, &facts))
        return false;
    checker->scratch_code = method.offset;
    int64_t pc = byte_of_pc(checker, &method, start);
    int depth = pc > 0 ? code_depth_at(&checker->scratch, &source, (size_t)pc - 1) : -1;
    int64_t given =
        ((int64_t)arguments >> 3) + (int64_t)(closure->slot_count - SLOT_CLOSURE_COPIED);
    if (depth < 0 || (int64_t)arguments < 0 || given != depth ||
        given != (int64_t)code_floor_at(&checker->scratch, (size_t)pc - 1))
        return refuse_closure(checker, closure, SLOT_CLOSURE_START_PC,
                              "the beginning of a block with these arguments and copied values");
    return check_outer_contexts(checker, closure) &&
           check_receiver(checker, closure, &method,
                          image_slot(checker->source, &outer, SLOT_CONTEXT_RECEIVER));
}

/* Rule: a full closure's code takes its arguments and copied values, and its receiver has what the code reads. */
bool check_full_closure(struct checker *checker, const struct image_object *closure)
{
    struct image_object code;
    uint64_t outer = image_slot(checker->source, closure, SLOT_CLOSURE_OUTER_CONTEXT);
    uint64_t arguments = image_slot(checker->source, closure, SLOT_CLOSURE_ARGUMENT_COUNT);
    if (!is_context_or_nil(checker, outer))
        return refuse_closure(checker, closure, SLOT_CLOSURE_OUTER_CONTEXT,
                              "an outer context or nil");
    if (!checker_object(checker, image_slot(checker->source, closure, SLOT_CLOSURE_CODE), &code) ||
        !format_is_code(code.format))
        return refuse_closure(checker, closure, SLOT_CLOSURE_CODE, "compiled code of a block");
    int64_t header = (int64_t)image_slot(checker->source, &code, 0) >> 3;
    int64_t temps = header >> CODE_HEADER_TEMP_SHIFT & 63;
    int64_t taken = header >> CODE_HEADER_ARGUMENT_SHIFT & 15;
    int64_t copied = (int64_t)(closure->slot_count - SLOT_FULL_CLOSURE_COPIED);
    if ((arguments & TAG_MASK) != TAG_INTEGER || (int64_t)arguments >> 3 != taken ||
        taken + copied > temps)
        return refuse_closure(checker, closure, SLOT_CLOSURE_ARGUMENT_COUNT,
                              "the arguments and copied values that the block's code takes");
    return check_outer_contexts(checker, closure) &&
           check_receiver(checker, closure, &code,
                          image_slot(checker->source, closure, SLOT_FULL_CLOSURE_RECEIVER));
}
