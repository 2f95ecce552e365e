"""What the checks share: the files of the project, and how a finding is told."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBRARY_ROOMS = ("vm", "image", "primitives", "gui")
C_ROOMS = LIBRARY_ROOMS + ("tools", "tests")


def files(folders, *endings):
    """Paths from the root, sorted, of the files below the folders whose names end so."""
    found = []
    for folder in folders:
        for where, below, names in os.walk(os.path.join(ROOT, folder)):
            below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
            found += [os.path.relpath(os.path.join(where, name), ROOT) for name in names if name.endswith(endings)]
    return sorted(found)


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def finding(path, line, sentence):
    return "%s:%d: %s" % (path, line, sentence)


BLANKED = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    found = match.group(0)
    if found.startswith("/"):
        return re.sub(r"[^\n]", " ", found)
    return found[0] + " " * (len(found) - 2) + found[-1]


def code_of(source):
    """C source with comments and the insides of strings blanked; positions and lines stay."""
    return BLANKED.sub(blank, source)
