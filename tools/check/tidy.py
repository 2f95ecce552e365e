"""Length of files, functions and lines; calls that have a better replacement; unfinished work."""
import re

import project

FILE_LIMIT = 800
FUNCTION_LIMIT = 80
LINE_LIMIT = 100

# A file is exempt from the length rules by what it is, which its name says.
TABLE_OR_INTERPRETER = re.compile(r"\.def$|_table\.[ch]$|/interpreter[^/]*$")

BANNED = {
    "strcpy": "use memcpy or snprintf with the size of the target",
    "strcat": "use snprintf with the size of the target",
    "strncpy": "it may leave the end out; use snprintf",
    "sprintf": "use snprintf",
    "vsprintf": "use vsnprintf",
    "strtok": "it keeps hidden state; scan with strcspn",
    "gets": "use fgets",
    "system": "use posix_spawn",
    "popen": "use posix_spawn with a pipe",
    "rand": "state is never hidden; keep a generator in your struct",
    "srand": "state is never hidden; keep a generator in your struct",
    "random": "state is never hidden; keep a generator in your struct",
    "atoi": "it cannot report errors; use strtol and look at its end",
    "atol": "it cannot report errors; use strtol and look at its end",
    "atof": "it cannot report errors; use strtod and look at its end",
    "alloca": "allocate from an arena",
    "setjmp": "answer a status",
    "longjmp": "answer a status",
    "strerror": "it shares a buffer between threads; use strerror_r",
    "localtime": "it shares a buffer between threads; use localtime_r",
    "gmtime": "it shares a buffer between threads; use gmtime_r",
    "tmpnam": "use mkstemp",
    "mktemp": "use mkstemp",
}
BANNED_IN_LIBRARY = {
    "exit": "library code answers a status; tools exit",
    "_exit": "library code answers a status; tools exit",
    "printf": "library code never prints; answer text or a status",
    "vprintf": "library code never prints; answer text or a status",
    "puts": "library code never prints; answer text or a status",
    "putchar": "library code never prints; answer text or a status",
    "perror": "library code never prints; answer a status",
}
CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(sorted(set(BANNED) | set(BANNED_IN_LIBRARY))))
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def function_lengths(source):
    """Pairs of first line and length; a body starts with { and ends with } in the first column."""
    start = None
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield start, number - start + 1
            start = None


def check_lengths(path, source):
    findings = []
    lines = source.splitlines()
    if len(lines) > FILE_LIMIT:
        findings.append(project.finding(path, len(lines), "longer than %d lines: does it hold one idea?" % FILE_LIMIT))
    for start, length in function_lengths(source):
        if length > FUNCTION_LIMIT:
            findings.append(project.finding(path, start, "a function of %d lines, over %d" % (length, FUNCTION_LIMIT)))
    return findings


def check_lines(path, source):
    findings = []
    for number, line in enumerate(source.splitlines(), 1):
        if "\t" in line:
            findings.append(project.finding(path, number, "a tab"))
        if line != line.rstrip():
            findings.append(project.finding(path, number, "blanks at the end of the line"))
    return findings


def check_calls(path, code):
    findings = []
    library = path.startswith(tuple(room + "/" for room in project.LIBRARY_ROOMS))
    for match in CALL.finditer(code):
        name = match.group(1)
        advice = BANNED.get(name) or (library and BANNED_IN_LIBRARY.get(name))
        if advice:
            findings.append(project.finding(path, code.count("\n", 0, match.start()) + 1, "%s: %s" % (name, advice)))
    return findings


def check():
    findings = []
    for path in project.files(project.C_ROOMS, ".c", ".h", ".def"):
        source = project.text(path)
        findings += check_lines(path, source)
        findings += check_calls(path, project.code_of(source))
        if not TABLE_OR_INTERPRETER.search(path):
            findings += check_lengths(path, source)
    own_name = "tools/check/tidy.py"
    for path in project.files(project.C_ROOMS, ".c", ".h", ".def", ".st", ".sh", ".py", ".md", ".lua"):
        for number, line in enumerate(project.text(path).splitlines(), 1):
            if path != own_name and UNFINISHED.search(line):
                findings.append(project.finding(path, number, "unfinished work is an issue, not a comment"))
    return findings
