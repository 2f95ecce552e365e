/*
 * Any bytes are an image whose every object passes the checker, or are refused with a sentence. Seeds are images; the checksum is
 * not looked at, so that the walk is what is tried.
 */
#include "image/format/checker.h"
#include "image/format/header.h"
#include "vm/base/assert.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(const struct image_header *header, const uint8_t *bytes, struct status *status)
{
    uint64_t *objects = malloc(header->data_size + 8);
    viv_assert(objects != NULL, "a fuzzer has memory");
    memcpy(objects, bytes, header->data_size);
    const struct image_source source = {"fuzz.image", header, objects};
    struct image_layout layout;
    struct image_census census;
    bool good = image_layout_find(&layout, &source, status);
    if (good) {
        good = image_check_objects(&source, &layout, &census, status);
        image_layout_free(&layout);
    }
    free(objects);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct status status = {STATUS_OK, ""};
    struct image_header header;
    bool good = image_header_parse(&header, data, size, size, "fuzz.image", &status) &&
                check(&header, data + image_data_offset(&header), &status);
    viv_assert(good == (status.code == STATUS_OK), "a refusal has a code");
    viv_assert(good == (status.sentence[0] == 0), "a refusal has a sentence");
    return 0;
}
