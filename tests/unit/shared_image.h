/* Images made elsewhere, in $SHARED_IMAGES or ../shared/images; tests that want one are skipped where it is missing. */
#ifndef VIV_TESTS_UNIT_SHARED_IMAGE_H
#define VIV_TESTS_UNIT_SHARED_IMAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHARED_PATH_SIZE = 500 };

/* Writes the path of an image. The test that asks is skipped, saying so, when it cannot be read. */
static inline void shared_image(const char *name, char path[SHARED_PATH_SIZE])
{
    const char *folder = getenv("SHARED_IMAGES");
    snprintf(path, SHARED_PATH_SIZE, "%s/%s", folder != NULL ? folder : "../shared/images", name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no ../shared/images\n");
        skip();
    }
}

/* The bytes of such a file, to be freed. */
static inline uint8_t *shared_bytes(const char *name, size_t *size)
{
    char path[SHARED_PATH_SIZE];
    shared_image(name, path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

#endif
