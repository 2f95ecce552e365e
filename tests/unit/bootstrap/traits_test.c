/* Traits in the text of packages: headers, compositions, what users get, and what is wrong with them. */
#include "tonel_fixture.h"

#include "image/bootstrap/composition.h"

/* Object, Class and Trait, and what is given. */
static struct fixture *model_of(const char *first, const char *second, const char *third)
{
    struct fixture *read = fixture();
    read_text(read, "Class { #name : 'Object', #superclass : 'nil' }\nObject >> hash [ ^1 ]\n");
    read_text(read, "Class { #name : 'Class', #superclass : 'Object', #instVars : ['name'] }");
    read_text(read, "Class { #name : 'Trait', #superclass : 'Class' }");
    read_text(read, first);
    if (second != NULL)
        read_text(read, second);
    if (third != NULL)
        read_text(read, third);
    read->model = model_make(&read->sources);
    return read;
}

static void assert_only_problem(const struct fixture *fixture, const char *expected)
{
    assert_problem(fixture, 0, expected);
    assert_int_equal(fixture->diagnostics.items.count, 1);
}

/* The selectors of the methods, each followed by a space. */
static void assert_selectors(const struct list *methods, const char *expected)
{
    struct buffer buffer = {NULL, 0, 0};
    for (size_t i = 0; i < methods->count; i++) {
        const struct tonel_method *method = methods->items[i];
        buffer_add(&buffer, method->selector.bytes, method->selector.size);
        buffer_add(&buffer, " ", 1);
    }
    assert_string_equal(text_c_string(buffer_text(&buffer)), expected);
}

static const struct model_class *class_of(const struct fixture *fixture, const char *name)
{
    const struct model_class *class = model_find(fixture->model, text_from(name));
    assert_non_null(class);
    return class;
}

static const char *const T1 = "Trait { #name : 'T1', #instVars : [ 'a' ] }\n"
                              "T1 >> foo [ ^a ]\nT1 >> at: i put: x [ ^x ]\n"
                              "T1 class >> make [ ^self new ]\n";

static void both_styles_of_headers_are_read(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, "\"\nI am.\n\"\nTrait {\n\t#name : #T1,\n\t#traits : 'T2',\n\t#classTraits : "
                    "'T2 classTrait',\n\t#instVars : [\n\t\t'a'\n\t],\n\t#category : #Test\n}\n"
                    "\n{ #category : #x }\nT1 classSide >> new [ ^1 ]\n");
    read_text(read, "Trait {\n\t#name : 'T3',\n\t#category : 'Test',\n\t#package : 'Test'\n}\n");

    assert_int_equal(read->diagnostics.items.count, 0);
    const struct tonel_class *trait = read->sources.classes.items[0];
    assert_true(trait->is_trait);
    assert_string_equal(text_c_string(trait->comment), "I am.");
    assert_string_equal(text_c_string(trait->class_traits->name), "T2");
    assert_true(trait->class_traits->is_class_side);
    assert_false(trait->traits->is_class_side);
    assert_true(((const struct tonel_method *)read->sources.methods.items[0])->is_class_side);
}

static const struct composition *part(const struct composition *composition, size_t index)
{
    assert_true(index < composition->parts.count);
    return composition->parts.items[index];
}

static void a_composition_is_read_from_left_to_right(void **state)
{
    struct source_error error = {.failed = false};
    (void)state;

    const struct composition *sum = composition_read(
        text_from("(T1 - #a) + {T2. T3} @ {#x:y: -> #at:put:. #b->#c} - #(d e:f: +) -- #v + T4"),
        &error);

    assert_non_null(sum);
    assert_int_equal(sum->kind, COMPOSITION_SUM);
    assert_string_equal(text_c_string(part(sum, 1)->name), "T4");
    assert_int_equal(part(sum, 0)->kind, COMPOSITION_REMOVE_VARIABLES);
    const struct composition *removed = part(part(sum, 0), 0);
    assert_int_equal(removed->kind, COMPOSITION_REMOVE_METHODS);
    assert_int_equal(removed->names.count, 3);
    assert_string_equal(text_c_string(*(struct text *)removed->names.items[1]), "e:f:");
    assert_string_equal(text_c_string(*(struct text *)removed->names.items[2]), "+");
    const struct composition *aliases = part(removed, 0);
    assert_int_equal(aliases->kind, COMPOSITION_ALIAS);
    assert_string_equal(text_c_string(*(struct text *)aliases->old_names.items[0]), "at:put:");
    const struct composition *inner = part(aliases, 0);
    assert_int_equal(inner->kind, COMPOSITION_SUM);
    assert_int_equal(inner->parts.count, 3);
    assert_int_equal(part(part(inner, 0), 0)->offset, 1);
}

static void the_empty_composition_has_no_traits(void **state)
{
    struct source_error error = {.failed = false};
    (void)state;

    assert_int_equal(composition_read(text_from("{}"), &error)->parts.count, 0);
    assert_int_equal(composition_read(text_from("{} + {}"), &error)->parts.count, 0);
    assert_int_equal(composition_read(text_from("{} + {T1}"), &error)->kind, COMPOSITION_TRAIT);
}

static void a_deep_composition_is_refused(void **state)
{
    struct buffer text = {NULL, 0, 0};
    struct source_error error = {.failed = false};
    (void)state;

    buffer_add(&text, "T1", 2);
    for (int i = 0; i < 100000; i++)
        buffer_add(&text, "-#a", 3);
    assert_null(composition_read(buffer_text(&text), &error));

    assert_string_equal(error.sentence, "the composition of traits is nested too deep");
}

static void a_broken_composition_is_placed_in_its_file(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, "Trait { #name : 'A', #traits : 'T1 T2' }");
    read_text(read, "Trait { #name : 'A', #traits : 'T1 + ' }");
    read_text(read, "Trait { #name : 'A', #traits : 'T1 - 3' }");
    read_text(read, "Trait { #name : 'A', #traits : 'T1 @ {#a: -> #b}' }");
    read_text(read, "Trait { #name : 'A', #traits : '(T1' }");
    read_text(read, "Trait { #name : 'A', #traits : ['T1'] }");
    read_text(read, "Trait { #name : 'A', #superclass : 'Object' }");
    read_text(read, "Trait { #instVars : ['a'] }");
    read_text(read, "Trait { #name : 'A', #classVars : ['V'] }");
    read_text(read, "Trait { #name : 'A', #traits : 'T1 + T2 + T1' }");
    read_text(read, "Trait { #name : 'A', #traits : 'T1 @ {#a -> #a}' }");

    assert_problem(read, 0, "1:36: +, - or @ is missing between traits");
    assert_problem(read, 1, "1:38: the name of a trait is missing");
    assert_problem(read, 2,
                   "1:38: a selector such as #foo is missing in the composition of traits");
    assert_problem(read, 3, "1:43: a: has not as many arguments as b");
    assert_problem(read, 4, "1:36: ) is missing in the composition of traits");
    assert_problem(read, 5, "1:32: #traits must be a string");
    assert_problem(read, 6, "1:36: a trait has no #superclass");
    assert_problem(read, 7, "1:7: the trait has no #name");
    assert_problem(read, 8, "1:35: a trait has no #classVars");
    assert_problem(read, 9, "1:43: T1 is added twice");
    assert_problem(read, 10, "1:42: a is an alias of itself");
}

static void users_get_methods_and_variables(void **state)
{
    struct fixture *read = model_of(
        T1,
        "Class { #name : 'C', #superclass : 'Object', #instVars : ['own'], #traits : 'T1' }\n"
        "C >> foo [ ^own ]\n",
        "Class { #name : 'D', #superclass : 'C' }\nD >> bar [ ^a ]\n");
    const struct model_class *user = class_of(read, "C");
    (void)state;

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_selectors(&user->methods, "foo at:put: ");
    assert_selectors(&user->class_methods, "make ");
    assert_int_equal(user->slot_count, 2);
    const struct tonel_method *copy = user->methods.items[1];
    assert_string_equal(text_c_string(copy->origin->class_name), "T1");
    assert_null(((const struct tonel_method *)user->methods.items[0])->origin);
    const struct model_class *below = class_of(read, "D");
    assert_non_null(model_compile(read->model, below, below->methods.items[0], false));
}

static void traits_may_use_traits(void **state)
{
    struct fixture *read = model_of(
        "Class { #name : 'C', #superclass : 'Object', #traits : 'T3 + T1' }",
        "Trait { #name : 'T3', #traits : 'T1 @ {#in:store: -> #at:put:} - {#at:put:}' }", T1);
    const struct model_class *user = class_of(read, "C");
    (void)state;

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_selectors(&user->methods, "foo in:store: at:put: ");
    assert_int_equal(user->slot_count, 1);
    const struct tonel_method *alias = user->methods.items[1];
    assert_string_equal(text_c_string(alias->source), "in: i store: x ^x");
    assert_string_equal(text_c_string(alias->origin->selector), "at:put:");
}

static void what_is_only_required_may_come_from_elsewhere(void **state)
{
    struct fixture *read = model_of(
        "Trait { #name : 'T1' }\nT1 >> hash [ ^self explicitRequirement ]\n"
        "T1 >> foo [ ^self explicitRequirement ]\nT1 >> bar [ ^self explicitRequirement ]\n",
        "Trait { #name : 'T2' }\nT2 >> foo [ ^1 ]\n",
        "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + T2' }");
    const struct model_class *user = class_of(read, "C");
    (void)state;

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_selectors(&user->methods, "foo bar ");
    assert_string_equal(
        text_c_string(((const struct tonel_method *)user->methods.items[0])->origin->class_name),
        "T2");
}

static void an_unknown_trait_is_an_error(void **state)
{
    (void)state;

    assert_only_problem(
        model_of("Class { #name : 'C', #superclass : 'Object', #traits : 'Nope' }", NULL, NULL),
        "1:57: Nope is used as a trait but not defined");
    assert_only_problem(
        model_of(T1, "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + Object' }",
                 NULL),
        "1:62: Object is a class, not a trait");
    assert_only_problem(model_of(T1, "Class { #name : 'C', #superclass : 'T1' }", NULL),
                        "1:1: the superclass T1 of C is a trait");
}

static void a_circle_of_traits_is_an_error(void **state)
{
    (void)state;

    assert_only_problem(model_of("Trait { #name : 'T1', #traits : 'T2' }",
                                 "Trait { #name : 'T2', #traits : 'T1' }", NULL),
                        "1:34: T1 uses itself as a trait");
    assert_only_problem(
        model_of("Trait { #name : 'T1', #traits : 'T1' }\nT1 >> foo [ ^1 ]", NULL, NULL),
        "1:34: T1 uses itself as a trait");
}

static void a_circle_of_class_sides_is_an_error(void **state)
{
    (void)state;

    assert_only_problem(model_of("Trait { #name : 'T1', #classTraits : 'T2 classTrait' }",
                                 "Trait { #name : 'T2', #classTraits : 'T1 classTrait' }", NULL),
                        "1:39: T1 uses itself as a trait");
}

static void a_conflict_is_an_error_that_names_both_traits(void **state)
{
    static const char other[] = "Trait { #name : 'T2' }\nT2 >> foo [ ^2 ]\n";
    struct fixture *solved =
        model_of(T1, other,
                 "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + T2' }\n"
                 "C >> foo [ ^3 ]\n");
    (void)state;

    assert_only_problem(
        model_of(T1, other, "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + T2' }"),
        "1:1: C gets foo from both T1 and T2: leave one of them out");
    assert_int_equal(solved->diagnostics.items.count, 0);
    assert_int_equal(
        model_of(T1, other,
                 "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + T2 - #foo' }")
            ->diagnostics.items.count,
        0);
    assert_only_problem(
        model_of(T1, other,
                 "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + T2 @ {#x -> #foo} - "
                 "#foo' }"),
        "1:1: C gets x from both T1 and T2: leave one of them out");
}

static void a_preferred_trait_wins_in_conflicts(void **state)
{
    static const char other[] = "Trait { #name : 'T2', #instVars : ['b'] }\nT2 >> foo [ ^b ]\n"
                                "T2 class >> make [ ^2 ]\n";
    struct fixture *read = model_of(T1, other,
                                    "Class { #name : 'C', #superclass : 'Object', "
                                    "#traits : '(T1 + T2 withPrecedenceOf: T2)' }");
    const struct model_class *user = class_of(read, "C");
    (void)state;

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_int_equal(user->slot_count, 2);
    assert_selectors(&user->methods, "foo at:put: ");
    assert_selectors(&user->class_methods, "make ");
    const struct tonel_method *copy = user->methods.items[0];
    const struct tonel_method *class_copy = user->class_methods.items[0];
    assert_string_equal(text_c_string(copy->origin->class_name), "T2");
    assert_string_equal(text_c_string(class_copy->origin->class_name), "T2");
}

static void variables_in_conflict_are_errors(void **state)
{
    (void)state;

    assert_only_problem(
        model_of(T1, "Trait { #name : 'T2', #instVars : ['a'] }",
                 "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + T2' }"),
        "1:1: T1 and T2, which C uses, both define the variable a");
    assert_only_problem(model_of(T1,
                                 "Class { #name : 'C', #superclass : 'Object', #instVars : ['a'] }",
                                 "Class { #name : 'D', #superclass : 'C', #traits : 'T1' }"),
                        "1:1: D has two instance variables a");
}

static void own_variables_stand_for_those_of_traits(void **state)
{
    struct fixture *read = model_of(
        T1, "Trait { #name : 'T2', #instVars : ['a', 'b'] }",
        "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + T2', #instVars : ['a'] }");
    struct fixture *removed =
        model_of(T1, "Trait { #name : 'T2', #instVars : ['a', 'b'] }",
                 "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 + (T2 -- #a)' }");
    (void)state;

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_int_equal(class_of(read, "C")->slot_count, 2);
    assert_int_equal(removed->diagnostics.items.count, 0);
    assert_int_equal(class_of(removed, "C")->slot_count, 2);
}

static void an_alias_of_nothing_is_an_error(void **state)
{
    (void)state;

    assert_only_problem(
        model_of(T1, "Class { #name : 'C', #superclass : 'Object', #traits : 'T1 @ {#x -> #bar}' }",
                 NULL),
        "1:57: no trait before the alias x has a method bar");
}

static void an_error_in_a_method_of_a_trait_is_told_once(void **state)
{
    struct fixture *read =
        model_of("Trait { #name : 'T1' }\nT1 >> foo [ ^zork ]\n",
                 "Class { #name : 'C', #superclass : 'Object', #traits : 'T1' }", NULL);
    const struct model_class *trait = class_of(read, "T1");
    const struct model_class *user = class_of(read, "C");
    (void)state;

    assert_null(model_compile(read->model, trait, trait->methods.items[0], false));
    assert_null(model_compile(read->model, user, user->methods.items[0], false));
    assert_only_problem(read, "2:14: undeclared variable 'zork'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_styles_of_headers_are_read),
        cmocka_unit_test(a_composition_is_read_from_left_to_right),
        cmocka_unit_test(the_empty_composition_has_no_traits),
        cmocka_unit_test(a_deep_composition_is_refused),
        cmocka_unit_test(a_broken_composition_is_placed_in_its_file),
        cmocka_unit_test(users_get_methods_and_variables),
        cmocka_unit_test(traits_may_use_traits),
        cmocka_unit_test(what_is_only_required_may_come_from_elsewhere),
        cmocka_unit_test(an_unknown_trait_is_an_error),
        cmocka_unit_test(a_circle_of_traits_is_an_error),
        cmocka_unit_test(a_circle_of_class_sides_is_an_error),
        cmocka_unit_test(a_conflict_is_an_error_that_names_both_traits),
        cmocka_unit_test(a_preferred_trait_wins_in_conflicts),
        cmocka_unit_test(variables_in_conflict_are_errors),
        cmocka_unit_test(own_variables_stand_for_those_of_traits),
        cmocka_unit_test(an_alias_of_nothing_is_an_error),
        cmocka_unit_test(an_error_in_a_method_of_a_trait_is_told_once),
    };
    return cmocka_run_group_tests(tests, start_compiler, NULL);
}
