/* Bitmaps and sounds as bytes: functions of module MiscPrimitivePlugin that images of others call. */
#include "primitives/bitblt_objects.h"
#include "primitives/bitmap_runs.h"
#include "primitives/functions.h"

/* compress: bitmap toByteArray: bytes: how many bytes were stored. Fails where they might not have room. */
prim_result prim_bitmap_compress(struct vm *vm, const prim_call *call)
{
    uint32_t *words;
    uint8_t *bytes;
    size_t count, size;
    if (!oop_as_words(prim_argument(call, 0), &words, &count))
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_bytes(call, 1, &bytes, &size);
    if (result != PRIM_OK)
        return result;
    if (count >= (size_t)1 << 30 || size < bitmap_runs_room(count))
        return PRIM_UNSUPPORTED;
    if (object_is_immutable(prim_argument(call, 1)))
        return PRIM_NO_MODIFICATION;
    return answer_integer(vm, call, (int64_t)bitmap_runs_write(words, count, bytes));
}

/* decompress: bitmap fromByteArray: bytes at: index, which is behind the count of words. */
prim_result prim_bitmap_decompress(struct vm *vm, const prim_call *call)
{
    uint32_t *words;
    uint8_t *bytes;
    size_t count, size;
    int64_t start;
    if (!oop_as_words(prim_argument(call, 0), &words, &count))
        return PRIM_BAD_ARGUMENT;
    prim_result result = arg_bytes(call, 1, &bytes, &size);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &start);
    if (result != PRIM_OK)
        return result;
    if (start < 1 || start > (int64_t)size + 1)
        return PRIM_BAD_INDEX;
    size_t skipped = (size_t)start - 1;
    if (!bitmap_runs_check(bytes + skipped, size - skipped, count))
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(prim_argument(call, 0)))
        return PRIM_NO_MODIFICATION;
    bitmap_runs_read(bytes + skipped, size - skipped, words);
    return answer_self(vm, call);
}

/* convert8bitSignedFrom: bytes to16Bit: samples: a byte becomes the high byte of a sample. */
prim_result prim_convert_8_bit_signed(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    size_t size, room;
    prim_result result = arg_bytes(call, 0, &bytes, &size);
    oop samples = prim_argument(call, 1);
    if (result != PRIM_OK)
        return result;
    if (!blit_bits_size(samples, &room) || room / sizeof(uint16_t) < size)
        return PRIM_BAD_ARGUMENT;
    if (object_is_immutable(samples))
        return PRIM_NO_MODIFICATION;
    for (size_t i = 0; i < size; i++) {
        uint16_t sample = (uint16_t)(bytes[i] << 8);
        memcpy(object_bytes(samples) + i * sizeof sample, &sample, sizeof sample);
    }
    return answer_self(vm, call);
}

/* Arguments of a line of a BMP file: its bytes, blue first, the bits of a Form, where in them, and how many pixels. The argument
 * `written` is one that may be. */
static prim_result arg_bmp_line(const prim_call *call, size_t written, uint8_t **bytes,
                                uint32_t **pixels, size_t *width)
{
    size_t size, count;
    int64_t start, wanted;
    prim_result result = arg_bytes(call, 0, bytes, &size);
    if (result == PRIM_OK)
        result = arg_integer(call, 2, &start);
    if (result == PRIM_OK)
        result = arg_integer(call, 3, &wanted);
    if (result != PRIM_OK)
        return result;
    if (!oop_as_words(prim_argument(call, 1), pixels, &count) || wanted < 1 ||
        (uint64_t)wanted > size / 3)
        return PRIM_BAD_ARGUMENT;
    if (start < 1 || (uint64_t)start > count || (uint64_t)wanted > count - (size_t)(start - 1))
        return PRIM_BAD_INDEX;
    *pixels += start - 1;
    *width = (size_t)wanted;
    return object_is_immutable(prim_argument(call, written)) ? PRIM_NO_MODIFICATION : PRIM_OK;
}

/* Pixels are opaque; black is 1, for 0 would be transparent. */
prim_result prim_read_bmp_line(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    uint32_t *pixels;
    size_t width;
    prim_result result = arg_bmp_line(call, 1, &bytes, &pixels, &width);
    if (result != PRIM_OK)
        return result;
    for (size_t i = 0; i < width; i++, bytes += 3) {
        uint32_t color = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
        pixels[i] = 0xFF000000 | (color == 0 ? 1 : color);
    }
    return answer_self(vm, call);
}

prim_result prim_write_bmp_line(struct vm *vm, const prim_call *call)
{
    uint8_t *bytes;
    uint32_t *pixels;
    size_t width;
    prim_result result = arg_bmp_line(call, 0, &bytes, &pixels, &width);
    if (result != PRIM_OK)
        return result;
    for (size_t i = 0; i < 3 * width; i++)
        bytes[i] = (uint8_t)(pixels[i / 3] >> (8 * (i % 3)));
    return answer_self(vm, call);
}
