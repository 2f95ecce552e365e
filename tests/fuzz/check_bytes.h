/* What fuzz targets of image files do with their bytes. */
#ifndef VIV_TESTS_FUZZ_CHECK_BYTES_H
#define VIV_TESTS_FUZZ_CHECK_BYTES_H

#include "image/format/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bytes are a file in memory, which is accepted or refused with a sentence; anything else ends the program. */
static inline void fuzz_check_bytes(const uint8_t *bytes, size_t size)
{
    struct image_description description;
    struct status status = {STATUS_OK, ""};
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL)
        return;
    memcpy(copy, bytes, size);
    bool good = image_check_bytes("fuzz", copy, size, &description, &status);
    if (!good && (status.code == STATUS_OK || status.sentence[0] == '\0')) {
        fprintf(stderr, "refused without a sentence\n");
        abort();
    }
    free(copy);
}

#endif
