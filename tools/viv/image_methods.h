/*
 * Whether methods of two images are the same: by their texts where both have one, by bytecodes and literals otherwise.
 */
#ifndef VIV_TOOLS_VIV_IMAGE_METHODS_H
#define VIV_TOOLS_VIV_IMAGE_METHODS_H

#include "tools/viv/image_sources.h"

struct named_method {
    char *selector;
    struct image_method method;
};

struct method_list {
    struct named_method *items;
    size_t count;
};

/* The methods of a class by their selectors. False without memory. Free it with method_list_free, then too. */
bool method_list_find(struct method_list *list, oop class) VIV_MUST_USE;
void method_list_free(struct method_list *list);

/* An image whose methods are compared. */
struct method_side {
    struct heap *heap;
    struct source_files sources;
};

bool same_method(struct method_side *side, const struct image_method *method,
                 struct method_side *other_side, const struct image_method *other);

#endif
