"""Every instruction of the interpreter can be reached: from translation, from C, or from another instruction (vm/code)."""
import glob
import os
import re

import project

DEFINITION = re.compile(r"^(?:OP|HELPER)\((\w+)", re.M)
TABLES = ("vm/code/ops.def", "vm/code/super_ops.def")


def check():
    tables = "\n".join(project.text(name) for name in TABLES)
    sources = "\n".join(project.text(os.path.relpath(path, project.ROOT))
                        for path in glob.glob(os.path.join(project.ROOT, "vm/**/*.[ch]"), recursive=True))
    named = set(re.findall(r"\b(?:OP_|GOTO\(|CALL_HELPER\(|HELP_AT\(|SPECIAL\()(\w+)", sources))
    # Another instruction names one in its body, or hands it to a macro that does.
    uses = set(re.findall(r"[(, ]\s*(\w+)\s*[,)]", DEFINITION.sub("", re.sub(r"/\*.*?\*/", "", tables, flags=re.S))))
    names = DEFINITION.findall(tables)
    findings = ["%s: nothing leads to the instruction %s" % (TABLES[0], name)
                for name in names if name not in named and name not in uses]
    if len(names) < 50:
        findings.append("only %d instructions found in %s" % (len(names), ", ".join(TABLES)))
    return findings
