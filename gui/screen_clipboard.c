/*
 * The clipboard as images made elsewhere have it: lines end with CR there and with LF elsewhere; text is UTF-8, or, in images from
 * before there were strings of wide characters, in the Macintosh's 8-bit code ("MacRoman").
 */
#include "gui/module.h"
#include "gui/screen.h"
#include "vm/base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { CR = 13, LF = 10, MAC_FIRST = 128 };

/* What the codes from 128 on mean. */
static const uint16_t mac_roman[128] = {
    0x00C4, 0x00C5, 0x00C7, 0x00C9, 0x00D1, 0x00D6, 0x00DC, 0x00E1, 0x00E0, 0x00E2, 0x00E4, 0x00E3,
    0x00E5, 0x00E7, 0x00E9, 0x00E8, 0x00EA, 0x00EB, 0x00ED, 0x00EC, 0x00EE, 0x00EF, 0x00F1, 0x00F3,
    0x00F2, 0x00F4, 0x00F6, 0x00F5, 0x00FA, 0x00F9, 0x00FB, 0x00FC, 0x2020, 0x00B0, 0x00A2, 0x00A3,
    0x00A7, 0x2022, 0x00B6, 0x00DF, 0x00AE, 0x00A9, 0x2122, 0x00B4, 0x00A8, 0x2260, 0x00C6, 0x00D8,
    0x221E, 0x00B1, 0x2264, 0x2265, 0x00A5, 0x00B5, 0x2202, 0x2211, 0x220F, 0x03C0, 0x222B, 0x00AA,
    0x00BA, 0x03A9, 0x00E6, 0x00F8, 0x00BF, 0x00A1, 0x00AC, 0x221A, 0x0192, 0x2248, 0x2206, 0x00AB,
    0x00BB, 0x2026, 0x00A0, 0x00C0, 0x00C3, 0x00D5, 0x0152, 0x0153, 0x2013, 0x2014, 0x201C, 0x201D,
    0x2018, 0x2019, 0x00F7, 0x25CA, 0x00FF, 0x0178, 0x2044, 0x20AC, 0x2039, 0x203A, 0xFB01, 0xFB02,
    0x2021, 0x00B7, 0x201A, 0x201E, 0x2030, 0x00C2, 0x00CA, 0x00C1, 0x00CB, 0x00C8, 0x00CD, 0x00CE,
    0x00CF, 0x00CC, 0x00D3, 0x00D4, 0xF8FF, 0x00D2, 0x00DA, 0x00DB, 0x00D9, 0x0131, 0x02C6, 0x02DC,
    0x00AF, 0x02D8, 0x02D9, 0x02DA, 0x00B8, 0x02DD, 0x02DB, 0x02C7,
};

int32_t mac_roman_from(uint32_t code_point)
{
    if (code_point < MAC_FIRST)
        return (int32_t)code_point;
    for (int32_t i = 0; i < 128; i++)
        if (mac_roman[i] == code_point)
            return MAC_FIRST + i;
    return -1;
}

size_t mac_roman_encode(const char *text, size_t size, char *bytes)
{
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        uint32_t code = '?';
        size_t used = utf8_decode(text + at, size - at, &code);
        int32_t mac = mac_roman_from(code);
        bytes[count++] = mac < 0 ? '?' : (char)mac;
        at += used == 0 ? 1 : used;
    }
    return count;
}

size_t mac_roman_decode(const char *bytes, size_t size, char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        count += utf8_encode(byte < MAC_FIRST ? byte : mac_roman[byte - MAC_FIRST], text + count);
    }
    return count;
}

/* CR, LF and both together become `end`. Answers the new size, which is no larger. */
static size_t convert_lines(char *text, size_t size, char end)
{
    size_t count = 0;
    char last = 0;
    for (size_t i = 0; i < size; i++) {
        char each = text[i];
        if (each != LF || last != CR)
            text[count++] = each == CR || each == LF ? end : each;
        last = each;
    }
    return count;
}

/* Images without closures are from before wide strings. */
static bool knows_utf8(struct vm *vm)
{
    oop closures = heap_special_or_nil(vm_heap(vm), SPECIAL_CLASS_BLOCK_CLOSURE);
    return !oop_same(closures, vm_heap(vm)->nil);
}

static prim_result get_text(struct vm *vm, const prim_call *call, struct screen *screen)
{
    struct host_request request = {.kind = HOST_GET_CLIPBOARD};
    if (!host_perform(screen->host, &request))
        return PRIM_FAILED;
    char *text = request.answer;
    size_t size = strlen(text);
    if (!knows_utf8(vm))
        size = mac_roman_encode(text, size, text); /* never longer */
    prim_result result = answer_string(vm, call, text, convert_lines(text, size, CR));
    free(text);
    return result;
}

static prim_result set_text(struct vm *vm, const prim_call *call, struct screen *screen)
{
    struct host_request request = {.kind = HOST_SET_CLIPBOARD};
    char *bytes;
    prim_result result = arg_c_string(vm, call, 0, &bytes);
    if (result != PRIM_OK)
        return result;
    size_t size = strlen(bytes);
    char *text = malloc(size * UTF8_MAX_SIZE + 1);
    if (text == NULL) {
        free(bytes);
        return PRIM_NO_C_MEMORY;
    }
    if (knows_utf8(vm) && utf8_is_valid(bytes, size, NULL))
        memcpy(text, bytes, size);
    else
        size = mac_roman_decode(bytes, size, text);
    text[convert_lines(text, size, LF)] = 0;
    free(bytes);
    request.text = text;
    bool done = host_perform(screen->host, &request);
    free(text);
    return done ? answer_self(vm, call) : PRIM_FAILED;
}

/* Without an argument the text of the clipboard, with one it becomes that. */
prim_result prim_screen_clipboard(struct vm *vm, const prim_call *call)
{
    struct screen *screen = screen_of(vm);
    if (screen == NULL)
        return PRIM_UNSUPPORTED;
    if (call->argument_count > 1)
        return PRIM_BAD_ARGUMENT_COUNT;
    return call->argument_count == 0 ? get_text(vm, call, screen) : set_text(vm, call, screen);
}
