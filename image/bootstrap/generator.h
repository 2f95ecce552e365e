/*
 * From the analysed tree to code descriptions.
 *
 * Two ways to generate a node: for its value (one more on the stack) or for its effect. Code that cannot be reached is not
 * emitted; "reachable" is known because jumps are structured. The depth of the stack is counted along.
 *
 * generator.c walks the tree, generate_inlined.c turns messages into jumps, emit.c knows the bytecodes.
 */
#ifndef VIV_BOOTSTRAP_GENERATOR_H
#define VIV_BOOTSTRAP_GENERATOR_H

#include "image/bootstrap/assembler.h"
#include "image/bootstrap/ast.h"
#include "image/bootstrap/scope.h"

struct generator {
    const struct compiler_options *options;
    struct source_error *error;
    const struct scope *scope;
    struct assembler assembler;
    struct list literals;
    uint32_t depth;
    uint32_t depth_max;
    bool reachable;
    bool is_block;
};

/* Generates the method; NULL and an error when a limit is exceeded. */
struct code_description *generate_method(const struct method_node *method,
                                         const struct compiler_options *options,
                                         struct source_error *error);

void generate_value(struct generator *generator, const struct node *node);
void generate_effect(struct generator *generator, const struct node *node);
void generate_inlined(struct generator *generator, const struct node *message, bool for_value);
/* An inlined block's statements. */
void generate_block(struct generator *generator, const struct node *block, bool for_value);
/* Makes the region's vector, if it has one, and clears temporaries that an earlier round may have left. */
void generate_entry(struct generator *generator, const struct region *region,
                    const struct sequence *sequence);

/* emit.c */
uint32_t emit_literal_index(struct generator *generator, const struct literal *literal);
void emit_push_literal(struct generator *generator, const struct literal *literal);
void emit_push_integer(struct generator *generator, int32_t value);
void emit_push_variable(struct generator *generator, const struct variable *variable);
void emit_push_temporary(struct generator *generator, uint32_t index);
void emit_store_variable(struct generator *generator, const struct variable *variable, bool pop);
void emit_push_nil(struct generator *generator);
void emit_push_boolean(struct generator *generator, bool value);
void emit_pop(struct generator *generator);
void emit_duplicate(struct generator *generator);
void emit_send(struct generator *generator, struct text selector, size_t argument_count,
               bool is_super);
void emit_new_array(struct generator *generator, size_t count, bool filled);
void emit_closure(struct generator *generator, const struct literal *block, size_t copied_count,
                  bool needs_outer);
void emit_primitive(struct generator *generator, uint32_t number,
                    const struct variable *error_code);
/* Returns what is on the stack, or self, true, false or nil without pushing it. */
void emit_return_top(struct generator *generator);
void emit_return_known(struct generator *generator, enum variable_kind kind);
void emit_block_return(struct generator *generator, bool nil);

uint32_t emit_new_label(struct generator *generator);
void emit_label(struct generator *generator, uint32_t label);
void emit_jump(struct generator *generator, uint32_t label);
void emit_jump_if(struct generator *generator, bool condition, uint32_t label);

#endif
