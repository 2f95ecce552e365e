/*
 * The texts of methods of images that keep them in files beside the image: NAME.changes, and a .sources file of any name.
 *
 * A method of Squeak, Pharo (until version 11) or Cuis says at the end of its bytes in which file its text begins, and where; the text
 * is a chunk, which ends at an exclamation mark that is not doubled. Systems number places in different ways, and files may be those
 * of another image: a text counts only when it begins as its selector wants.
 */
#ifndef VIV_TOOLS_VIV_IMAGE_SOURCES_H
#define VIV_TOOLS_VIV_IMAGE_SOURCES_H

#include "tools/viv/image_objects.h"

enum { SOURCE_FILES_MAX = 9 };

struct source_file {
    char *bytes; /* NULL when it cannot be read */
    size_t size;
};

struct source_files {
    const char *image;
    bool tried; /* the files are read when the first method wants one */
    size_t count;
    struct source_file files[SOURCE_FILES_MAX];
    uint64_t elsewhere; /* methods whose text is in some file */
    uint64_t missing;   /* and was not found there */
};

/* Nothing is read yet. */
void source_files_begin(struct source_files *sources, const char *image);
void source_files_end(struct source_files *sources);

/* The text of a method in UTF-8, from the image or from the files, on the C heap (free it); NULL when there is none. */
char *method_text(struct source_files *sources, struct heap *heap,
                  const struct image_method *method, size_t *size);

/* Writes one sentence about the texts that were not found in the files. */
void source_files_complain(const struct source_files *sources, char *sentence, size_t size);

/* How many bytes at the end of code tell where its text is; *pointer is 0 when none do. */
size_t source_pointer(oop code, uint64_t *pointer);

#endif
