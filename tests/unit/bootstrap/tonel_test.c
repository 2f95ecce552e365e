/* Packages and manifests: what is read from the text, and where errors are. */
#include "tonel_fixture.h"

#include "image/bootstrap/manifest.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct tonel_method *method_at(const struct fixture *fixture, size_t index)
{
    assert_true(index < fixture->sources.methods.count);
    return fixture->sources.methods.items[index];
}

static const struct tonel_class *class_at(const struct fixture *fixture, size_t index)
{
    assert_true(index < fixture->sources.classes.count);
    return fixture->sources.classes.items[index];
}

static void assert_text(struct text text, const char *expected)
{
    assert_string_equal(text_c_string(text), expected);
}

#define OBJECT "Class { #name : 'Object', #superclass : 'nil' }\n"

static void a_class_has_all_its_parts(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read,
              "\"\nI say \"\"hello\"\".\n\"\nClass {\n\t#name : 'Foo',\n\t#superclass : #Bar,\n"
              "\t#type : 'variable',\n\t#instVars : [ 'a', 'b' ],\n\t#classVars : ['C'],\n"
              "\t#classInstVars : [],\n\t#pools : [ 'P' ],\n\t#category : 'Test-Tag',\n"
              "\t#package : 'Test',\n\t#tag : { #x : 1 }\n}\n");

    const struct tonel_class *class = class_at(read, 0);
    assert_int_equal(read->diagnostics.items.count, 0);
    assert_text(class->name, "Foo");
    assert_text(class->superclass, "Bar");
    assert_text(class->comment, "I say \"hello\".");
    assert_int_equal(class->kind, CLASS_VARIABLE);
    assert_int_equal(class->instance_variables.count, 2);
    assert_text(class->instance_variables.items[1], "b");
    assert_text(class->class_variables.items[0], "C");
    assert_text(class->pools.items[0], "P");
    assert_text(class->category, "Test-Tag");
    assert_text(class->package, "Test");
}

static void a_method_keeps_pattern_and_body(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read,
              OBJECT "\n{ #category : 'accessing' }\nObject >> at: x put: y [\n\n\t^ x at: y\n]\n"
                     "\n{ #category : #testing }\nObject class >> isFoo [ ^true ]\n"
                     "\nObject >> + other [^other]\n");

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_int_equal(read->sources.methods.count, 3);
    assert_text(method_at(read, 0)->selector, "at:put:");
    assert_text(method_at(read, 0)->source, "at: x put: y\n\n\t^ x at: y");
    assert_text(method_at(read, 0)->protocol, "accessing");
    assert_true(method_at(read, 1)->is_class_side);
    assert_text(method_at(read, 1)->source, "isFoo ^true");
    assert_text(method_at(read, 1)->protocol, "testing");
    assert_text(method_at(read, 2)->source, "+ other ^other");
}

static void brackets_in_literals_do_not_end_a_body(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read,
              OBJECT "Object >> foo [\n\t\"] [\"\n\t^ { $]. ']'. #']'. #[1 2]. [:x | x]. #($[ "
                     "[1]) }\n]\nObject >> bar [ ^$[ ]\n");

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_int_equal(read->sources.methods.count, 2);
    assert_text(method_at(read, 1)->source, "bar ^$[");
}

static void an_error_in_a_method_is_placed_in_its_file(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, OBJECT "{ #category : 'x' }\nObject >> foo [\n\t^ 3 +\n]\n"
                           "Object >> bar: x [^zork]\n");
    struct model *model = model_make(&read->sources);
    const struct model_class *object = model_find(model, text_from("Object"));
    assert_null(model_compile(model, object, object->methods.items[0], false));
    assert_null(model_compile(model, object, object->methods.items[1], false));

    assert_problem(read, 0, "4:7: an expression is missing");
    assert_problem(read, 1, "6:20: undeclared variable 'zork'");
}

static void reading_goes_on_after_an_error(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, OBJECT "{ #category : 'x' }\nObject >> foo ]\n\n{ #category : 'y' }\n"
                           "Object >> bar [ ^1 ]\n");

    assert_problem(read, 0, "3:15: [ is missing after the method's pattern");
    assert_int_equal(read->sources.methods.count, 1);
    assert_text(method_at(read, 0)->selector, "bar");
}

static void broken_headers_are_named(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, "Class { #superclass : 'Object' }");
    read_text(read, "Class { #name : 'A' }");
    read_text(read, "Class { #name : 'A', #superclass : 'B', #type : 'odd' }");
    read_text(read, "Class { #name : 'A' #superclass : 'B' }");
    read_text(read, "Thing { #name : 'A' }");
    read_text(read, "Class { #name : 'A', #superclass : 'B', #instVars : [ '1' ] }");
    read_text(read, OBJECT "Object >> foo [ ^1");

    assert_problem(read, 0, "1:7: the class has no #name");
    assert_problem(read, 1, "1:7: class A has no #superclass");
    assert_problem(read, 2, "1:49: odd is no type of class");
    assert_problem(read, 3, "1:21: , or } is missing in the header");
    assert_problem(read, 4, "1:1: Class {, Trait { or Extension { is missing");
    assert_problem(read, 5, "1:55: a variable's name is expected in #instVars");
    assert_problem(read, 6, "2:15: the body that begins here has no end");
}

static void superclasses_come_first_whatever_the_order(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, "Class { #name : 'C', #superclass : 'B', #instVars : ['c'] }");
    read_text(read, "Class { #name : 'B', #superclass : 'Object', #instVars : ['b1', 'b2'] }");
    read_text(read, OBJECT);
    struct model *model = model_make(&read->sources);

    assert_int_equal(read->diagnostics.items.count, 0);
    assert_text(((struct model_class *)model->classes.items[0])->definition->name, "Object");
    assert_text(((struct model_class *)model->classes.items[2])->definition->name, "C");
    assert_int_equal(model_find(model, text_from("C"))->slot_count, 3);
}

static void contradictions_are_errors(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, OBJECT "Object >> foo [ ^1 ]\nObject >> foo [ ^2 ]\nNope >> foo [ ^3 ]\n");
    read_text(read, OBJECT);
    read_text(read, "Class { #name : 'A', #superclass : 'B' }");
    read_text(read, "Class { #name : 'B', #superclass : 'A' }");
    read_text(read, "Class { #name : 'D', #superclass : 'E' }");
    read_text(read, "Class { #name : 'F', #superclass : 'Object', #instVars : ['x', 'x'] }");
    model_make(&read->sources);

    assert_problem(read, 0, "1:1: class Object is defined twice");
    assert_problem(read, 1, "1:1: the superclass E of D is not defined");
    assert_problem(read, 2, "1:1: A inherits from itself");
    assert_problem(read, 3, "1:1: F has two instance variables x");
    assert_problem(read, 4, "3:11: Object defines foo twice");
    assert_problem(read, 5, "4:9: class Nope is not defined");
}

static void names_are_looked_up_from_the_inside_out(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    read_text(read, "Class { #name : 'Object', #superclass : 'nil', #classVars : ['V'] }");
    read_text(read, "Class { #name : 'Pool', #superclass : 'Object', #classVars : ['W'] }");
    read_text(
        read,
        "Class { #name : 'A', #superclass : 'Object', #instVars : ['x'], #classInstVars : ['y'], "
        "#pools : ['Pool'] }\nA >> foo [ ^{x. V. W. A. Zork} ]\n"
        "A class >> foo [ ^{y. V. W} ]\nA >> bar [ A := 1 ]\n");
    struct model *model = model_make(&read->sources);
    const struct model_class *class = model_find(model, text_from("A"));
    struct code_description *code = model_compile(model, class, class->methods.items[0], false);
    struct code_description *class_code =
        model_compile(model, class, class->class_methods.items[0], false);
    struct code_description *bad = model_compile(model, class, class->methods.items[1], false);

    assert_non_null(class_code);
    assert_int_equal(code->literals[0]->as.binding.kind, BINDING_CLASS_VARIABLE);
    assert_text(code->literals[0]->as.binding.owner, "Object");
    assert_text(code->literals[1]->as.binding.owner, "Pool");
    assert_int_equal(code->literals[2]->as.binding.kind, BINDING_GLOBAL);
    assert_int_equal(code->literals[3]->as.binding.kind, BINDING_UNDECLARED);
    assert_null(bad);
    assert_problem(read, 0, "2:26: Zork is not defined");
    assert_problem(read, 1, "4:12: A cannot be assigned");
}

static void write_file(const char *folder, const char *name, const char *contents)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(contents, file);
    fclose(file);
}

static void a_manifest_names_folders_beside_it(void **state)
{
    char folder[] = "/tmp/viv-tonel-XXXXXX";
    char package[100];
    char path[100];
    struct fixture *read = fixture();
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(package, sizeof package, "%s/Pkg", folder);
    snprintf(path, sizeof path, "%s/manifest", folder);
    mkdir(package, 0700);
    write_file(folder, "manifest",
               "# a comment\n\nPkg\n../Other\nglobal Foo\nfirst Symbol\n"
               "start World begin\nbad line here\n");
    write_file(package, "B.class.st", "Class { #name : 'B', #superclass : 'A' }");
    write_file(package, "A.class.st", OBJECT);
    write_file(package, "package.st", "Package { #name : 'Pkg' }");
    write_file(package, "notes.txt", "Class nonsense");

    struct manifest *manifest = manifest_read(text_from(path), &read->diagnostics);
    tonel_read_package(&read->sources, *(struct text *)manifest->packages.items[0]);

    assert_int_equal(manifest->packages.count, 2);
    assert_text(*(struct text *)manifest->packages.items[0], package);
    assert_text(*(struct text *)manifest->globals.items[0], "Foo");
    assert_text(*(struct text *)manifest->first.items[0], "Symbol");
    assert_text(manifest->start_receiver, "World");
    assert_text(manifest->start_selector, "begin");
    assert_int_equal(read->diagnostics.items.count, 1);
    assert_int_equal(((struct diagnostic *)read->diagnostics.items.items[0])->line, 8);
    assert_int_equal(read->sources.classes.count, 2);
    assert_text(class_at(read, 0)->name, "Object");
    assert_text(class_at(read, 0)->package, "Pkg");
}

static void missing_files_are_errors(void **state)
{
    struct fixture *read = fixture();
    (void)state;

    assert_null(manifest_read(text_from("/nonexistent/manifest"), &read->diagnostics));
    tonel_read_package(&read->sources, text_from("/nonexistent/package"));

    assert_int_equal(read->diagnostics.error_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_has_all_its_parts),
        cmocka_unit_test(a_method_keeps_pattern_and_body),
        cmocka_unit_test(brackets_in_literals_do_not_end_a_body),
        cmocka_unit_test(an_error_in_a_method_is_placed_in_its_file),
        cmocka_unit_test(reading_goes_on_after_an_error),
        cmocka_unit_test(broken_headers_are_named),
        cmocka_unit_test(superclasses_come_first_whatever_the_order),
        cmocka_unit_test(contradictions_are_errors),
        cmocka_unit_test(names_are_looked_up_from_the_inside_out),
        cmocka_unit_test(a_manifest_names_folders_beside_it),
        cmocka_unit_test(missing_files_are_errors),
    };
    return cmocka_run_group_tests(tests, start_compiler, NULL);
}
