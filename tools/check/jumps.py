"""In the tail-called interpreter every instruction goes on with a jump: a call would fill the C stack (vm/execution)."""
import os
import re
import subprocess

import project

FUNCTION = re.compile(r"^[0-9a-f]+ <(\w+)(?:\.\w+)*>:$")
CALL = re.compile(r"\tcall\s+(\S+)(?:\s+<(\w+))?")


def check(build):
    library = os.path.join(project.ROOT, build, "libvivarium.a")
    listing = subprocess.run(["objdump", "-dr", "--no-show-raw-insn", library], capture_output=True, text=True).stdout
    findings, function, instructions, lines = [], None, 0, listing.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"^\S+\.o:", line):
            inside = line.startswith("interpreter_tail")
            function = None
        start = FUNCTION.match(line)
        if start:
            function = start.group(1)
            instructions += inside and function.startswith("op_")
        call = CALL.search(line)
        if not call or not function or not inside or not function.startswith("op_"):
            continue
        # A call of C is direct, or through an address that the linker fills in, or through the row of a primitive in memory. The
        # handler of a word is 32 bits: to call it, it must stand in a register.
        relocated = number + 1 < len(lines) and "R_X86_64" in lines[number + 1]
        target = lines[number + 1].split()[-1] if relocated else call.group(2) or ""
        if target.startswith("op_") or (call.group(1).startswith("*%") and not relocated):
            findings.append("%s calls %s: not a jump; keep what has its address taken out of the body"
                            % (function, target or call.group(1)))
    if instructions < 50:
        findings.append("only %d instructions found in interpreter_tail.c.o of %s" % (instructions, library))
    return findings
