"""What pages that tools write say of where their figures come from."""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def revision(page):
    """The commit, with -dirty when more than the page, a path from the root, has been changed since."""
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--", ".", ":!" + page)
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("-dirty" if changed else "")
