"""Every identifier of tools/check/lists/identifiers.txt is served by a test that uses the window; the table of gui/README.md says by
which. `python3 tools/check/identifiers.py --write` makes the table anew."""
import glob
import os
import re
import sys

import project

LIST = "tools/check/lists/identifiers.txt"
TABLE = "gui/README.md"
BEGIN = "<!-- made by tools/check/identifiers.py -->"
END = "<!-- end -->"
IDENTIFIER = re.compile(r"\b(?:TR|PB|CR|VM|[GBIWDTFQS])-\d\d\b")
METHOD = re.compile(r"^(\w+) >> (\w[\w:]*)[^\n]* \[\n(\t\"[^\"]*\")?", re.M)
SHOWN = 3  # tests named in a cell; the others are counted


def identifiers():
    """(identifier, mark, subject) of each line."""
    rows = []
    for line in project.text(LIST).split("\n"):
        if line and not line.startswith("#"):
            mark = line[0] if line[0] == "?" else ""
            name, subject = line.removeprefix(mark).split(" ", 1)
            rows.append((name, mark, subject))
    return rows


def superclasses():
    """The superclass of each class of the packages, by name."""
    found = {}
    for path in glob.glob(os.path.join(project.ROOT, "image/packages/*/*.class.st")):
        text = open(path, encoding="utf-8").read()
        name = re.search(r"#name : '(\w+)'", text)
        parent = re.search(r"#superclass : '(\w+)'", text)
        if name and parent:
            found[name.group(1)] = parent.group(1)
    return found


def uses_window(name, parents):
    while name in parents:
        if name == "WorldTestCase":
            return True
        name = parents[name]
    return False


def tests_by_identifier():
    """For each identifier the tests that use the window, and the others."""
    parents = superclasses()
    window, others = {}, {}
    for path in sorted(glob.glob(os.path.join(project.ROOT, "image/packages/*-Tests/*.class.st"))):
        for match in METHOD.finditer(open(path, encoding="utf-8").read()):
            test, selector, comment = match.group(1), match.group(2), match.group(3) or ""
            if not selector.startswith("test"):
                continue
            place = window if uses_window(test, parents) else others
            for name in set(IDENTIFIER.findall(comment)):
                place.setdefault(name, []).append("%s>>%s" % (test, selector))
    for path in sorted(glob.glob(os.path.join(project.ROOT, "tests/gui/*.sh"))):
        for name in set(IDENTIFIER.findall(open(path, encoding="utf-8").read())):
            window.setdefault(name, []).append(os.path.relpath(path, project.ROOT))
    return window, others


def cell(tests):
    shown = ", ".join("`%s`" % each for each in tests[:SHOWN])
    return shown + (" and %d more" % (len(tests) - SHOWN) if len(tests) > SHOWN else "")


def table():
    window, others = tests_by_identifier()
    lines = ["| what | tests by mouse and keys | tests of models |", "|---|---|---|"]
    for name, mark, subject in identifiers():
        note = " (optional)" if mark else ""
        lines.append("| %s %s%s | %s | %d |" % (name, subject, note, cell(window.get(name, [])), len(others.get(name, []))))
    return "\n".join(lines)


def split_readme():
    text = project.text(TABLE)
    return text[: text.index(BEGIN) + len(BEGIN)], text[text.index(BEGIN) + len(BEGIN) : text.index(END)], text[text.index(END) :]


def check():
    window, _ = tests_by_identifier()
    findings = ["%s: %s has no test by mouse and keys" % (LIST, name) for name, mark, _ in identifiers() if not mark and name not in window]
    if split_readme()[1].strip() != table():
        findings.append("%s: the table is not up to date (python3 tools/check/identifiers.py --write)" % TABLE)
    return findings


if __name__ == "__main__":
    if "--write" in sys.argv:
        before, _, after = split_readme()
        with open(os.path.join(project.ROOT, TABLE), "w", encoding="utf-8") as readme:
            readme.write(before + "\n" + table() + "\n" + after)
    for finding in check():
        print("FAIL " + finding)
