"""Runs every check: python3 tools/check/all.py BUILD_FOLDER. One TAP line a check, its findings below, a total at the end."""
import sys

import exports
import globals as mutable_globals
import headers
import identifiers
import jumps
import layers
import layout
import opcodes
import readmes
import start
import tables
import tidy
import tonel


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build/dev"
    checks = [
        ("a file includes only its own folder or a lower line", layers.check),
        ("files are tidy", tidy.check),
        ("files are laid out by clang-format", layout.check),
        ("the library has no mutable globals", lambda: mutable_globals.check(build)),
        ("viv-gui.so finds in viv what it uses", lambda: exports.check(build)),
        ("every instruction of the interpreter goes on with a jump", lambda: jumps.check(build)),
        ("every instruction can be reached", opcodes.check),
        ("what lies together for a start is in viv", lambda: start.check(build)),
        ("headers compile alone", headers.check),
        ("rows of the tables are well formed", tables.check),
        ("packages keep the Tonel conventions", tonel.check),
        ("every folder has a README", readmes.check),
        ("what people expect of the windows is tested", identifiers.check),
    ]
    failed = 0
    for name, run in checks:
        findings = run()
        failed += bool(findings)
        print(("not ok - " if findings else "ok - ") + name)
        for found in findings:
            print("FAIL " + found)
    print("%d passed, %d failed" % (len(checks) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
