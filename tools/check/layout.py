"""clang-format decides layout: tools/format puts it right."""
import subprocess

import project


def check():
    sources = project.files(project.C_ROOMS, ".c", ".h")
    if not sources:
        return []
    result = subprocess.run(["clang-format", "--dry-run", *sources], cwd=project.ROOT, capture_output=True, text=True)
    findings = {}
    for line in result.stderr.splitlines():
        if ": warning:" in line:
            path, number = line.split(":")[:2]
            findings.setdefault(path, project.finding(path, int(number), "not laid out by clang-format (tools/format)"))
    return [findings[path] for path in sorted(findings)]
