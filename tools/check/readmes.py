"""Every folder says in a README.md what it is for. A Tonel package says so in its row of image/packages/README.md."""
import os

import project


def folders():
    """Every folder that holds something, but for hidden ones and the build trees."""
    found = []
    for where, below, names in os.walk(project.ROOT):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in ("build", "__pycache__"))
        if below or names:
            found.append(os.path.relpath(where, project.ROOT))
    return found


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
            findings.append("%s: missing" % os.path.join(folder, "README.md"))
    return findings
