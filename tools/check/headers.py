"""Every header compiles alone, and has a guard named for its path."""
import concurrent.futures
import os
import subprocess

import project

FLAGS = ("-std=gnu11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef "
         "-Wvla -Werror -D_GNU_SOURCE= -fsyntax-only -I.").split()


def compile_alone(path):
    # The declaration after it: a header of macros alone would be an empty translation unit.
    result = subprocess.run(["gcc", *FLAGS, "-x", "c", "-"], input='#include "%s"\ntypedef int not_empty;\n' % path,
                            text=True, cwd=project.ROOT, capture_output=True)
    if result.returncode == 0:
        return []
    errors = [line for line in result.stderr.splitlines() if "error" in line]
    return ["%s: does not compile alone: %s" % (path, (errors or [result.stderr.strip()])[0])]


def wanted_guard(path):
    parts = path[:-2].split("/")
    return "VIV_" + "_".join(parts[1:] if parts[0] == "vm" else parts).upper() + "_H"


def check():
    headers = project.files(project.C_ROOMS, ".h")
    findings = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(compile_alone, headers):
            findings += found
    for path in headers:
        guard = wanted_guard(path)
        if "#ifndef %s\n#define %s\n" % (guard, guard) not in project.text(path):
            findings.append(project.finding(path, 1, "its guard is not %s" % guard))
    return findings
