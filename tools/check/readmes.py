"""Every folder says in a README.md what it is for. A Tonel package says so in its row of image/packages/README.md."""
import os
import subprocess

import project


def folders():
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=project.ROOT,
                             capture_output=True, text=True).stdout
    found = set()
    for path in listing.splitlines():
        folder = os.path.dirname(path)
        while folder and not os.path.basename(folder).startswith("."):
            found.add(folder)
            folder = os.path.dirname(folder)
    return sorted(found | {""})


def check():
    findings = []
    for folder in folders():
        full = os.path.join(project.ROOT, folder)
        if os.path.exists(os.path.join(full, "package.st")):
            parent, name = os.path.split(folder)
            readme = os.path.join(parent, "README.md")
            row = "`%s`" % name.removesuffix("-Tests")
            if not os.path.exists(os.path.join(project.ROOT, readme)) or row not in project.text(readme):
                findings.append("%s: the package %s has no row there" % (readme, name))
        elif not os.path.exists(os.path.join(full, "README.md")):
            findings.append("%s/README.md: missing" % (folder or "."))
    return findings
