/*
 * Compiled code as text, one line an instruction, for debugging and for `viv`: made of the same table as the verifier
 * (bytecodes.def). Any bytes can be disassembled; nothing is followed but the literals that the caller chooses to name.
 */
#ifndef VIV_CODE_DISASSEMBLE_H
#define VIV_CODE_DISASSEMBLE_H

#include "vm/code/bytecodes.h"

struct disassembly {
    enum bytecode_set set;
    const uint8_t *bytes; /* from the byte after the object's header word */
    size_t limit;
    size_t pc; /* of the next line; set it to the first bytecode to begin */
    /* Writes a literal's name into text; NULL: literals are numbers. Answers whether it has one. */
    bool (*name_literal)(void *context, size_t index, char *text, size_t size);
    void *context;
};

enum { DISASSEMBLY_LINE_SIZE = 160 };

/*
 * The next line, without its end, cut at size bytes: "41 <80 00> send: foo: (1 argument)", with the pc counted from 1 as
 * contexts count it. Bytes that are no instruction are shown as such, one at a time. False at the end.
 */
bool disassemble_line(struct disassembly *disassembly, char *line, size_t size);

#endif
