#include "vm/jit/leaf/steps.h"

#include <stdlib.h>

/* --- reading ----------------------------------------------------------------------------------------------------------------------- */

static int find_temp(struct steps *steps, int32_t offset)
{
    for (int i = 0; i < steps->temp_count; i++)
        if (steps->offsets[i] == offset)
            return i;
    if (steps->temp_count == LEAF_TEMPS_MAX)
        return -1;
    steps->offsets[steps->temp_count] = offset;
    return steps->temp_count++;
}

static int known_temp(const struct steps *steps, int32_t offset)
{
    for (int i = 0; i < steps->temp_count; i++)
        if (steps->offsets[i] == offset)
            return i;
    return -1;
}

void steps_read(const struct steps *steps, int32_t pc, struct step *step)
{
    *step = (struct step){.temp = -1};
    bytecode_read(steps->set, steps->bytes, (size_t)pc, (size_t)steps->count, &step->bytecode);
    step->next = pc + (int32_t)step->bytecode.size;
    step->offset = steps->code->words[pc].argument;
    if (step_reads_temp(step) || step_writes_temp(step))
        step->temp = known_temp(steps, step->offset);
}

const ic_cell *steps_cell(const struct steps *steps, int32_t pc)
{
    return word_cell(steps->code->words + pc);
}

/* Whether the word at pc is for a temporary of the frame: neither one that lies among the operands nor one of an older home. */
static bool temp_is_plain(const struct steps *steps, int32_t pc, const struct step *step)
{
    const struct code *code = steps->code;
    uint16_t opcode = choice_opcode(steps->choice, pc);
    return opcode != OP_push_stack_temp && opcode != OP_push_stack_temp_long &&
           opcode != OP_push_remote_stack_temp && step->offset > FRAME_LOCALS - code->local_count &&
           step->offset <= FRAME_RETURN + code->argument_count &&
           (step->offset <= FRAME_LOCALS || step->offset > FRAME_RETURN);
}

/* --- what is reached --------------------------------------------------------------------------------------------------------------- */

/* Notes one instruction; false where leaf code cannot be made of the whole. */
static bool note(struct steps *steps, int32_t pc, struct step *step)
{
    steps_read(steps, pc, step);
    if (step->next > steps->count)
        return false;
    switch (step->bytecode.operation) {
    case BYTECODE_PUSH_THIS_CONTEXT:
    case BYTECODE_PUSH_CLOSURE:
    case BYTECODE_UNASSIGNED:
    case BYTECODE_EXTEND:
        return false;
    default:
        break;
    }
    if (!step_reads_temp(step) && !step_writes_temp(step))
        return true;
    return temp_is_plain(steps, pc, step) && find_temp(steps, step->offset) >= 0;
}

/* Marks what is reached from pc; targets of jumps that are still to be looked at go on a stack of pcs. */
static bool reach(struct steps *steps, int32_t *waiting)
{
    size_t count = 0;
    waiting[count++] = steps->first;
    while (count > 0) {
        int32_t pc = waiting[--count];
        while (pc < steps->count && !steps->reached[pc]) {
            struct step step;
            if (pc < 0 || !note(steps, pc, &step))
                return false;
            steps->reached[pc] = true;
            if (bytecode_is_jump(step.bytecode.operation)) {
                if (step.bytecode.target < 0 || step.bytecode.target >= steps->count)
                    return false;
                waiting[count++] = (int32_t)step.bytecode.target;
            }
            if (!step_goes_on(&step))
                break;
            pc = step.next;
        }
    }
    return true;
}

/* --- which temporaries are read later ---------------------------------------------------------------------------------------------- */

static uint64_t live_before(const struct steps *steps, int32_t pc)
{
    struct step step;
    steps_read(steps, pc, &step);
    uint64_t live = 0;
    if (step_goes_on(&step) && step.next < steps->count)
        live |= steps->live[step.next];
    if (bytecode_is_jump(step.bytecode.operation))
        live |= steps->live[step.bytecode.target];
    uint64_t bit = step.temp < 0 ? 0 : (uint64_t)1 << step.temp;
    if (step_writes_temp(&step))
        live &= ~bit;
    else if (step_reads_temp(&step))
        live |= bit;
    return live;
}

static void find_live(struct steps *steps)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t pc = steps->count - 1; pc >= steps->first; pc--) {
            if (!steps->reached[pc])
                continue;
            uint64_t live = live_before(steps, pc);
            changed = changed || live != steps->live[pc];
            steps->live[pc] = live;
        }
    }
}

/* --- which arithmetic has seen Floats ---------------------------------------------------------------------------------------------- */

/* How many words behind the first one of an instruction the arithmetic stands that has met Floats, -1: it has not. */
static int32_t float_arithmetic_behind(uint16_t opcode)
{
    if (opcode >= OP_float_less_jump_false && opcode <= OP_float_not_equal_jump_false_2)
        return 0;
    switch (opcode) {
    case OP_float_first_add:
    case OP_float_first_subtract:
    case OP_float_first_multiply:
        return 0;
    case OP_temp_float_add:
    case OP_temp_float_subtract:
    case OP_temp_float_multiply:
        return 1;
    case OP_temp_temp_float_add:
    case OP_temp_temp_float_subtract:
    case OP_temp_temp_float_multiply:
        return 2;
    default:
        return -1;
    }
}

static void find_floats(struct steps *steps)
{
    for (int32_t pc = steps->first; pc < steps->count; pc++) {
        if (!steps->reached[pc])
            continue;
        int32_t behind = float_arithmetic_behind(choice_opcode(steps->choice, pc));
        if (behind >= 0 && pc + behind < steps->count)
            steps->floats[pc + behind] = true;
    }
}

/* --- all of it --------------------------------------------------------------------------------------------------------------------- */

static bool has_suitable_code(const struct code *code)
{
    return code->home == NULL && (code->flags & (CODE_OLD_BLOCK | CODE_HAS_OLD_BLOCKS)) == 0 &&
           code->word_count > 0;
}

bool steps_open(struct steps *steps, const struct choice *choice)
{
    const struct code *code = choice->code;
    *steps = (struct steps){.choice = choice, .code = code};
    if (!has_suitable_code(code))
        return false;
    size_t count = code->word_count;
    steps->count = (int32_t)count;
    steps->first = (int32_t)(code->first - code->words);
    steps->set = bytecode_set_of(DIALECT_SPUR, code_header(code->method));
    steps->bytes = code_bytecodes(code);
    char *room = calloc(count, sizeof(uint64_t) + 2 * sizeof(bool) + 2 * sizeof(int32_t));
    if (room == NULL)
        return false;
    steps->live = (uint64_t *)(void *)room;
    int32_t *waiting = (int32_t *)(void *)(room + count * sizeof(uint64_t));
    steps->reached = (bool *)(waiting + 2 * count);
    steps->floats = steps->reached + count;
    if (!reach(steps, waiting)) {
        steps_close(steps);
        return false;
    }
    find_live(steps);
    find_floats(steps);
    return true;
}

void steps_close(struct steps *steps)
{
    free(steps->live);
    steps->live = NULL;
}
