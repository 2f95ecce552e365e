"""The functions that tools/viv/start.ld puts together are in viv: a name that is gone puts nothing anywhere."""
import os
import re
import subprocess

import project

FILE = "tools/viv/start.ld"


def check(build):
    program = os.path.join(project.ROOT, build, "viv")
    if not os.path.exists(program):
        return [program + ": not built"]
    listing = subprocess.run(["nm", "--defined-only", program], capture_output=True, text=True).stdout
    defined = {re.sub(r"\..*", "", line.split()[-1]) for line in listing.splitlines()}
    with open(os.path.join(project.ROOT, FILE), encoding="utf-8") as file:
        named = re.findall(r"\*\(\.text\.(\w+) ", file.read())
    return ["%s: %s is not in viv any more; run tools/start-order" % (FILE, name) for name in named if name not in defined]
