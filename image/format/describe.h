/*
 * What `viv info` and `viv check` tell about an image file: read from the file alone, without a VM. Nothing here prints.
 */
#ifndef VIV_IMAGE_FORMAT_DESCRIBE_H
#define VIV_IMAGE_FORMAT_DESCRIBE_H

#include "image/format/checker.h"

struct image_description {
    struct image_header header;
    uint64_t file_size;
    uint64_t segment_count;
    bool checked; /* census is filled: the whole file was read and every rule holds */
    struct image_census census;
};

/* Header and size of the file; a few kilobytes are read. */
bool image_describe(const char *path, struct image_description *description,
                    struct status *status) VIV_MUST_USE;

/* The same, after reading all of the file and checking every rule and checksum, whoever wrote it. */
bool image_check_file(const char *path, struct image_description *description,
                      struct status *status) VIV_MUST_USE;

/* The same for a file that is in memory, 8-aligned; path is for sentences. */
bool image_check_bytes(const char *path, const uint8_t *bytes, size_t size,
                       struct image_description *description, struct status *status) VIV_MUST_USE;

/* One line of a description, `index` counting from 0; false after the last. Names are stable words ("magic", "objects"),
 * values decimal numbers or text: the same rows make the text and the JSON form. */
struct image_fact {
    const char *name;
    bool is_text;
    uint64_t number;
    const char *text;
};
bool image_fact_at(const struct image_description *description, size_t index,
                   struct image_fact *fact);

#endif
