/*
 * What viv heap says of the graph of objects. Objects are named by the offset of their header from the first object of the image,
 * in bytes and hexadecimal, as if all its segments were one.
 */
#ifndef VIV_TOOLS_VIV_HEAP_REPORTS_H
#define VIV_TOOLS_VIV_HEAP_REPORTS_H

#include "tools/viv/image_objects.h"

/* The object to which a path is wanted. */
struct path_target {
    char class_name[CLASS_NAME_SIZE]; /* empty: the offset counts */
    uint64_t ordinal;                 /* which instance, from 1; 0: whichever is nearest */
    uint64_t offset;                  /* bytes */
};

/* Takes CLASS, CLASS@N or 0xOFFSET apart; false for what is none of them. */
bool path_target_parse(struct path_target *target, const char *text);

/* Prints the shortest path from the roots to the object, a step a line. False with a status when there is none. */
bool report_path(struct heap *heap, const struct path_target *target, bool json,
                 struct status *status);

/* Prints so many objects that retain most memory, and so many classes whose instances do; then what nothing holds. */
bool report_retained(struct heap *heap, size_t top, bool json, struct status *status);

#endif
