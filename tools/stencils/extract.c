/*
 * viv-stencils OBJECT OUTPUT - cuts the stencils (vm/jit/stencils) out of an object file for x86-64 and writes them as tables in C.
 *
 * A function stencil_NAME is a stencil, what the compiler split off as stencil_NAME.cold its rarely taken part. Each of their
 * relocations is a hole. A jump at the end of the hot part that leads on is left out: what comes next lies behind. Anything that
 * could not be filled in when code is compiled is an error here, when the program is built.
 */
#include "vm/jit/stencils/stencil.h"

#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 1024, HOLES_MAX = 255, FUNCTIONS_MAX = 64 };

/* A hot or cold part. */
struct part {
    char name[80]; /* of the stencil */
    bool exists;
    unsigned section;
    const uint8_t *bytes;
    size_t size;
};

struct input {
    const uint8_t *bytes;
    const Elf64_Shdr *sections;
    size_t section_count;
    const Elf64_Sym *symbols;
    size_t symbol_count;
    const char *names;
};

struct found_hole {
    struct hole hole;
    char name[80]; /* of the opcode or function */
};

/* All that belongs to one stencil. */
struct piece {
    struct part hot, cold;
    struct found_hole holes[HOLES_MAX];
    size_t hole_count;
    uint8_t falls_kind, falls_number;
    uint8_t hot_copy[4096];
};

struct output {
    FILE *file;
    size_t byte_count, hole_count, stencil_count;
    char functions[FUNCTIONS_MAX][80];
    size_t function_count;
    FILE *holes, *stencils; /* tables that are written behind the bytes */
};

static _Noreturn void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("viv-stencils: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static uint8_t *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail("%s cannot be opened", path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL || fread(bytes, 1, size, file) != size)
        fail("%s cannot be read", path);
    fclose(file);
    return bytes;
}

static void read_object(const char *path, struct input *input)
{
    input->bytes = read_file(path);
    const Elf64_Ehdr *header = (const void *)input->bytes;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_machine != EM_X86_64 ||
        header->e_type != ET_REL)
        fail("%s is not an object file for x86-64", path);
    input->sections = (const void *)(input->bytes + header->e_shoff);
    input->section_count = header->e_shnum;
    for (size_t i = 0; i < input->section_count; i++) {
        const Elf64_Shdr *section = &input->sections[i];
        if (section->sh_type != SHT_SYMTAB)
            continue;
        input->symbols = (const void *)(input->bytes + section->sh_offset);
        input->symbol_count = section->sh_size / sizeof(Elf64_Sym);
        input->names = (const char *)(input->bytes + input->sections[section->sh_link].sh_offset);
    }
}

static bool begins_with(const char *string, const char *prefix)
{
    return strncmp(string, prefix, strlen(prefix)) == 0;
}

static void set_part(const struct input *input, const Elf64_Sym *symbol, struct part *part)
{
    const Elf64_Shdr *section = &input->sections[symbol->st_shndx];
    part->exists = true;
    part->section = symbol->st_shndx;
    part->bytes = input->bytes + section->sh_offset;
    part->size = section->sh_size;
    if (symbol->st_value != 0 || symbol->st_size != section->sh_size)
        fail("%s is not alone in its section", input->names + symbol->st_name);
}

static const struct {
    const char *name;   /* as it is written out */
    const char *symbol; /* NULL: found in another way */
} kinds[] = {
#define HOLE_KIND(kind, symbol) {"HOLE_" #kind, symbol},
    HOLE_KINDS(HOLE_KIND)
#undef HOLE_KIND
};

static bool is_numbered(const char *symbol)
{
    return symbol[strlen(symbol) - 1] == '_';
}

/* What a symbol stands for: the kind, and the number or name behind it. */
static void name_hole(const char *name, struct found_hole *found)
{
    found->hole.kind = HOLE_FUNCTION;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *symbol = kinds[i].symbol;
        if (symbol != NULL &&
            (is_numbered(symbol) ? begins_with(name, symbol) : strcmp(name, symbol) == 0)) {
            found->hole.kind = (uint8_t)i;
            if (is_numbered(symbol))
                name += strlen(symbol);
            break;
        }
    }
    snprintf(found->name, sizeof found->name, "%s", name);
    found->hole.number = strcmp(name, "long") == 0 ? HOLE_LONG : (uint16_t)strtoul(name, NULL, 10);
}

static bool may_be_negative(enum hole_kind kind)
{
    return kind == HOLE_FRAME || kind == HOLE_INTEGER;
}

static void read_hole(const struct input *input, struct piece *piece, const Elf64_Rela *relocation,
                      bool in_cold)
{
    const char *stencil = piece->hot.name;
    const Elf64_Sym *symbol = &input->symbols[ELF64_R_SYM(relocation->r_info)];
    if (piece->hole_count == HOLES_MAX)
        fail("stencil %s has too many holes", stencil);
    struct found_hole *found = &piece->holes[piece->hole_count++];
    *found = (struct found_hole){.hole = {.offset = (uint16_t)relocation->r_offset,
                                          .addend = (int16_t)relocation->r_addend,
                                          .in_cold = in_cold}};
    if (ELF64_ST_TYPE(symbol->st_info) == STT_SECTION) {
        if (symbol->st_shndx == piece->hot.section)
            found->hole.kind = HOLE_HOT;
        else if (piece->cold.exists && symbol->st_shndx == piece->cold.section)
            found->hole.kind = HOLE_COLD;
        else
            fail("stencil %s needs data in a section of its own", stencil);
    } else {
        name_hole(input->names + symbol->st_name, found);
    }
    switch (ELF64_R_TYPE(relocation->r_info)) {
    case R_X86_64_32:
        found->hole.form = HOLE_UNSIGNED;
        if (may_be_negative((enum hole_kind)found->hole.kind))
            fail("stencil %s takes what may be negative for an address", stencil);
        break;
    case R_X86_64_32S:
        found->hole.form = HOLE_SIGNED;
        break;
    case R_X86_64_PC32:
    case R_X86_64_PLT32:
        found->hole.form = HOLE_RELATIVE;
        break;
    default:
        fail("stencil %s has a relocation of type %u", stencil,
             (unsigned)ELF64_R_TYPE(relocation->r_info));
    }
}

static void read_holes(const struct input *input, struct piece *piece, const struct part *part,
                       bool in_cold)
{
    for (size_t i = 0; i < input->section_count; i++) {
        const Elf64_Shdr *section = &input->sections[i];
        if (section->sh_type != SHT_RELA || section->sh_info != part->section)
            continue;
        const Elf64_Rela *relocations = (const void *)(input->bytes + section->sh_offset);
        for (size_t j = 0; j < section->sh_size / sizeof(Elf64_Rela); j++)
            read_hole(input, piece, &relocations[j], in_cold);
    }
}

/* --- the end of the hot part ----------------------------------------------------------------------------------------------------- */

/* The jump of five bytes at offset that goes on in other compiled code. */
static struct found_hole *jump_on_at(struct piece *piece, size_t offset)
{
    if (offset + 5 > piece->hot.size || piece->hot_copy[offset] != 0xE9)
        return NULL;
    for (size_t i = 0; i < piece->hole_count; i++) {
        struct found_hole *found = &piece->holes[i];
        if (!found->hole.in_cold && found->hole.offset == offset + 1 &&
            (found->hole.kind == HOLE_NEXT || found->hole.kind == HOLE_JUMP))
            return found;
    }
    return NULL;
}

/* Whether any bytes but those of `branch` could be a short or long branch to offset. */
static bool is_branched_to(const struct piece *piece, size_t target, size_t branch)
{
    for (size_t at = 0; at + 2 <= piece->hot.size; at++) {
        const uint8_t *bytes = piece->hot_copy + at;
        bool is_short = (bytes[0] & 0xF0) == 0x70 || bytes[0] == 0xEB;
        if (at != branch && is_short && at + 2 + (size_t)(ptrdiff_t)(int8_t)bytes[1] == target)
            return true;
        if (at + 6 <= piece->hot.size && bytes[0] == 0x0F && (bytes[1] & 0xF0) == 0x80) {
            int32_t distance;
            memcpy(&distance, bytes + 2, 4);
            if (at + 6 + (size_t)(ptrdiff_t)distance == target)
                return true;
        }
    }
    return false;
}

static void remove_hole(struct piece *piece, struct found_hole *found)
{
    *found = piece->holes[--piece->hole_count];
}

static void fall_to(struct piece *piece, struct found_hole *found)
{
    piece->falls_kind = found->hole.kind;
    piece->falls_number = (uint8_t)found->hole.number;
    remove_hole(piece, found);
}

/* A short branch over one jump to another becomes one branch: the jump that is taken to what comes next is left out. */
static bool join_branch(struct piece *piece)
{
    size_t size = piece->hot.size;
    if (size < 12)
        return false;
    size_t branch = size - 12;
    uint8_t *bytes = piece->hot_copy + branch;
    struct found_hole *first = jump_on_at(piece, branch + 2);
    struct found_hole *second = jump_on_at(piece, branch + 7);
    if (first == NULL || second == NULL || (bytes[0] & 0xF0) != 0x70 || bytes[1] != 5 ||
        is_branched_to(piece, branch + 2, branch) || is_branched_to(piece, branch + 7, branch))
        return false;
    bool first_is_next = first->hole.kind == HOLE_NEXT;
    uint8_t condition = bytes[0] & 0x0F;
    bytes[0] = 0x0F;
    bytes[1] = (uint8_t)(0x80 | (first_is_next ? condition : condition ^ 1));
    struct found_hole *taken = first_is_next ? second : first;
    struct found_hole *falls = first_is_next ? first : second;
    taken->hole.offset = (uint16_t)(branch + 2);
    piece->hot.size = branch + 6;
    fall_to(piece, falls);
    return true;
}

static void finish_hot_part(struct piece *piece)
{
    if (piece->hot.size > sizeof piece->hot_copy)
        fail("stencil %s is too long", piece->hot.name);
    memcpy(piece->hot_copy, piece->hot.bytes, piece->hot.size);
    piece->falls_kind = HOLE_NONE;
    if (join_branch(piece))
        return;
    /* It may be branched to from inside: what it leads to lies right behind all the same. */
    struct found_hole *last = piece->hot.size < 5 ? NULL : jump_on_at(piece, piece->hot.size - 5);
    if (last == NULL)
        return;
    piece->hot.size -= 5;
    fall_to(piece, last);
}

/* --- writing --------------------------------------------------------------------------------------------------------------------- */

static size_t function_number(struct output *output, const char *name)
{
    for (size_t i = 0; i < output->function_count; i++)
        if (strcmp(output->functions[i], name) == 0)
            return i;
    if (output->function_count == FUNCTIONS_MAX)
        fail("too many functions of C are called");
    snprintf(output->functions[output->function_count], sizeof output->functions[0], "%s", name);
    return output->function_count++;
}

static void write_bytes(struct output *output, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf(output->file, "%u,%s", bytes[i], ++output->byte_count % 24 == 0 ? "\n" : "");
}

static void write_hole(struct output *output, const struct found_hole *found)
{
    const struct hole *hole = &found->hole;
    char number[96];
    if (hole->kind == HOLE_OP)
        snprintf(number, sizeof number, "OP_%s", found->name);
    else if (hole->kind == HOLE_FUNCTION)
        snprintf(number, sizeof number, "%zu", function_number(output, found->name));
    else
        snprintf(number, sizeof number, "%u", hole->number);
    fprintf(output->holes, "    {%u, %s, %d, %s, %u, %u},\n", hole->offset, number, hole->addend,
            kinds[hole->kind].name, hole->form, hole->in_cold);
}

static void write_piece(struct output *output, const struct piece *piece)
{
    fprintf(output->stencils, "    [STENCIL(%s)] = {%zu, %zu, %zu, %zu, %zu, %s, %u, 1},\n",
            piece->hot.name, output->byte_count, piece->hot.size,
            piece->cold.exists ? piece->cold.size : 0, output->hole_count, piece->hole_count,
            kinds[piece->falls_kind].name, piece->falls_number);
    write_bytes(output, piece->hot_copy, piece->hot.size);
    if (piece->cold.exists)
        write_bytes(output, piece->cold.bytes, piece->cold.size);
    for (size_t i = 0; i < piece->hole_count; i++)
        write_hole(output, &piece->holes[i]);
    output->hole_count += piece->hole_count;
    output->stencil_count++;
}

static void find_cold(const struct input *input, struct piece *piece)
{
    char name[96];
    snprintf(name, sizeof name, "stencil_%s.cold", piece->hot.name);
    for (size_t i = 0; i < input->symbol_count; i++)
        if (strcmp(input->names + input->symbols[i].st_name, name) == 0)
            set_part(input, &input->symbols[i], &piece->cold);
}

static void extract(const struct input *input, struct output *output)
{
    for (size_t i = 0; i < input->symbol_count; i++) {
        const Elf64_Sym *symbol = &input->symbols[i];
        const char *name = input->names + symbol->st_name;
        if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || !begins_with(name, "stencil_") ||
            strchr(name, '.') != NULL)
            continue;
        static struct piece piece;
        memset(&piece, 0, sizeof piece);
        snprintf(piece.hot.name, sizeof piece.hot.name, "%s", name + strlen("stencil_"));
        set_part(input, symbol, &piece.hot);
        find_cold(input, &piece);
        read_holes(input, &piece, &piece.hot, false);
        if (piece.cold.exists)
            read_holes(input, &piece, &piece.cold, true);
        finish_hot_part(&piece);
        write_piece(output, &piece);
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 3)
        fail("usage: viv-stencils OBJECT OUTPUT");
    struct input input = {0};
    read_object(arguments[1], &input);
    struct output output = {0};
    char *holes = NULL, *stencils = NULL;
    size_t holes_size = 0, stencils_size = 0;
    output.file = fopen(arguments[2], "w");
    output.holes = open_memstream(&holes, &holes_size);
    output.stencils = open_memstream(&stencils, &stencils_size);
    if (output.file == NULL || output.holes == NULL || output.stencils == NULL)
        fail("%s cannot be written", arguments[2]);
    fputs("/* Made by viv-stencils. */\nstatic const uint8_t stencil_bytes[] = {\n", output.file);
    extract(&input, &output);
    fclose(output.holes);
    fclose(output.stencils);
    fprintf(output.file, "};\nstatic const struct hole stencil_holes[] = {\n%s};\n", holes);
    fprintf(output.file, "static const struct stencil stencils[STENCIL_COUNT] = {\n%s};\n",
            stencils);
    for (size_t i = 0; i < output.function_count; i++)
        fprintf(output.file, "extern char function_%zu[] __asm__(\"%s\");\n", i,
                output.functions[i]);
    fputs("static char *const stencil_functions[] = {\n", output.file);
    for (size_t i = 0; i < output.function_count; i++)
        fprintf(output.file, "    function_%zu,\n", i);
    fputs("    NULL};\n", output.file);
    if (output.stencil_count < 100 || fclose(output.file) != 0)
        fail("only %zu stencils in %s, or %s cannot be written", output.stencil_count, arguments[1],
             arguments[2]);
    return 0;
}
