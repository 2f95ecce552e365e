"""Conventions of the Tonel packages: layout of a package, class comments, protocols, examples."""
import os
import re

import project

HEADER = re.compile(r"^(Class|Extension|Trait)\s*\{(.*?)^\}", re.S | re.M)
FIELD = re.compile(r"#(\w+)\s*:\s*('(?:[^']|'')*'|\[[^\]]*\]|#?\w+)")
METHOD = re.compile(r"^(\{[^{}]*\}\s*\n)?^(\w+(?: class(?:Side)?)?) >> (.+?) \[\n", re.M)
CATEGORY = re.compile(r"#category : '((?:[^']|'')*)'")
SUFFIX = {"Class": ".class.st", "Trait": ".trait.st", "Extension": ".extension.st"}
COMMENT_IN_METHOD = re.compile(r'"((?:[^"]|"")*)"')


def fields_of(header):
    return {match.group(1): match.group(2).strip("'#") for match in FIELD.finditer(header)}


def line_of(source, position):
    return source.count("\n", 0, position) + 1


def leading_comment(source):
    match = re.match(r'\s*"((?:[^"]|"")*)"', source)
    return match.group(1) if match else None


def check_comment(path, source, fields):
    comment = leading_comment(source)
    if comment is None or not comment.strip():
        return [project.finding(path, 1, "the class or trait has no comment")]
    findings = []
    if not re.match(r"\s*I('m)? ", comment):
        findings.append(project.finding(path, 1, "the class comment is not in the first person (I am …, I hold …)"))
    for match in re.finditer(r"'(\w+)'|#(\w+)", fields.get("instVars", "")):
        name = match.group(1) or match.group(2)
        if not re.search(r"^\s+%s\b" % re.escape(name), comment, re.M):
            findings.append(project.finding(path, 1, "the class comment does not list its instance variable %s" % name))
    return findings


def balanced(text):
    """True when brackets match outside strings, characters and nested comments."""
    text = re.sub(r"\$.", "", text)
    text = re.sub(r"'(?:[^']|'')*'", "''", text)
    if text.count("'") % 2:
        return False
    closing, open_brackets = {")": "(", "]": "[", "}": "{"}, []
    for char in text:
        if char in "([{":
            open_brackets.append(char)
        elif char in closing and (not open_brackets or open_brackets.pop() != closing[char]):
            return False
    return not open_brackets


def check_examples(path, source):
    findings = []
    for comment in COMMENT_IN_METHOD.finditer(source):
        if ">>>" not in comment.group(1):
            continue
        for offset, row in enumerate(comment.group(1).replace('""', '"').splitlines()):
            if ">>>" not in row:
                continue
            line = line_of(source, comment.start()) + offset
            row = re.sub(r"^\s*Example: ", "", row)
            sides = row.split(">>>")
            if len(sides) != 2 or not all(side.strip() for side in sides):
                findings.append(project.finding(path, line, "an example is: expression >>> result"))
            elif not balanced(row):
                findings.append(project.finding(path, line, "brackets of the example do not match: %s" % row.strip()))
    return findings


def check_methods(path, source, start, class_name, package, is_extension, protocols):
    findings, seen = [], {}
    for match in METHOD.finditer(source, start):
        if match.group(2).split()[0] != class_name:
            continue  # it stands in a string: a test of reading Tonel
        line = line_of(source, match.start(2))
        category = CATEGORY.search(match.group(1) or "")
        protocol = category.group(1) if category else ""
        name = "%s>>%s" % (match.group(2), selector_of(match.group(3)))
        if name in seen:
            findings.append(project.finding(path, line, "%s is defined in line %d too" % (name, seen[name])))
        seen.setdefault(name, line)
        if not protocol:
            findings.append(project.finding(path, line, "%s has no protocol" % name))
        elif is_extension and protocol != "*" + package:
            findings.append(project.finding(path, line, "the protocol of an extension of %s is *%s" % (package, package)))
        elif not is_extension and protocol.startswith("*"):
            findings.append(project.finding(path, line, "extension methods belong in an extension file"))
        elif not is_extension and protocol not in protocols:
            findings.append(project.finding(path, line, "%s: protocol '%s' is not in tools/check/protocols.txt" % (name, protocol)))
    return findings


def selector_of(pattern):
    keywords = re.findall(r"(\w+:)", pattern)
    return "".join(keywords) if keywords else pattern.split()[0]


def check_file(path, package, owners, protocols):
    source = project.text(path)
    header = HEADER.search(source)
    if not header:
        return [project.finding(path, 1, "no Class { … }, Trait { … } or Extension { … }")]
    kind, fields = header.group(1), fields_of(header.group(2))
    is_extension = kind == "Extension"
    findings = []
    name = os.path.basename(path).split(".")[0]
    line = line_of(source, header.start())
    if not path.endswith(SUFFIX[kind]):
        findings.append(project.finding(path, line, "a file with %s { … } is called NAME%s" % (kind, SUFFIX[kind])))
    if fields.get("name") != name:
        findings.append(project.finding(path, line, "defines %s, not %s" % (fields.get("name"), name)))
    if not is_extension:
        if fields.get("package", fields.get("category")) != package:
            findings.append(project.finding(path, line, "its package is not %s" % package))
        if name in owners:
            findings.append(project.finding(path, line, "%s is defined by %s too" % (name, owners[name])))
        owners.setdefault(name, path)
        findings += check_comment(path, source, fields)
    findings += check_methods(path, source, header.end(), name, package, is_extension, protocols)
    return findings + check_examples(path, source)


def check_package(folder, owners, protocols):
    package = os.path.basename(folder)
    declared = fields_of(project.text(os.path.join(folder, "package.st")))
    findings = []
    if declared.get("name") != package:
        findings.append(project.finding(os.path.join(folder, "package.st"), 1, "does not name %s" % package))
    for path in project.files([folder], ".st"):
        if os.path.basename(path) == "package.st":
            continue
        if not path.endswith((".class.st", ".extension.st", ".trait.st")):
            findings.append(project.finding(path, 1, "not a .class.st, .extension.st or .trait.st"))
            continue
        findings += check_file(path, package, owners, protocols)
    return findings


def check():
    protocols = {row for row in project.text("tools/check/protocols.txt").splitlines() if row and not row.startswith("#")}
    findings, owners = [], {}
    for parent in ("image/packages", "tests/bench/packages", "tests/stress/packages"):
        base = os.path.join(project.ROOT, parent)
        for name in sorted(os.listdir(base)) if os.path.isdir(base) else []:
            folder = os.path.join(parent, name)
            if not os.path.isdir(os.path.join(project.ROOT, folder)):
                continue
            if not os.path.exists(os.path.join(project.ROOT, folder, "package.st")):
                findings.append(project.finding(os.path.join(folder, "package.st"), 1, "missing"))
                continue
            findings += check_package(folder, owners, protocols)
    return findings
