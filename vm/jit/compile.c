/*
 * Compiling one method or block: stencils are chosen word by word along the flow of control, laid out, copied and filled in.
 *
 * A *piece* is one stencil for one word. The usual one stands for the instruction in the word, which may be a superinstruction. Where
 * an instruction leaves a case to another one for the same word (an addition to that of Floats, a superinstruction to its first
 * instruction), that is a piece of its own, made only for code that needs it. Usual pieces come first, in the order in which they run;
 * then the others and what they lead to; then the cold parts of all.
 */
#include "vm/jit/choice.h"
#include "vm/jit/leaf/leaf.h"
#include "vm/jit/tier.h"

#include <stdlib.h>

enum { WORDS_MAX = 16384, JUMP_SIZE = 5, WORDS_BEHIND_MAP = 8 };

struct piece {
    int32_t pc;
    uint16_t stencil;
    bool is_prologue; /* what follows lies behind it */
    int32_t next_of_pc;
    uint32_t hot_at; /* offsets in the code */
    uint32_t cold_at;
};

/* A piece that is wanted. */
struct wanted {
    int32_t pc;
    uint16_t stencil;
};

struct wanted_list {
    struct wanted *items;
    size_t count, capacity;
};

struct compiler {
    struct vm *vm;
    struct tier_state *state;
    struct code *code;
    struct piece *pieces;
    size_t count, capacity;
    struct choice choice;
    int32_t *first_of_pc; /* piece of each pc, -1: none */
    struct wanted_list usual, others;
    struct leaf_list leaves; /* what stands in front of usual pieces */
    bool failed;             /* no memory, or nothing to compile */
    uint8_t *writes_at;
    uintptr_t runs_at;
};

static struct piece *find_piece(const struct compiler *compiler, int32_t pc, uint16_t stencil)
{
    int32_t at = compiler->first_of_pc[pc];
    while (at >= 0 && compiler->pieces[at].stencil != stencil)
        at = compiler->pieces[at].next_of_pc;
    return at < 0 ? NULL : &compiler->pieces[at];
}

/* --- choosing ---------------------------------------------------------------------------------------------------------------------- */

/* The list with room for one more, moved if need be; NULL, with the compilation failed, when there is no memory. */
static void *with_room(struct compiler *compiler, void *items, size_t count, size_t *capacity,
                       size_t item_size)
{
    if (count < *capacity)
        return items;
    size_t wider = *capacity == 0 ? 64 : *capacity * 2;
    void *moved = realloc(items, wider * item_size);
    if (moved == NULL)
        compiler->failed = true;
    else
        *capacity = wider;
    return moved;
}

static void want(struct compiler *compiler, struct wanted_list *list, int32_t pc, uint16_t stencil)
{
    struct wanted *items =
        with_room(compiler, list->items, list->count, &list->capacity, sizeof *items);
    if (items == NULL)
        return;
    list->items = items;
    items[list->count++] = (struct wanted){pc, stencil};
}

static void want_pc(struct compiler *compiler, struct wanted_list *list, int32_t pc)
{
    if (choice_pc_exists(&compiler->choice, pc))
        want(compiler, list, pc, choice_usual(&compiler->choice, pc));
}

static void add_piece(struct compiler *compiler, int32_t pc, uint16_t stencil, bool is_prologue)
{
    struct piece *pieces =
        with_room(compiler, compiler->pieces, compiler->count, &compiler->capacity, sizeof *pieces);
    if (pieces == NULL)
        return;
    compiler->pieces = pieces;
    struct piece *piece = &compiler->pieces[compiler->count];
    *piece = (struct piece){pc, stencil, is_prologue, -1, 0, 0};
    if (!is_prologue) {
        piece->next_of_pc = compiler->first_of_pc[pc];
        compiler->first_of_pc[pc] = (int32_t)compiler->count;
    }
    compiler->count++;
}

/* What a piece leads to is wanted; the pc that should come right behind it, or -1. */
static int32_t add_successors(struct compiler *compiler, int32_t pc, uint16_t number,
                              struct wanted_list *list)
{
    const struct stencil *stencil = stencil_at(number);
    const struct hole *holes = stencil_first_hole(stencil);
    int32_t behind =
        stencil->falls_kind == HOLE_NONE ? -1 : choice_pc_fallen_to(&compiler->choice, pc, stencil);
    for (size_t i = 0; i < stencil->hole_count; i++) {
        const struct hole *hole = &holes[i];
        if (hole->kind == HOLE_OP && stencil_at(hole->number)->exists)
            want(compiler, &compiler->others, pc, hole->number);
        if (hole->kind != HOLE_NEXT && hole->kind != HOLE_JUMP && hole->kind != HOLE_RETURN)
            continue;
        int32_t target = choice_pc_of(&compiler->choice, pc, hole->kind, hole->number);
        if (hole->kind == HOLE_RETURN && behind < 0)
            behind = target;
        else
            want(compiler, list, target, choice_behind(&compiler->choice, number, target));
    }
    /* The bytecodes of an embedded block begin where nothing in the method leads. */
    if (number % STENCIL_POPPING == OP_push_embedded_closure)
        want_pc(compiler, list, choice_operand(&compiler->choice, pc, 2));
    return behind;
}

/* A piece and what runs behind it, until something that exists or nothing. */
static void add_chain(struct compiler *compiler, struct wanted start, struct wanted_list *list)
{
    int32_t pc = start.pc;
    uint16_t stencil = start.stencil;
    while (!compiler->failed && find_piece(compiler, pc, stencil) == NULL) {
        add_piece(compiler, pc, stencil, false);
        pc = compiler->failed ? -1 : add_successors(compiler, pc, stencil, list);
        if (pc < 0)
            return;
        stencil = choice_behind(&compiler->choice, stencil, pc);
    }
}

static void add_prologue(struct compiler *compiler, int32_t first)
{
    const struct code *code = compiler->code;
    bool is_block = (code->flags & CODE_IS_BLOCK) != 0;
    add_piece(compiler, first, is_block ? STENCIL_enter_block : STENCIL_enter_method, true);
    for (size_t left = is_block ? 0 : code->local_count; left > 0;) {
        size_t some = left < 4 ? left : 4;
        add_piece(compiler, first, (uint16_t)(STENCIL_push_local + some - 1), true);
        left -= some;
    }
    add_piece(compiler, first, STENCIL_poll, true);
}

static void choose_pieces(struct compiler *compiler)
{
    const struct code *code = compiler->code;
    int32_t first = (int32_t)(code->first - code->words);
    /* A method may be nothing but the call of its primitive. */
    if (!choice_pc_exists(&compiler->choice, first)) {
        compiler->failed = true;
        return;
    }
    if (tier_has_entry(code))
        add_prologue(compiler, first);
    want_pc(compiler, &compiler->usual, first);
    for (size_t i = 0; i < compiler->leaves.count; i++)
        for (size_t j = 0; j < compiler->leaves.items[i].jump_count; j++)
            want_pc(compiler, &compiler->usual, compiler->leaves.items[i].jumps[j].pc);
    /* Old blocks begin at any instruction: where, their contexts know. */
    if ((code->flags & CODE_OLD_BLOCK) != 0)
        for (size_t i = 0; i < code->word_count; i++)
            if (choice_opcode(&compiler->choice, (int32_t)i) != OP_unused_bytecode)
                want_pc(compiler, &compiler->usual, (int32_t)i);
    for (size_t i = 0; i < compiler->usual.count && !compiler->failed; i++)
        add_chain(compiler, compiler->usual.items[i], &compiler->usual);
    for (size_t i = 0; i < compiler->others.count && !compiler->failed; i++)
        add_chain(compiler, compiler->others.items[i], &compiler->others);
}

/* --- layout ------------------------------------------------------------------------------------------------------------------------ */

/* The leaf code that is run instead when a piece is come to, or NULL. */
static const struct leaf *leaf_of(const struct compiler *compiler, const struct piece *piece)
{
    if (piece->is_prologue || !compiler->choice.begins_leaf[piece->pc] ||
        piece->stencil != choice_usual(&compiler->choice, piece->pc))
        return NULL;
    return leaf_at(&compiler->leaves, piece->pc);
}

/* Whether a piece must jump to what comes next. */
static bool needs_jump(const struct compiler *compiler, size_t index)
{
    const struct piece *piece = &compiler->pieces[index];
    const struct stencil *stencil = stencil_at(piece->stencil);
    const struct piece *next = piece + 1;
    if (piece->is_prologue)
        return leaf_of(compiler, next) != NULL;
    if (stencil->falls_kind == HOLE_NONE)
        return false;
    int32_t pc = choice_pc_fallen_to(&compiler->choice, piece->pc, stencil);
    return index + 1 == compiler->count || next->pc != pc ||
           next->stencil != choice_behind(&compiler->choice, piece->stencil, pc) ||
           leaf_of(compiler, next) != NULL;
}

static size_t lay_out(struct compiler *compiler)
{
    size_t size = 0;
    for (size_t i = 0; i < compiler->count; i++) {
        compiler->pieces[i].hot_at = (uint32_t)size;
        size += stencil_at(compiler->pieces[i].stencil)->hot_size;
        size += needs_jump(compiler, i) ? JUMP_SIZE : 0;
    }
    for (size_t i = 0; i < compiler->count; i++) {
        compiler->pieces[i].cold_at = (uint32_t)size;
        size += stencil_at(compiler->pieces[i].stencil)->cold_size;
    }
    for (size_t i = 0; i < compiler->leaves.count; i++) {
        compiler->leaves.items[i].placed_at = (uint32_t)size;
        size += compiler->leaves.items[i].size;
    }
    return size;
}

/* --- filling in -------------------------------------------------------------------------------------------------------------------- */

static uintptr_t address_of(const struct compiler *compiler, const struct piece *piece)
{
    return compiler->runs_at + piece->hot_at;
}

/* Where one comes to a piece, which is its leaf code where it has some. */
static uintptr_t way_to(const struct compiler *compiler, const struct piece *piece)
{
    const struct leaf *leaf = leaf_of(compiler, piece);
    return leaf == NULL ? address_of(compiler, piece) : compiler->runs_at + leaf->placed_at;
}

/* Where a piece goes on. */
static uintptr_t address_behind(const struct compiler *compiler, const struct piece *piece,
                                int32_t pc)
{
    return way_to(compiler,
                  find_piece(compiler, pc, choice_behind(&compiler->choice, piece->stencil, pc)));
}

static uintptr_t address_of_op(const struct compiler *compiler, int32_t pc, uint16_t opcode)
{
    if (stencil_at(opcode)->exists)
        return address_of(compiler, find_piece(compiler, pc, opcode));
    return (uintptr_t)compiler->vm->handlers->entries[opcode];
}

static int64_t hole_value(const struct compiler *compiler, const struct piece *piece,
                          const struct hole *hole)
{
    int32_t pc = piece->pc;
    const struct code *code = compiler->code;
    const word *ip = code->words + pc;
    if (piece->is_prologue && hole->kind == HOLE_NEXT)
        return (int64_t)(address_of(compiler, piece) + stencil_at(piece->stencil)->hot_size);
    switch ((enum hole_kind)hole->kind) {
    case HOLE_FRAME:
        return (int64_t)choice_operand(&compiler->choice, pc, hole->number) * 8;
    case HOLE_SLOT:
        return ((int64_t)choice_operand(&compiler->choice, pc, hole->number) + 1) * 8;
    case HOLE_INTEGER:
        return (int64_t)oop_from_integer(choice_operand(&compiler->choice, pc, hole->number)).bits;
    case HOLE_VALUE:
        return choice_operand(&compiler->choice, pc, hole->number);
    case HOLE_CELL:
        return (int64_t)(intptr_t)word_cell(ip + hole->number);
    case HOLE_TARGET:
        return (int64_t)(intptr_t)(code->words +
                                   choice_pc_of(&compiler->choice, pc, HOLE_JUMP, hole->number));
    case HOLE_AFTER:
        return (int64_t)(intptr_t)(code->words +
                                   choice_pc_behind(&compiler->choice, pc, hole->number));
    case HOLE_RETURN:
    case HOLE_NEXT:
    case HOLE_JUMP:
        return (int64_t)address_behind(
            compiler, piece, choice_pc_of(&compiler->choice, pc, hole->kind, hole->number));
    case HOLE_IP:
        return (int64_t)(intptr_t)ip;
    case HOLE_CODE:
        return (int64_t)(intptr_t)code;
    case HOLE_RECEIVER:
        return 8 * (FRAME_RETURN + 1 + (int64_t)code->argument_count);
    case HOLE_LOCALS:
        return code->local_count;
    case HOLE_OP:
        return (int64_t)address_of_op(compiler, pc, hole->number);
    case HOLE_FUNCTION:
        return (int64_t)stencil_function(hole->number);
    case HOLE_HOT:
        return (int64_t)address_of(compiler, piece);
    case HOLE_COLD:
        return (int64_t)(compiler->runs_at + piece->cold_at);
    case HOLE_NONE:
        break;
    }
    return 0;
}

static void put_32(uint8_t *at, int64_t value)
{
    int32_t bits = (int32_t)value;
    memcpy(at, &bits, sizeof bits);
}

static void fill_hole(struct compiler *compiler, const struct piece *piece, const struct hole *hole)
{
    uint32_t at = (hole->in_cold ? piece->cold_at : piece->hot_at) + hole->offset;
    int64_t value = hole_value(compiler, piece, hole) + hole->addend;
    if (hole->form == HOLE_RELATIVE)
        value -= (int64_t)(compiler->runs_at + at);
    viv_check(hole->form == HOLE_UNSIGNED ? value == (int64_t)(uint32_t)value
                                          : value == (int32_t)value,
              "what is filled in fits");
    put_32(compiler->writes_at + at, value);
}

static void put_jump(struct compiler *compiler, const struct piece *piece)
{
    const struct stencil *stencil = stencil_at(piece->stencil);
    uint32_t at = piece->hot_at + stencil->hot_size;
    uintptr_t target =
        piece->is_prologue
            ? way_to(compiler, piece + 1)
            : address_behind(compiler, piece,
                             choice_pc_fallen_to(&compiler->choice, piece->pc, stencil));
    compiler->writes_at[at] = 0xE9;
    put_32(compiler->writes_at + at + 1,
           (int64_t)target - (int64_t)(compiler->runs_at + at + JUMP_SIZE));
}

/* Leaf code ends in pieces, also in those that it stands in front of; the first of them is the prologue. */
static void write_leaf(struct compiler *compiler, const struct leaf *leaf)
{
    memcpy(compiler->writes_at + leaf->placed_at, leaf->bytes, leaf->size);
    for (size_t i = 0; i < leaf->jump_count; i++) {
        int32_t pc = leaf->jumps[i].pc;
        uint32_t at = leaf->placed_at + leaf->jumps[i].at;
        const struct piece *piece =
            leaf->is_frameless ? &compiler->pieces[0]
                               : find_piece(compiler, pc, choice_usual(&compiler->choice, pc));
        put_32(compiler->writes_at + at,
               (int64_t)address_of(compiler, piece) - (int64_t)(compiler->runs_at + at + 4));
    }
}

static void write_code(struct compiler *compiler)
{
    for (size_t i = 0; i < compiler->count; i++) {
        const struct piece *piece = &compiler->pieces[i];
        const struct stencil *stencil = stencil_at(piece->stencil);
        memcpy(compiler->writes_at + piece->hot_at, stencil_hot_bytes(stencil), stencil->hot_size);
        memcpy(compiler->writes_at + piece->cold_at, stencil_cold_bytes(stencil),
               stencil->cold_size);
        const struct hole *holes = stencil_first_hole(stencil);
        for (size_t j = 0; j < stencil->hole_count; j++)
            fill_hole(compiler, piece, &holes[j]);
        if (needs_jump(compiler, i))
            put_jump(compiler, piece);
    }
    for (size_t i = 0; i < compiler->leaves.count; i++)
        write_leaf(compiler, &compiler->leaves.items[i]);
}

/* The map lets the interpreter go on in compiled code at any instruction that it has. */
static void fill_map(const struct compiler *compiler, uint32_t *native)
{
    for (size_t i = 0; i < compiler->count; i++) {
        const struct piece *piece = &compiler->pieces[i];
        if (!piece->is_prologue && piece->stencil != STENCIL_interpret &&
            piece->stencil == choice_usual(&compiler->choice, piece->pc))
            native[piece->pc] = (uint32_t)way_to(compiler, piece);
    }
}

static bool write_all(struct compiler *compiler, bool *full)
{
    struct code *code = compiler->code;
    const struct leaf *frameless = leaf_before_frame(&compiler->leaves);
    size_t size = lay_out(compiler);
    uint32_t *native = calloc(code->word_count + WORDS_BEHIND_MAP, sizeof *native);
    if (native == NULL)
        return false;
    compiler->writes_at = zone_allocate(&compiler->state->zone, size, &compiler->runs_at);
    if (compiler->writes_at == NULL) {
        /* Not if it would not fit into an empty one. */
        *full = size < compiler->state->zone.size / 2;
        free(native);
        return false;
    }
    write_code(compiler);
    fill_map(compiler, native);
    zone_publish();
    code->native = native;
    if (tier_has_entry(code))
        code->entry = (void *)(compiler->runs_at + (frameless == NULL ? 0 : frameless->placed_at));
    return true;
}

bool tier_compile_code(struct vm *vm, struct code *code, bool *full)
{
    struct compiler compiler = {.vm = vm, .state = vm->tier.state, .code = code};
    if (code->word_count == 0 || code->word_count > WORDS_MAX ||
        (uintptr_t)code + sizeof *code + code->block_size > INT32_MAX)
        return false;
    compiler.first_of_pc =
        calloc(code->word_count, sizeof *compiler.first_of_pc + sizeof(uint16_t) + sizeof(bool));
    if (compiler.first_of_pc == NULL)
        return false;
    for (size_t i = 0; i < code->word_count; i++)
        compiler.first_of_pc[i] = -1;
    uint16_t *room = (uint16_t *)(compiler.first_of_pc + code->word_count);
    choice_open(&compiler.choice, code, compiler.state->handlers, room);
    bool *begins_leaf = (bool *)(room + code->word_count);
    leaf_compile_all(vm, &compiler.choice, &compiler.leaves);
    for (size_t i = 0; i < CODE_CELLS_KNOWN; i++)
        code->cells_known[i] = vm->codes.cells_changed;
    for (size_t i = 0; i < compiler.leaves.count; i++)
        if (!compiler.leaves.items[i].is_frameless)
            begins_leaf[compiler.leaves.items[i].pc] = true;
    compiler.choice.begins_leaf = begins_leaf;
    choose_pieces(&compiler);
    bool done = !compiler.failed && write_all(&compiler, full);
    free(compiler.pieces);
    free(compiler.first_of_pc);
    free(compiler.usual.items);
    free(compiler.others.items);
    leaf_list_free(&compiler.leaves);
    return done;
}
