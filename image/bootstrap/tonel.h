/*
 * Tonel: a package as a folder of text files, one class or one set of extensions a file (image/packages/README.md). Only
 * reads; the order of the files in the folder does not matter. A method's body ends where the lexer says so.
 */
#ifndef VIV_BOOTSTRAP_TONEL_H
#define VIV_BOOTSTRAP_TONEL_H

#include "image/bootstrap/composition.h"
#include "image/bootstrap/diagnostics.h"

enum class_kind {
    CLASS_NORMAL,
    CLASS_VARIABLE,
    CLASS_BYTES,
    CLASS_WORDS,
    CLASS_WEAK,
    CLASS_EPHEMERON,
    CLASS_IMMEDIATE,
    CLASS_COMPILED_METHOD
};

struct text_list {
    struct text *items;
    size_t count;
};

struct tonel_class {
    const struct source_file *file;
    size_t offset;
    struct text name;
    bool is_trait;
    struct text superclass; /* empty: none */
    enum class_kind kind;
    struct text_list instance_variables;
    struct text_list class_variables;
    struct text_list class_instance_variables;
    struct text_list pools;
    struct composition *traits;       /* NULL: none; offsets are those in the file */
    struct composition *class_traits; /* NULL: the class sides of the traits */
    struct text category;
    struct text comment;
    struct text package;
};

struct tonel_method {
    const struct source_file *file;
    struct text class_name;
    bool is_class_side;
    struct text selector;
    struct text protocol;
    struct text source;    /* pattern and body, without the brackets */
    size_t pattern_offset; /* in the file */
    size_t pattern_size;   /* in the source: what follows comes from body_offset on */
    size_t body_offset;
    /* Set by the model, not by the reader: */
    const struct tonel_method *origin; /* the method of a trait that this is a copy of; or NULL */
    size_t number;                     /* in the model, from 0 */
};

struct tonel_sources {
    struct list
        classes; /* of struct tonel_class, in the order of packages and, in one, of file names */
    struct list methods; /* of struct tonel_method */
    struct diagnostics *diagnostics;
};

/* Adds everything in a package folder. Problems go to the diagnostics; reading goes on with the next method or file. */
void tonel_read_package(struct tonel_sources *sources, struct text folder);

/* Adds one file, as if it lay in a package. */
void tonel_read_file(struct tonel_sources *sources, const struct source_file *file,
                     struct text package);

/* Where in the file an offset into a method's source comes from. */
size_t tonel_file_offset(const struct tonel_method *method, size_t source_offset);

#endif
