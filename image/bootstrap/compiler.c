#include "image/bootstrap/compiler.h"

#include "image/bootstrap/generator.h"
#include "image/bootstrap/parser.h"
#include "image/bootstrap/scope.h"
#include "vm/base/utf8.h"

enum { SOURCE_SIZE_MAX = 16 << 20 };

static bool is_readable(struct text source, struct source_error *error)
{
    size_t bad_offset;
    if (source.size > SOURCE_SIZE_MAX)
        return source_fail(error, 0, "the source is larger than 16 MB");
    if (!utf8_is_valid(source.bytes, source.size, &bad_offset))
        return source_fail(error, bad_offset, "the text is not valid UTF-8");
    return true;
}

static struct code_description *compile_tree(struct method_node *method, struct text source,
                                             const struct compiler_environment *environment,
                                             const struct compiler_options *options,
                                             struct source_error *error)
{
    if (method == NULL || !scope_analyse(method, environment, error))
        return NULL;
    struct code_description *code = generate_method(method, options, error);
    if (code != NULL)
        code->source = source;
    return code;
}

struct code_description *compile_method(struct text source,
                                        const struct compiler_environment *environment,
                                        const struct compiler_options *options,
                                        struct source_error *error)
{
    if (!is_readable(source, error))
        return NULL;
    return compile_tree(parse_method(source, error), source, environment, options, error);
}

static struct node *return_node(struct node *result, size_t start)
{
    struct node *node = NEW(struct node);
    node->kind = NODE_RETURN;
    node->start = start;
    node->limit = start;
    node->as.result = result;
    return node;
}

/* The last statement's value becomes the answer; nil that of no statement. */
static void answer_last(struct method_node *method)
{
    struct sequence *body = &method->body;
    size_t count = body->statement_count;
    if (count > 0) {
        struct node *last = body->statements[count - 1];
        if (last->kind != NODE_RETURN)
            body->statements[count - 1] = return_node(last, last->start);
        return;
    }
    struct node *nil = NEW(struct node);
    nil->kind = NODE_VARIABLE;
    nil->as.variable.name = text_from("nil");
    body->statements = NEW_ARRAY(struct node *, 1);
    body->statements[0] = return_node(nil, 0);
    body->statement_count = 1;
}

struct code_description *compile_statements(struct text source,
                                            const struct compiler_environment *environment,
                                            const struct compiler_options *options,
                                            struct source_error *error)
{
    if (!is_readable(source, error))
        return NULL;
    struct method_node *method = parse_statements(source, error);
    if (method != NULL)
        answer_last(method);
    return compile_tree(method, source, environment, options, error);
}
