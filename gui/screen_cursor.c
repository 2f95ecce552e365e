/* The cursor of images made elsewhere: Forms of one bit, with a mask or without, and of 32 bits with alpha. */
#include "gui/module.h"
#include "gui/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FORM_OFFSET = 4, POINT_SLOTS = 2, CURSOR_SIZE_MAX = 256 };

#define BLACK UINT32_C(0xFF000000)
#define WHITE UINT32_C(0xFFFFFFFF)

/* The spot that points, from the offset by which the picture is moved there. One outside the picture is moved to its edge. */
static int32_t spot(oop offset, size_t slot, int32_t limit)
{
    oop value =
        oop_has_slots(offset, POINT_SLOTS) ? object_slot(offset, slot) : oop_from_integer(0);
    int64_t number = oop_is_integer(value) ? -oop_to_integer(value) : 0;
    return number < 0 ? 0 : number >= limit ? limit - 1 : (int32_t)number;
}

/* Colours of the ecosystem's 32-bit cursors are premultiplied. */
static uint32_t without_premultiplying(uint32_t pixel)
{
    uint32_t alpha = pixel >> 24;
    uint32_t result = alpha << 24;
    for (unsigned shift = 0; alpha != 0 && shift < 24; shift += 8) {
        uint32_t part = ((pixel >> shift & 255) * 255 + alpha / 2) / alpha;
        result |= (part > 255 ? 255 : part) << shift;
    }
    return result;
}

/* Where the mask has a bit the picture is black or white; where only the picture has one it is black, since nothing here can turn
 * round what lies below. Without a mask what is not black is transparent. */
static uint32_t cursor_pixel(const struct form_pixels *form, const struct form_pixels *mask,
                             int32_t x, int32_t y)
{
    uint32_t pixel = form_pixel(form, x, y);
    if (form->depth == 32)
        return without_premultiplying(pixel);
    bool masked = mask != NULL && form_pixel(mask, x, y) != 0;
    return pixel != 0 ? BLACK : masked ? WHITE : 0;
}

/* Each pixel of the form becomes a square of `factor` pixels. Answers whether any is seen. */
static bool fill_words(const struct form_pixels *form, const struct form_pixels *mask,
                       int32_t factor, uint32_t *words)
{
    int32_t width = form->width * factor;
    uint32_t seen = 0;
    for (int32_t y = 0; y < form->height * factor; y++)
        for (int32_t x = 0; x < width; x++) {
            uint32_t pixel = cursor_pixel(form, mask, x / factor, y / factor);
            words[(size_t)y * (size_t)width + (size_t)x] = pixel;
            seen |= pixel;
        }
    return seen >> 24 != 0;
}

static bool set_picture(struct screen *screen, oop offset, const struct form_pixels *form,
                        const struct form_pixels *mask)
{
    int32_t factor = screen->scale < 1.5 ? 1 : (int32_t)lround(screen->scale);
    struct host_rectangle r = {
        spot(offset, 0, form->width) * factor,
        spot(offset, 1, form->height) * factor,
        form->width * factor,
        form->height * factor,
    };
    uint32_t *words = calloc((size_t)r.width * (size_t)r.height, sizeof *words);
    if (words == NULL)
        return false;
    bool is_seen = fill_words(form, mask, factor, words);
    struct host_request request = {
        .kind = HOST_SET_CURSOR_PICTURE, .rectangle = r, .words = is_seen ? words : NULL};
    bool done = host_perform(screen->host, &request);
    free(words);
    return done;
}

/* The receiver becomes the cursor, one of nothing hides it. An argument is its mask. */
prim_result prim_screen_be_cursor(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    struct form_pixels form;
    struct form_pixels mask;
    bool has_mask = call->argument_count == 1;
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    if (call->argument_count > 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    if (!screen_read_form(call->receiver, &form) || form.width > CURSOR_SIZE_MAX ||
        form.height > CURSOR_SIZE_MAX || (form.depth != 1 && (form.depth != 32 || has_mask)))
        return PRIM_BAD_RECEIVER;
    if (has_mask && (!screen_read_form(prim_argument(call, 0), &mask) || mask.depth != 1 ||
                     mask.width != form.width || mask.height != form.height))
        return PRIM_BAD_ARGUMENT;
    oop offset = oop_has_slots(call->receiver, FORM_OFFSET + 1)
                     ? object_slot(call->receiver, FORM_OFFSET)
                     : oop_from_integer(0);
    return set_picture(screen, offset, &form, has_mask ? &mask : NULL) ? answer_self(vm, call)
                                                                       : PRIM_FAILED;
}
