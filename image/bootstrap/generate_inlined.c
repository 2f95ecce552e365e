/* Messages that become tests and jumps. */
#include "image/bootstrap/generator.h"

static struct node *argument(const struct node *message, size_t index)
{
    return message->as.message.arguments[index];
}

static bool selector_starts(const struct node *message, const char *start)
{
    size_t size = strlen(start);
    struct text selector = message->as.message.selector;
    return selector.size >= size && memcmp(selector.bytes, start, size) == 0;
}

static void generate_condition(struct generator *generator, const struct node *node, bool sense,
                               uint32_t label);

/* An inlined block whose value decides. */
static void generate_block_condition(struct generator *generator, const struct node *block,
                                     bool sense, uint32_t label)
{
    const struct sequence *body = &block->as.block.body;
    if (body->statement_count == 0) {
        generate_block(generator, block, true);
        emit_jump_if(generator, sense, label);
        return;
    }
    generate_entry(generator, block->as.block.region, body);
    for (size_t i = 0; i + 1 < body->statement_count; i++)
        generate_effect(generator, body->statements[i]);
    generate_condition(generator, body->statements[body->statement_count - 1], sense, label);
}

/* Jumps to label when the node's value is `sense`, goes on otherwise; leaves nothing on the stack. */
static void generate_condition(struct generator *generator, const struct node *node, bool sense,
                               uint32_t label)
{
    uint32_t depth = generator->depth;
    if (node->kind != NODE_MESSAGE || node->as.message.inlined != INLINE_AND_OR) {
        generate_value(generator, node);
        emit_jump_if(generator, sense, label);
        generator->depth = depth;
        return;
    }
    /* What the receiver must be to decide alone. */
    bool decides = selector_starts(node, "or:");
    if (decides == sense) {
        generate_condition(generator, node->as.message.receiver, sense, label);
        generate_block_condition(generator, argument(node, 0), sense, label);
    } else {
        uint32_t decided = emit_new_label(generator);
        generate_condition(generator, node->as.message.receiver, decides, decided);
        generate_block_condition(generator, argument(node, 0), sense, label);
        emit_label(generator, decided);
    }
    generator->depth = depth;
}

static void generate_and_or(struct generator *generator, const struct node *message, bool for_value)
{
    bool decides = selector_starts(message, "or:");
    uint32_t decided = emit_new_label(generator);
    uint32_t end = emit_new_label(generator);
    uint32_t depth = generator->depth;
    generate_condition(generator, message->as.message.receiver, decides, decided);
    generate_block(generator, argument(message, 0), for_value);
    if (for_value) {
        emit_jump(generator, end);
        generator->depth = depth;
    }
    emit_label(generator, decided);
    if (for_value) {
        emit_push_boolean(generator, decides);
        emit_label(generator, end);
    }
}

/* One of two blocks, the second of which may be missing; its test has been jumped over to `other`. */
static void generate_arms(struct generator *generator, const struct node *first,
                          const struct node *second, uint32_t other, bool for_value)
{
    uint32_t depth = generator->depth;
    generate_block(generator, first, for_value);
    if (second == NULL && !for_value) {
        emit_label(generator, other);
        return;
    }
    uint32_t end = emit_new_label(generator);
    emit_jump(generator, end);
    generator->depth = depth;
    emit_label(generator, other);
    if (second != NULL)
        generate_block(generator, second, for_value);
    else
        emit_push_nil(generator);
    emit_label(generator, end);
}

static void generate_if(struct generator *generator, const struct node *message, bool for_value)
{
    bool first_when = selector_starts(message, "ifTrue:");
    uint32_t other = emit_new_label(generator);
    generate_condition(generator, message->as.message.receiver, !first_when, other);
    generate_arms(generator, argument(message, 0),
                  message->as.message.argument_count > 1 ? argument(message, 1) : NULL, other,
                  for_value);
}

static void emit_test_nil(struct generator *generator)
{
    emit_push_nil(generator);
    emit_send(generator, text_from("=="), 1, false);
}

/* x ifNil: [y], for its value: x stays on the stack where it is not nil. */
static void generate_default(struct generator *generator, const struct node *message)
{
    uint32_t end = emit_new_label(generator);
    generate_value(generator, message->as.message.receiver);
    emit_duplicate(generator);
    emit_test_nil(generator);
    emit_jump_if(generator, false, end);
    emit_pop(generator);
    generate_block(generator, argument(message, 0), true);
    emit_label(generator, end);
}

static void generate_if_nil(struct generator *generator, const struct node *message, bool for_value)
{
    bool nil_first = selector_starts(message, "ifNil:");
    size_t count = message->as.message.argument_count;
    if (nil_first && count == 1 && for_value) {
        generate_default(generator, message);
        return;
    }
    const struct node *not_nil =
        nil_first ? (count > 1 ? argument(message, 1) : NULL) : argument(message, 0);
    uint32_t other = emit_new_label(generator);
    generate_value(generator, message->as.message.receiver);
    if (not_nil != NULL && not_nil->as.block.argument_count == 1)
        emit_store_variable(generator, not_nil->as.block.arguments[0].variable, false);
    emit_test_nil(generator);
    emit_jump_if(generator, !nil_first, other);
    generate_arms(generator, argument(message, 0), count > 1 ? argument(message, 1) : NULL, other,
                  for_value);
}

static void generate_while(struct generator *generator, const struct node *message, bool for_value)
{
    bool goes_on = selector_starts(message, "whileTrue");
    uint32_t top = emit_new_label(generator);
    uint32_t end = emit_new_label(generator);
    emit_label(generator, top);
    generate_block_condition(generator, message->as.message.receiver, !goes_on, end);
    if (message->as.message.argument_count > 0)
        generate_block(generator, argument(message, 0), false);
    emit_jump(generator, top);
    emit_label(generator, end);
    if (for_value)
        emit_push_nil(generator);
}

static void generate_repeat(struct generator *generator, const struct node *message)
{
    uint32_t top = emit_new_label(generator);
    emit_label(generator, top);
    generate_block(generator, message->as.message.receiver, false);
    emit_jump(generator, top);
}

static bool is_negative(const struct literal *number)
{
    switch (number->kind) {
    case LITERAL_INTEGER:
        return number->as.integer < 0;
    case LITERAL_LARGE_INTEGER:
        return number->as.large.negative;
    case LITERAL_FLOAT:
        return number->as.float_bits >> 63 != 0;
    default:
        return is_negative(number->as.ratio.numerator);
    }
}

struct counted_loop {
    const struct variable *counter;
    const struct variable *limit; /* NULL: limit_literal */
    const struct literal *limit_literal;
    const struct literal *step;
    const struct node *body;
};

static void generate_counted(struct generator *generator, const struct counted_loop *loop)
{
    uint32_t top = emit_new_label(generator);
    uint32_t end = emit_new_label(generator);
    emit_label(generator, top);
    emit_push_variable(generator, loop->counter);
    if (loop->limit != NULL)
        emit_push_variable(generator, loop->limit);
    else
        emit_push_literal(generator, loop->limit_literal);
    emit_send(generator, text_from(is_negative(loop->step) ? ">=" : "<="), 1, false);
    emit_jump_if(generator, false, end);
    generate_block(generator, loop->body, false);
    emit_push_variable(generator, loop->counter);
    emit_push_literal(generator, loop->step);
    emit_send(generator, text_from("+"), 1, false);
    emit_store_variable(generator, loop->counter, true);
    emit_jump(generator, top);
    emit_label(generator, end);
}

/* The value is the receiver. */
static void generate_to_do(struct generator *generator, const struct node *message, bool for_value)
{
    size_t count = message->as.message.argument_count;
    struct counted_loop loop = {.body = argument(message, count - 1),
                                .limit = message->as.message.hidden[0]};
    loop.counter = loop.body->as.block.arguments[0].variable;
    loop.step = count == 3 ? argument(message, 1)->as.literal : literal_integer(1);
    generate_value(generator, message->as.message.receiver);
    if (for_value)
        emit_duplicate(generator);
    emit_store_variable(generator, loop.counter, true);
    if (loop.limit != NULL) {
        generate_value(generator, argument(message, 0));
        emit_store_variable(generator, loop.limit, true);
    } else {
        loop.limit_literal = argument(message, 0)->as.literal;
    }
    generate_counted(generator, &loop);
}

static void generate_times(struct generator *generator, const struct node *message, bool for_value)
{
    struct counted_loop loop = {.body = argument(message, 0),
                                .limit = message->as.message.hidden[0],
                                .counter = message->as.message.hidden[1],
                                .step = literal_integer(1)};
    generate_value(generator, message->as.message.receiver);
    if (for_value)
        emit_duplicate(generator);
    emit_store_variable(generator, loop.limit, true);
    emit_push_integer(generator, 1);
    emit_store_variable(generator, loop.counter, true);
    generate_counted(generator, &loop);
}

void generate_inlined(struct generator *generator, const struct node *message, bool for_value)
{
    switch (message->as.message.inlined) {
    case INLINE_NONE:
        break;
    case INLINE_IF:
        generate_if(generator, message, for_value);
        break;
    case INLINE_AND_OR:
        generate_and_or(generator, message, for_value);
        break;
    case INLINE_IF_NIL:
        generate_if_nil(generator, message, for_value);
        break;
    case INLINE_WHILE:
        generate_while(generator, message, for_value);
        break;
    case INLINE_REPEAT:
        generate_repeat(generator, message);
        break;
    case INLINE_TO_DO:
        generate_to_do(generator, message, for_value);
        break;
    case INLINE_TIMES:
        generate_times(generator, message, for_value);
        break;
    }
}
