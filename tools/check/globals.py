"""The library has no mutable globals: two VMs live in one process (decision D8)."""
import os
import subprocess

import project


def check(build):
    library = os.path.join(project.ROOT, build, "libvivarium.a")
    if not os.path.exists(library):
        return [library + ": not built"]
    listing = subprocess.run(["nm", "-A", library], capture_output=True, text=True).stdout
    findings = []
    for line in listing.splitlines():
        parts = line.split()
        if len(parts) >= 3 and parts[-2] in "bBdDcCgGsS" and len(parts[-2]) == 1:
            file = parts[0].split(":")[1]
            findings.append("%s: %s is mutable and global; hang it off struct vm" % (file, parts[-1]))
    return findings
