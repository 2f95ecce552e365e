"""A file includes only its own folder or a lower line of layers.txt."""
import os
import re

import project

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def read_lines():
    rank = {}
    rows = [row for row in project.text("tools/check/layers.txt").splitlines() if row and not row.startswith("#")]
    for height, row in enumerate(reversed(rows)):
        for room in row.split():
            rank[room] = height
    return rank


def room_of(path, rank):
    """The most precise room of layers.txt that holds the path."""
    folder = path
    while folder and folder not in rank:
        folder = os.path.dirname(folder)
    return folder


def check():
    rank = read_lines()
    findings = []
    for path in project.files(project.C_ROOMS, ".c", ".h", ".def"):
        room = room_of(path, rank)
        if not room:
            findings.append(project.finding(path, 1, "its folder is not in tools/check/layers.txt"))
            continue
        source = project.text(path)
        for match in INCLUDE.finditer(source):
            line = source.count("\n", 0, match.start()) + 1
            name = match.group(1)
            beside = os.path.join(os.path.dirname(path), name)
            target = name if os.path.exists(os.path.join(project.ROOT, name)) else beside
            if not os.path.exists(os.path.join(project.ROOT, target)):
                findings.append(project.finding(path, line, 'includes "%s", which is not there' % name))
                continue
            other = room_of(target, rank)
            if other != room and rank.get(other, 99) >= rank[room]:
                findings.append(project.finding(path, line, "%s may not include %s (tools/check/layers.txt)" % (room, name)))
    return findings
