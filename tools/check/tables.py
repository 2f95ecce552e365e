"""Rows of *.def tables: documented, of one shape a macro, with no name and no number twice."""
import os
import re

import project

# Columns, from 0, in which no two rows of a macro may agree; columns in parentheses, together. A macro not named here: its
# first.
UNIQUE = {
    "CLASS_INDEX": (0, 1),
    "SPECIAL": (0, 1),
    "NAMED": ((0, 1),),
    "NAMED_CONTROL": ((0, 1),),
}
ROW = re.compile(r"([A-Za-z_]\w*)\s*\(")


def rows(code):
    """Macro, line, and arguments of each row; a bare problem sentence where the text is not a row."""
    position = 0
    while True:
        while position < len(code) and code[position].isspace():
            position += 1
        if position == len(code):
            return
        line = code.count("\n", 0, position) + 1
        if code[position] == "#":
            end = code.find("\n", position)
            while end > 0 and code[end - 1] == "\\":
                end = code.find("\n", end + 1)
            position = len(code) if end < 0 else end
            continue
        match = ROW.match(code, position)
        if not match:
            yield None, line, code[position:position + 40].split("\n")[0]
            return
        end, arguments = split_arguments(code, match.end())
        yield match.group(1), line, arguments
        if end is None:
            return
        position = end


def split_arguments(code, start):
    """The position after the closing parenthesis and the arguments; None and nothing when it never closes."""
    depth, argument, arguments, inside = 1, start, [], None
    for at in range(start, len(code)):
        char = code[at]
        if inside:
            inside = None if char == inside else inside
        elif char in "\"'":
            inside = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                arguments.append(code[argument:at].strip())
                return at + 1, arguments
        elif char == "," and depth == 1:
            arguments.append(code[argument:at].strip())
            argument = at + 1
    return None, []


def documents_of(path, source):
    """The table, and the tables beside it that its comments name: it may be a continuation of one."""
    yield source
    for name in re.findall(r"\w+\.def", source):
        beside = os.path.join(os.path.dirname(path), name)
        if os.path.exists(os.path.join(project.ROOT, beside)):
            yield project.text(beside)


def check_table(path):
    source = project.text(path)
    findings = []
    shapes, seen = {}, {}
    for macro, line, arguments in rows(keep_strings(source)):
        if macro is None:
            findings.append(project.finding(path, line, "not a row: %s" % arguments))
            continue
        if not arguments:
            findings.append(project.finding(path, line, "%s( is never closed" % macro))
            continue
        if macro not in shapes:
            shapes[macro] = len(arguments)
            if not any(re.search(r"/\*[^/]*\b%s\b" % macro, text) for text in documents_of(path, source)):
                findings.append(project.finding(path, line, "no comment says what %s(…) is" % macro))
        if len(arguments) != shapes[macro]:
            findings.append(project.finding(path, line, "%s with %d columns, not %d" % (macro, len(arguments), shapes[macro])))
        for column in UNIQUE.get(macro, (0,)):
            together = column if isinstance(column, tuple) else (column,)
            value = " ".join(arguments[each] for each in together if each < len(arguments))
            key = (macro, column, value.lower() if value.startswith("0x") else value)
            if value and key in seen:
                findings.append(project.finding(path, line, "%s: %s stands in line %d too" % (macro, value, seen[key])))
            seen.setdefault(key, line)
    return findings


def keep_strings(source):
    """The source with comments blanked and strings kept: they are columns."""
    return project.BLANKED.sub(lambda match: project.blank(match) if match.group(0).startswith("/") else match.group(0), source)


def check():
    findings = []
    for path in project.files(project.LIBRARY_ROOMS + ("tools",), ".def"):
        findings += check_table(path)
    return findings
