/* Tonel texts read one after another, and what was wrong with them. */
#ifndef VIV_TESTS_UNIT_BOOTSTRAP_TONEL_FIXTURE_H
#define VIV_TESTS_UNIT_BOOTSTRAP_TONEL_FIXTURE_H

#include "compile_for_test.h"

#include "image/bootstrap/model.h"

struct fixture {
    struct diagnostics diagnostics;
    struct tonel_sources sources;
    struct model *model; /* NULL until one is made of the sources */
};

static inline struct fixture *fixture(void)
{
    struct fixture *fixture = NEW(struct fixture);
    fixture->sources.diagnostics = &fixture->diagnostics;
    return fixture;
}

static inline void read_text(struct fixture *fixture, const char *contents)
{
    struct source_file *file = NEW(struct source_file);
    file->path = text_from("Test.class.st");
    file->contents = text_from(contents);
    tonel_read_file(&fixture->sources, file, text_from("Test"));
}

static inline void assert_problem(const struct fixture *fixture, size_t index, const char *expected)
{
    char line[300];
    assert_true(index < fixture->diagnostics.items.count);
    const struct diagnostic *problem = fixture->diagnostics.items.items[index];
    snprintf(line, sizeof line, "%zu:%zu: %s", problem->line, problem->column, problem->sentence);
    assert_string_equal(line, expected);
}

#endif
