#include "vm/jit/leaf/registers.h"

#include "vm/jit/leaf/assembler.h"

#include <stdlib.h>

/* Those of the caller first, which need not be kept. vm and fp keep theirs; rax, rdx and r11 are the assembler's own. */
static const uint8_t general[] = {RSI, R8, R9, R10, RBX, RBP, R12, R13, R14, R15};
/* Without a frame the return address stays in rsi and the top of the stack in r8. */
static const uint8_t general_frameless[] = {R9, R10, RBX, RBP, R12, R13, R14, R15};
enum {
    GENERAL_COUNT = sizeof general,
    GENERAL_FRAMELESS_COUNT = sizeof general_frameless,
    FLOAT_COUNT = XMM_SCRATCH_2
};

struct interval {
    int32_t value, start, end;
};

struct allocation {
    const struct leaf_graph *graph;
    uint64_t *live_in; /* by block: bits of values */
    size_t words;      /* of a set */
    uint64_t *live;    /* a set to work with */
    int32_t *starts, *ends;
    struct interval *intervals;
    size_t interval_count;
};

static bool has_place(const struct leaf_value *value)
{
    return value->is_used && (value->type != LEAF_NOTHING && value->type != LEAF_VIRTUAL) &&
           value->op != LEAF_INTEGER && value->op != LEAF_KNOWN;
}

/* --- which values live where ------------------------------------------------------------------------------------------------------- */

static void use(struct allocation *allocation, int32_t number, int32_t position)
{
    if (number < 0)
        return;
    const struct leaf_value *value = &allocation->graph->values[number];
    if (value->type == LEAF_VIRTUAL) {
        use(allocation, value->left, position);
        use(allocation, value->right, position);
    } else if (has_place(value)) {
        allocation->live[number / 64] |= (uint64_t)1 << number % 64;
        if (position > allocation->ends[number])
            allocation->ends[number] = position;
    }
}

static void use_operands(struct allocation *allocation, const struct leaf_value *value)
{
    const struct leaf_graph *graph = allocation->graph;
    if (value->op == LEAF_PHI)
        return;
    /* The parts of a Point are used where it is looked at. */
    if (value->op != LEAF_POINT) {
        use(allocation, value->left, value->position);
        use(allocation, value->right, value->position);
        use(allocation, value->third, value->position);
        use(allocation, value->fourth, value->position);
    }
    if (value->exit == LEAF_NONE)
        return;
    const struct leaf_state *state = &graph->exits[value->exit].state;
    for (int i = 0; i < leaf_held_count(graph, state); i++)
        use(allocation, leaf_held(graph, state, i), value->position);
}

static int32_t end_of_block(const struct leaf_graph *graph, const struct leaf_block *block)
{
    return graph->values[block->values[block->value_count - 1]].position;
}

/* What lives at the end of a block: at the beginnings of those behind it, and what their phis take from here. */
static void find_live_out(struct allocation *allocation, int32_t number)
{
    const struct leaf_graph *graph = allocation->graph;
    const struct leaf_block *block = &graph->blocks[number];
    memset(allocation->live, 0, allocation->words * sizeof *allocation->live);
    for (int j = 0; j < 2; j++) {
        if (block->successors[j] == LEAF_NONE)
            continue;
        const struct leaf_block *next = &graph->blocks[block->successors[j]];
        for (size_t i = 0; i < allocation->words; i++)
            allocation->live[i] |=
                allocation->live_in[(size_t)block->successors[j] * allocation->words + i];
        for (int32_t i = 0; i < next->value_count; i++) {
            const struct leaf_value *phi = &graph->values[next->values[i]];
            if (phi->op != LEAF_PHI)
                continue;
            for (int32_t k = 0; k < next->predecessor_count; k++)
                if (next->predecessors[k] == number)
                    use(allocation, graph->inputs[phi->number + k], end_of_block(graph, block));
        }
    }
}

static void extend(struct allocation *allocation, int32_t start, int32_t end)
{
    for (size_t i = 0; i < allocation->words * 64; i++) {
        if ((allocation->live[i / 64] >> i % 64 & 1) == 0)
            continue;
        if (start < allocation->starts[i])
            allocation->starts[i] = start;
        if (end > allocation->ends[i])
            allocation->ends[i] = end;
    }
}

static bool find_live_in(struct allocation *allocation, int32_t number)
{
    const struct leaf_graph *graph = allocation->graph;
    const struct leaf_block *block = &graph->blocks[number];
    if (block->value_count == 0)
        return false;
    int32_t start = graph->values[block->values[0]].position - 1;
    if (graph->values[block->values[0]].op == LEAF_PHI)
        start++;
    find_live_out(allocation, number);
    extend(allocation, INT32_MAX, end_of_block(graph, block));
    for (int32_t i = block->value_count - 1; i >= 0; i--) {
        const struct leaf_value *value = &graph->values[block->values[i]];
        int32_t of_value = block->values[i];
        allocation->live[of_value / 64] &= ~((uint64_t)1 << of_value % 64);
        if (value->position < allocation->starts[of_value])
            allocation->starts[of_value] = value->position;
        use_operands(allocation, value);
    }
    extend(allocation, start, start);
    uint64_t *live_in = allocation->live_in + (size_t)number * allocation->words;
    bool changed = memcmp(live_in, allocation->live, allocation->words * sizeof *live_in) != 0;
    memcpy(live_in, allocation->live, allocation->words * sizeof *live_in);
    return changed;
}

static int compare_intervals(const void *a, const void *b)
{
    const struct interval *first = a, *second = b;
    return first->start != second->start
               ? (first->start > second->start) - (first->start < second->start)
               : (first->value > second->value) - (first->value < second->value);
}

static void find_intervals(struct allocation *allocation)
{
    const struct leaf_graph *graph = allocation->graph;
    for (int32_t i = 0; i < graph->value_count; i++) {
        allocation->starts[i] = INT32_MAX;
        allocation->ends[i] = -1;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t i = graph->block_count - 1; i >= 0; i--)
            changed = find_live_in(allocation, graph->order[i]) || changed;
    }
    for (int32_t i = 0; i < graph->value_count; i++) {
        const struct leaf_value *value = &graph->values[i];
        if (has_place(value) && !graph->blocks[value->block].is_cut)
            allocation->intervals[allocation->interval_count++] = (struct interval){
                i, allocation->starts[i],
                allocation->ends[i] < allocation->starts[i] ? allocation->starts[i]
                                                            : allocation->ends[i]};
    }
    qsort(allocation->intervals, allocation->interval_count, sizeof *allocation->intervals,
          compare_intervals);
}

/* --- scanning ---------------------------------------------------------------------------------------------------------------------- */

struct scan {
    struct allocation *allocation;
    struct leaf_registers *registers;
    int32_t holders
        [2][16]; /* of each register, general ones and those for doubles: a value or LEAF_NONE */
    int32_t *wishes; /* by value: a value whose register it would like */
};

/* The last argument, or the receiver where there is none, stays where a method without a frame is given it. */
static bool is_top(const struct leaf_graph *graph, int32_t number)
{
    const struct leaf_value *value = &graph->values[number];
    bool is_in_closure = value->op == LEAF_RECEIVER && leaf_is_in_closure(graph);
    return graph->span.is_frameless && !is_in_closure &&
           (value->op == LEAF_TEMP || value->op == LEAF_RECEIVER) &&
           leaf_depth_of(graph, value) == 0;
}

static bool wants_float(const struct leaf_graph *graph, int32_t value)
{
    return graph->values[value].type == LEAF_DOUBLE;
}

static void release(struct scan *scan, int32_t position)
{
    for (int kind = 0; kind < 2; kind++)
        for (int i = 0; i < 16; i++)
            if (scan->holders[kind][i] != LEAF_NONE &&
                scan->allocation->ends[scan->holders[kind][i]] <= position)
                scan->holders[kind][i] = LEAF_NONE;
}

static int free_register(const struct scan *scan, int32_t value)
{
    bool is_float = wants_float(scan->allocation->graph, value);
    bool is_frameless = scan->allocation->graph->span.is_frameless;
    const uint8_t *numbers = is_frameless ? general_frameless : general;
    int count = is_float ? FLOAT_COUNT : is_frameless ? GENERAL_FRAMELESS_COUNT : GENERAL_COUNT;
    int32_t wish = scan->wishes[value];
    if (wish != LEAF_NONE && !is_top(scan->allocation->graph, wish) &&
        scan->registers->places[wish].kind == LEAF_IN_REGISTER &&
        scan->holders[is_float][scan->registers->places[wish].number] == LEAF_NONE &&
        wants_float(scan->allocation->graph, wish) == is_float)
        return scan->registers->places[wish].number;
    for (int i = 0; i < count; i++) {
        int number = is_float ? i : numbers[i];
        if (scan->holders[is_float][number] == LEAF_NONE)
            return number;
    }
    return -1;
}

/* The value in a register that is needed longest, if that is longer than another one. */
static int32_t longest_holder(const struct scan *scan, int32_t value)
{
    bool is_float = wants_float(scan->allocation->graph, value);
    int32_t longest = value;
    for (int i = 0; i < 16; i++) {
        int32_t holder = scan->holders[is_float][i];
        if (holder != LEAF_NONE && scan->allocation->ends[holder] > scan->allocation->ends[longest])
            longest = holder;
    }
    return longest;
}

static void place_value(struct scan *scan, const struct interval *interval)
{
    struct leaf_registers *registers = scan->registers;
    int32_t value = interval->value;
    release(scan, interval->start);
    if (is_top(scan->allocation->graph, value)) {
        registers->places[value] = (struct leaf_place){LEAF_IN_REGISTER, R8};
        return;
    }
    int found = free_register(scan, value);
    if (found < 0) {
        int32_t longest = longest_holder(scan, value);
        struct leaf_place slot = {LEAF_ON_STACK, registers->slot_count++};
        if (longest == value) {
            registers->places[value] = slot;
            return;
        }
        found = registers->places[longest].number;
        registers->places[longest] = slot;
    }
    registers->places[value] = (struct leaf_place){LEAF_IN_REGISTER, found};
    bool is_float = wants_float(scan->allocation->graph, value);
    scan->holders[is_float][found] = value;
    if (!is_float)
        registers->used |= 1U << found;
}

/* A phi and what comes to it would like to share a register; so would a sum and its left operand. */
static void make_wishes(const struct leaf_graph *graph, int32_t *wishes)
{
    for (int32_t i = 0; i < graph->value_count; i++)
        wishes[i] = LEAF_NONE;
    for (int32_t i = 0; i < graph->value_count; i++) {
        const struct leaf_value *value = &graph->values[i];
        if (!value->is_used)
            continue;
        if (value->op == LEAF_PHI) {
            for (int32_t j = 0; j < graph->blocks[value->block].predecessor_count; j++) {
                int32_t input = graph->inputs[value->number + j];
                if (input < 0)
                    continue;
                if (input > i)
                    wishes[input] = i;
                else if (wishes[i] == LEAF_NONE)
                    wishes[i] = input;
            }
        } else if (wishes[i] == LEAF_NONE && value->op >= LEAF_ADD &&
                   value->op <= LEAF_FLOAT_DIVIDE) {
            wishes[i] = value->left;
        }
    }
}

bool leaf_registers_open(struct leaf_registers *registers, const struct leaf_graph *graph)
{
    size_t count = (size_t)graph->value_count;
    struct allocation allocation = {.graph = graph, .words = (count + 63) / 64};
    *registers = (struct leaf_registers){.places = calloc(count, sizeof *registers->places)};
    size_t sets = allocation.words * ((size_t)graph->block_count + 1) * sizeof(uint64_t);
    char *room = calloc(1, sets + 64 * allocation.words * 3 * sizeof(int32_t) +
                               count * sizeof(struct interval));
    if (registers->places == NULL || room == NULL) {
        free(room);
        leaf_registers_close(registers);
        return false;
    }
    allocation.live = (uint64_t *)(void *)room;
    allocation.live_in = allocation.live + allocation.words;
    allocation.starts = (int32_t *)(void *)(room + sets);
    allocation.ends = allocation.starts + 64 * allocation.words;
    int32_t *wishes = allocation.ends + 64 * allocation.words;
    allocation.intervals = (struct interval *)(void *)(wishes + 64 * allocation.words);
    find_intervals(&allocation);
    make_wishes(graph, wishes);
    struct scan scan = {.allocation = &allocation, .registers = registers, .wishes = wishes};
    for (int i = 0; i < 16; i++)
        scan.holders[0][i] = scan.holders[1][i] = LEAF_NONE;
    for (size_t i = 0; i < allocation.interval_count; i++)
        place_value(&scan, &allocation.intervals[i]);
    free(room);
    return true;
}

void leaf_registers_close(struct leaf_registers *registers)
{
    free(registers->places);
    *registers = (struct leaf_registers){NULL, 0, 0};
}
