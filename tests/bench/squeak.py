"""Scratch's image in viv and in Debian's squeak-vm (4.10, an interpreter): `1 tinyBenchmarks` of the image's own, in turn.

Both packages are unpacked by tools/package, nothing is installed. Scratch's image reads no document when it starts. So it is saved once, by squeak-vm
and in its own format, on a display that nobody sees, out of a workspace whose expression goes on after the save by filing in the first argument. Both
systems then start that image without a screen with the same document, which writes what was measured to a file and quits.

tinyBenchmarks measures time that passes. The processor time of its two parts, with fixed counts and without the start, says the same where other programs
run beside.
"""
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time

EXPRESSION = "Smalltalk snapshotPrimitive. (FileStream readOnlyFileNamed: (Smalltalk getSystemAttribute: 2)) fileIn"
DOCUMENT = """| file |
file := FileStream newFileNamed: 'answer.txt'.
file nextPutAll: (%s) printString.
file close.
Smalltalk quitPrimitive!
"""
WANTED = 2.0
TINY = "1 tinyBenchmarks"
PARTS = {"bytecodes: 6000 benchmark": "6000 benchmark", "sends: 36 benchFib": "36 benchFib"}
FIGURES = re.compile(r"(\d+) bytecodes/sec; (\d+) sends/sec")


class Skipped(Exception):
    """Something that cannot be had here."""


class Display:
    """An X server without a screen, and a person before it."""

    def __init__(self):
        readable, writable = os.pipe()
        command = ["Xvfb", "-noreset", "-displayfd", str(writable), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
        self.server = subprocess.Popen(command, pass_fds=(writable,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        os.close(writable)
        with os.fdopen(readable) as file:
            self.environment = dict(os.environ, DISPLAY=":" + file.readline().strip())

    def act(self, *words):
        subprocess.run(["xdotool", *words], env=self.environment, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def press(self, x, y):
        self.act("mousemove", str(x), str(y), "sleep", "0.3", "mousedown", "1", "sleep", "0.3", "mouseup", "1", "sleep", "0.3")
        self.settle()

    def key(self, chord):
        self.act("key", "--delay", "60", chord)
        self.settle()

    def picture(self):
        return subprocess.run(["import", "-window", "root", "-depth", "8", "rgb:-"], env=self.environment, check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout

    def settle(self):
        """Waits until nothing on the screen has changed for a while, at most ten seconds."""
        before = None
        for _ in range(20):
            now = self.picture()
            if now == before:
                return
            before = now
            time.sleep(0.5)

    def close(self):
        self.server.terminate()
        self.server.wait()


def unpack(root, name, folder):
    result = subprocess.run([os.path.join(root, "tools", "package"), name, folder], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise Skipped(result.stderr.strip().splitlines()[-1])


def find_machine(folder):
    base = os.path.join(folder, "squeak-vm", "usr", "lib", "squeak")
    for version in os.listdir(base):
        machine = os.path.join(base, version, "squeakvm")
        if os.path.exists(machine):
            libraries = subprocess.run(["ldd", machine], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
            missing = re.findall(r"(\S+) => not found", libraries)
            if missing:
                raise Skipped("squeak-vm wants " + ", ".join(missing))
            return [machine, "-plugins", os.path.dirname(machine) + "/", "-vm-sound-null"]
    raise Skipped("no squeakvm in the package squeak-vm")


def save_image(machine, image):
    """Has squeak-vm save the image out of a workspace. Without a sound driver the first thing it shows is an error, which is closed."""
    before = os.path.getmtime(image)
    display = Display()
    process = None
    try:
        process = subprocess.Popen(machine + ["-vm-display-X11", image], env=display.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        display.act("search", "--sync", "--onlyvisible", "--name", "Scratch.image", "windowfocus")
        time.sleep(2)
        display.settle()
        display.press(382, 29)  # Abandon
        display.act("keydown", "shift")
        display.press(43, 14)  # the hole in the R brings the menu for developers
        display.act("keyup", "shift")
        display.press(80, 19)  # turn fill screen off
        display.press(1000, 763)  # the menu of the world
        display.press(920, 602)  # open...
        display.press(832, 638)  # workspace
        display.press(450, 200)
        display.act("type", "--delay", "40", EXPRESSION)
        display.settle()
        display.key("alt+a")
        display.key("alt+d")
        for _ in range(40):
            if os.path.getmtime(image) != before:
                display.settle()
                return
            time.sleep(0.25)
        raise SystemExit("tools/bench: squeak-vm did not save " + image)
    finally:
        if process is not None:
            process.kill()
            process.wait()
        display.close()


def prepare(root, build):
    for tool in ("Xvfb", "xdotool", "import"):
        if shutil.which(tool) is None:
            raise Skipped("no " + tool)
    folder = os.path.join(build, "squeak")
    os.makedirs(folder, exist_ok=True)
    unpack(root, "squeak-vm", os.path.join(folder, "squeak-vm"))
    machine = find_machine(folder)
    image, saved = os.path.join(folder, "Scratch.image"), os.path.join(folder, "saved")
    if not os.path.exists(saved):
        unpack(root, "scratch", os.path.join(folder, "scratch"))
        shutil.copy(os.path.join(folder, "scratch", "usr", "share", "scratch", "Scratch.image"), image)
        save_image(machine, image)
        with open(saved, "w", encoding="utf-8"):
            pass
    return folder, machine, image


class Systems:
    """Both systems with the same image and document."""

    def __init__(self, viv, root, build):
        self.folder, machine, image = prepare(root, build)
        self.document = os.path.join(self.folder, "go.st")
        self.commands = {"viv": [viv, "run", image, "--", self.document],
                         "squeak-vm": machine + ["-vm-display-null", image, self.document]}

    def run(self, name, expression):
        """What the expression printed, and the seconds of processor time that the process took."""
        answer = os.path.join(self.folder, "answer.txt")
        if os.path.exists(answer):
            os.remove(answer)
        with open(self.document, "w", encoding="utf-8") as file:
            file.write(DOCUMENT % expression)
        environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(self.commands[name], cwd=self.folder, env=environment, timeout=120, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if not os.path.exists(answer):
            raise SystemExit("tools/bench: %s has not answered %s" % (name, expression))
        with open(answer, encoding="latin-1") as file:
            return file.read(), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def rates(self, name):
        """Bytecodes and sends a second, as the image measures them."""
        text = self.run(name, TINY)[0]
        print("%s: %s" % (name, text.strip("'")), file=sys.stderr)
        return tuple(int(figure) for figure in FIGURES.search(text).groups())

    def seconds(self, name, expression):
        """The answer, and the processor seconds of the expression beyond those of a start and an end."""
        text, whole = self.run(name, expression)
        return text, whole - self.run(name, "nil")[1]


def row(what, form, pairs, inverted=False):
    ours, theirs = (statistics.median(side) for side in zip(*pairs))
    ratio = statistics.median(their / our if inverted else our / their for our, their in pairs)
    return "| %s | %s | %s | **%.2f** | >= %.1f: %s |" % (what, form % ours, form % theirs, ratio, WANTED,
                                                           "met" if ratio >= WANTED else "missed")


def rows(viv, root, build, rounds):
    try:
        systems = Systems(viv, root, build)
    except Skipped as reason:
        return ["skipped: %s" % reason]
    rates = []
    parts = {what: [] for what in PARTS}
    for number in range(rounds):
        rates.append([systems.rates(name) for name in systems.commands])
        for what, expression in PARTS.items():
            (our_answer, ours), (their_answer, theirs) = (systems.seconds(name, expression) for name in systems.commands)
            if our_answer != their_answer:
                raise SystemExit("tools/bench: %s answers %s and %s" % (expression, our_answer, their_answer))
            parts[what].append((ours, theirs))
        print("round %d of %d" % (number + 1, rounds), file=sys.stderr)
    table = ["| Scratch's image | viv | squeak-vm 4.10 | viv / squeak-vm in speed, median of pairs | wanted |", "|---|---|---|---|---|"]
    for place, what in enumerate(("bytecodes", "sends")):
        table.append(row("%s, %s a second" % (TINY, what), "%d", [(our[place], their[place]) for our, their in rates]))
    for what, pairs in parts.items():
        table.append(row(what + ", processor seconds", "%.3f", pairs, inverted=True))
    return table
