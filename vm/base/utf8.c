#include "vm/base/utf8.h"

static bool is_scalar(uint32_t code_point)
{
    return code_point <= UTF8_CODE_POINT_MAX && !(code_point >= 0xD800 && code_point <= 0xDFFF);
}

size_t utf8_decode(const char *bytes, size_t size, uint32_t *code_point)
{
    static const uint32_t least[UTF8_MAX_SIZE + 1] = {0, 0, 0x80, 0x800, 0x10000};
    if (size == 0)
        return 0;
    uint8_t first = (uint8_t)bytes[0];
    if (first < 0x80) {
        *code_point = first;
        return 1;
    }
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || length > size)
        return 0;
    uint32_t value = first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        uint8_t next = (uint8_t)bytes[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3Fu);
    }
    if (value < least[length] || !is_scalar(value))
        return 0;
    *code_point = value;
    return length;
}

size_t utf8_encode(uint32_t code_point, char *bytes)
{
    if (!is_scalar(code_point))
        return 0;
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    bytes[0] = (char)((0xF00u >> length & 0xF0) | code_point);
    return length;
}

bool utf8_is_valid(const char *bytes, size_t size, size_t *bad_offset)
{
    size_t offset = 0;
    while (offset < size) {
        uint32_t code_point;
        size_t length = utf8_decode(bytes + offset, size - offset, &code_point);
        if (length == 0)
            break;
        offset += length;
    }
    if (bad_offset != NULL)
        *bad_offset = offset;
    return offset == size;
}

size_t utf8_length(const char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((uint8_t)bytes[i] & 0xC0) != 0x80;
    return count;
}
