"""viv-gui.so finds in viv everything that it asks of it: what gui/exports.list forgets is only missed when a window opens."""
import os
import subprocess

import project


def names(option, path):
    """Dynamic symbols of a file, without the versions of other libraries."""
    listing = subprocess.run(["nm", "-D", option, path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in listing.splitlines() if line.strip()}


def check(build):
    folder = os.path.join(project.ROOT, build)
    program, module = os.path.join(folder, "viv"), os.path.join(folder, "viv-gui.so")
    # ldd -r binds the module to its libraries alone: what stays undefined must come from the program.
    bound = subprocess.run(["ldd", "-r", module], capture_output=True, text=True)
    missing = {line.split()[2] for line in bound.stdout.splitlines() + bound.stderr.splitlines()
               if line.startswith("undefined symbol:")}
    if len(missing) < 10:
        return ["only %d names of %s come from viv: how it is linked has changed" % (len(missing), module)]
    findings = ["%s is used by viv-gui.so, and gui/exports.list does not name it" % name
                for name in sorted(missing - names("--defined-only", program))]
    findings += [line.strip() for line in bound.stdout.splitlines() if "not found" in line]
    return findings
