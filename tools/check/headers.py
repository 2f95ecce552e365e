"""Every header compiles alone, and has a guard named for its folder and name."""
import concurrent.futures
import os
import re
import subprocess

import project

FLAGS = ("-std=gnu11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wundef "
         "-Wvla -Werror -D_GNU_SOURCE= -fsyntax-only -I.").split()


# What headers of gui/ use beyond the C library.
PACKAGES = ("cairo", "pangocairo", "sdl2")


def package_flags():
    result = subprocess.run(["pkg-config", "--cflags-only-I", *PACKAGES], text=True, capture_output=True)
    return result.stdout.replace("-I", "-isystem").split()


def compile_alone(path):
    # The declaration after it: a header of macros alone would be an empty translation unit.
    result = subprocess.run(["gcc", *FLAGS, *(package_flags() if path.startswith("gui/") else ()), "-x", "c", "-"], input='#include "%s"\ntypedef int not_empty;\n' % path,
                            text=True, cwd=project.ROOT, capture_output=True)
    if result.returncode == 0:
        return []
    errors = [line for line in result.stderr.splitlines() if "error" in line]
    return ["%s: does not compile alone: %s" % (path, (errors or [result.stderr.strip()])[0])]


def wanted_guard(path):
    """A pattern: VIV, any outer folders, its own folder unless that is vm, its name, H."""
    folder, name = path[:-2].split("/")[-2:]
    own = "" if folder == "vm" else folder.upper() + "_"
    return r"VIV_(?:[A-Z]+_)*%s%s_H" % (own, name.upper())


def check():
    headers = project.files(project.C_ROOMS, ".h")
    findings = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(compile_alone, headers):
            findings += found
    for path in headers:
        guard = wanted_guard(path)
        if not re.search(r"^#ifndef (%s)\n#define \1$" % guard, project.text(path), re.M):
            findings.append(project.finding(path, 1, "its guard is not %s" % guard.replace("(?:[A-Z]+_)*", "…_")))
    return findings
