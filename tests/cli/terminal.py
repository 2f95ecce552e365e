"""Runs a program on a terminal of its own: python3 terminal.py PROGRAM ARGUMENT... <STEPS

Each line of STEPS is `send TEXT` (with \\n \\t \\x03 … as escapes) or `expect REGEX`, which waits until what was written
since the last expect matches. Ends with the program's exit status, or 99 and a sentence when something expected did not come.
"""
import codecs
import os
import pty
import re
import select
import sys
import time

PATIENCE = 20


class Terminal:
    def __init__(self, arguments):
        self.output = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(arguments[0], arguments)

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            block = os.read(self.fd, 65536)
        except OSError:
            return False
        self.output += block
        return bool(block)

    def expect(self, pattern):
        deadline = time.monotonic() + PATIENCE
        alive = True
        while True:
            match = re.search(pattern.encode(), self.output)
            if match:
                self.output = self.output[match.end():]
                return
            if not alive or time.monotonic() > deadline:
                os.kill(self.pid, 9)
                print("expected %s, got %r" % (pattern, self.output))
                sys.exit(99)
            alive = self.read(0.2)

    def finish(self):
        deadline = time.monotonic() + PATIENCE
        while self.read(0.1) and time.monotonic() < deadline:
            pass
        while time.monotonic() < deadline:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(self.pid, 9)
        print("the program did not end; %r" % self.output)
        return 99


def main():
    terminal = Terminal(sys.argv[1:])
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "send":
            os.write(terminal.fd, codecs.decode(rest.encode("utf-8"), "unicode_escape").encode("latin-1"))
        elif verb == "expect":
            terminal.expect(rest)
    sys.exit(terminal.finish())


main()
