#include "tools/viv/image_sources.h"

#include "vm/base/io.h"
#include "vm/base/utf8.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kind of a trailer is in the upper six bits of the last byte. A pointer of variable size has seven bits a byte, the lowest
 * last, and the highest bit set in all but the first; one of fixed size is four bytes, the last of which also is its highest. */
enum { TRAILER_VARIABLE = 8, TRAILER_FIXED = 63, TRAILER_FIXED_SIZE = 4, TRAILER_FIXED_BASE = 251 };

/* A pointer's upper bits say which file it is about. */
#define POINTER_UNIT ((uint64_t)0x1000000)

/* Cuis has half as many, larger units, and counts in blocks. */
enum { BLOCK_SIZE = 32 };

/* Longer methods do not exist; files larger than this are not read. */
#define TEXT_SIZE_MAX ((size_t)1 << 20)
#define FILE_SIZE_MAX ((size_t)1 << 30)

void source_files_begin(struct source_files *sources, const char *image)
{
    *sources = (struct source_files){.image = image};
}

void source_files_end(struct source_files *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        free(sources->files[i].bytes);
    sources->count = 0;
}

/* --- the files -------------------------------------------------------------------------------------------------------------- */

/* Reads a file of the folder of the image; what cannot be read counts as not there, and has no bytes then. */
static void add_file(struct source_files *sources, const char *path)
{
    struct stat facts;
    struct source_file *file = &sources->files[sources->count++];
    *file = (struct source_file){NULL, 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0 &&
        (uint64_t)facts.st_size <= FILE_SIZE_MAX) {
        file->size = (size_t)facts.st_size;
        file->bytes = malloc(file->size);
    }
    if (file->bytes != NULL && !io_pread_all(fd, file->bytes, file->size, 0)) {
        free(file->bytes);
        file->bytes = NULL;
    }
    close(fd);
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t size = strlen(name);
    size_t suffix_size = strlen(suffix);
    return size >= suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

/* The name without .image. */
static int stem_size(const char *image)
{
    return (int)strlen(image) - (ends_with(image, ".image") ? (int)strlen(".image") : 0);
}

/* The changes are the first file; then come all sources of the folder, for their name has no rule. */
static void find_files(struct source_files *sources)
{
    char path[PATH_MAX];
    const char *image = sources->image;
    const char *slash = strrchr(image, '/');
    int folder_size = slash == NULL ? 0 : (int)(slash - image) + 1;
    int stem = stem_size(image);
    sources->tried = true;
    if (snprintf(path, sizeof path, "%.*s.changes", stem, image) >= (int)sizeof path)
        return;
    add_file(sources, path);
    snprintf(path, sizeof path, "%.*s", folder_size, image);
    DIR *folder = opendir(folder_size == 0 ? "." : path);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL && sources->count < SOURCE_FILES_MAX)
        if (ends_with(entry->d_name, ".sources") &&
            snprintf(path, sizeof path, "%.*s%s", folder_size, image, entry->d_name) <
                (int)sizeof path)
            add_file(sources, path);
    if (folder != NULL)
        closedir(folder);
}

void source_files_complain(const struct source_files *sources, char *sentence, size_t size)
{
    const char *image = sources->image;
    int stem = stem_size(image);
    if (sources->count < 2)
        snprintf(sentence, size,
                 "%s: %" PRIu64 " of its methods have their text in %.*s.changes or in a .sources "
                 "file beside it, where %s",
                 image, sources->missing, stem, image,
                 sources->count == 1 && sources->files[0].bytes != NULL
                     ? "there is no .sources file"
                     : "they are not");
    else
        snprintf(sentence, size,
                 "%s: the texts of %" PRIu64 " of its methods are not in %.*s.changes, nor in a "
                 ".sources file beside it",
                 image, sources->missing, stem, image);
}

/* --- where a text is -------------------------------------------------------------------------------------------------------- */

size_t source_pointer(oop code, uint64_t *pointer)
{
    size_t first = object_pointer_count(code) * sizeof(uint64_t);
    size_t end = object_byte_count(code);
    const uint8_t *bytes = object_bytes(code);
    *pointer = 0;
    if (end < first + TRAILER_FIXED_SIZE)
        return 0;
    unsigned flag = bytes[end - 1];
    if (flag >> 2 == TRAILER_FIXED) {
        *pointer = (uint64_t)(flag - TRAILER_FIXED_BASE) << 24 | (uint64_t)bytes[end - 2] << 16 |
                   (uint64_t)bytes[end - 3] << 8 | bytes[end - 4];
        return TRAILER_FIXED_SIZE;
    }
    if (flag >> 2 != TRAILER_VARIABLE)
        return 0;
    size_t at = end - 2;
    for (unsigned shift = 0; shift < 56 && at >= first; shift += 7, at--) {
        *pointer |= (uint64_t)(bytes[at] & 0x7F) << shift;
        if (bytes[at] < 0x80)
            return end - at;
    }
    *pointer = 0;
    return 0;
}

/* Whether a text begins with what the selector says: its first keyword, or all of it. */
static bool begins_method(const char *text, size_t size, oop selector)
{
    if (!oop_is_object(selector) || !format_is_bytes(object_format(selector)))
        return false;
    const char *name = (const char *)object_bytes(selector);
    size_t name_size = object_byte_count(selector);
    const char *colon = memchr(name, ':', name_size);
    if (colon != NULL)
        name_size = (size_t)(colon - name) + 1;
    while (size > 0 && memchr(" \t\r\n", *text, 4) != NULL) {
        text++;
        size--;
    }
    return name_size > 0 && size >= name_size && memcmp(text, name, name_size) == 0;
}

/* The chunk at a position in UTF-8, line ends as ours; bytes that are not UTF-8 are taken for Latin-1. */
static char *chunk_at(const struct source_file *file, uint64_t position, oop selector, size_t *size)
{
    if (file->bytes == NULL || position >= file->size ||
        !begins_method(file->bytes + position, file->size - position, selector))
        return NULL;
    const char *from = file->bytes + position;
    const char *limit = file->bytes + file->size;
    const char *end = from;
    while (end < limit && (*end != '!' || (end + 1 < limit && end[1] == '!')))
        end += *end == '!' ? 2 : 1;
    if (end >= limit || (size_t)(end - from) > TEXT_SIZE_MAX)
        return NULL;
    char *text = malloc((size_t)(end - from) * 2 + 1);
    size_t used = 0;
    while (text != NULL && from < end) {
        uint32_t code_point;
        size_t taken = utf8_decode(from, (size_t)(end - from), &code_point);
        if (taken == 0) {
            code_point = (uint8_t)*from;
            taken = 1;
        }
        used += utf8_encode(code_point == '\r' ? '\n' : code_point, text + used);
        from += *from == '!' ? 2 : taken;
    }
    if (text != NULL)
        text[used] = 0;
    *size = used;
    return text;
}

/* Files that a pointer may be about, the changes or one of the sources. */
static char *chunk_in(const struct source_files *sources, bool changes, uint64_t position,
                      oop selector, size_t *size)
{
    char *text = NULL;
    size_t limit = changes ? 1 : sources->count;
    for (size_t i = changes ? 0 : 1; i < limit && text == NULL; i++)
        text = chunk_at(&sources->files[i], position, selector, size);
    return text;
}

static char *text_at(const struct source_files *sources, uint64_t pointer, oop selector,
                     size_t *size)
{
    if (pointer < POINTER_UNIT)
        return NULL;
    /* Units for sources and changes by turns. */
    uint64_t unit = pointer / POINTER_UNIT;
    uint64_t position = (unit - 1) / 2 * POINTER_UNIT + pointer % POINTER_UNIT;
    char *text = chunk_in(sources, unit % 2 == 0, position, selector, size);
    if (text != NULL)
        return text;
    uint64_t block = pointer - POINTER_UNIT;
    position = block % (2 * POINTER_UNIT) * BLOCK_SIZE;
    return chunk_in(sources, block / (2 * POINTER_UNIT) == 1, position, selector, size);
}

char *method_text(struct source_files *sources, struct heap *heap,
                  const struct image_method *method, size_t *size)
{
    uint64_t pointer;
    oop source = method_source(heap, method->code);
    if (!oop_is_none(source))
        return string_text(source, size);
    if (source_pointer(method->code, &pointer) == 0 || pointer == 0)
        return NULL;
    if (!sources->tried)
        find_files(sources);
    char *text = text_at(sources, pointer, method->selector, size);
    sources->elsewhere++;
    sources->missing += text == NULL;
    return text;
}
