"""Scratch's image in viv and in Debian's squeak-vm (4.10, an interpreter): `1 tinyBenchmarks` of the image's own, in turn.

Both packages are unpacked by tools/package, nothing is installed. Scratch's image reads no document when it starts. So it is saved once, by squeak-vm
and in its own format, on a display that nobody sees, out of a workspace whose expression goes on after the save by filing in the first argument. Both
systems then start that image without a screen with the same document, which writes what was measured to a file and quits.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

EXPRESSION = "Smalltalk snapshotPrimitive. (FileStream readOnlyFileNamed: (Smalltalk getSystemAttribute: 2)) fileIn"
DOCUMENT = """| file |
file := FileStream newFileNamed: 'answer.txt'.
file nextPutAll: 1 tinyBenchmarks.
file close.
Smalltalk quitPrimitive!
"""
WANTED = 2.0
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
    document = os.path.join(folder, "go.st")
    with open(document, "w", encoding="utf-8") as file:
        file.write(DOCUMENT)
    return folder, machine, image, document


def measure(command, folder):
    """What the system measured: bytecodes and sends a second."""
    answer = os.path.join(folder, "answer.txt")
    if os.path.exists(answer):
        os.remove(answer)
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    subprocess.run(command, cwd=folder, env=environment, timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    if not os.path.exists(answer):
        raise SystemExit("tools/bench: nothing measured by " + " ".join(command))
    with open(answer, encoding="latin-1") as file:
        text = file.read()
    return tuple(int(figure) for figure in FIGURES.search(text).groups())


def rows(viv, root, build, rounds):
    try:
        folder, machine, image, document = prepare(root, build)
    except Skipped as reason:
        return ["skipped: %s" % reason]
    commands = {"viv": [viv, "run", image, "--", document], "squeak-vm": machine + ["-vm-display-null", image, document]}
    runs = {name: [] for name in commands}
    for number in range(rounds):
        for name, command in commands.items():
            runs[name].append(measure(command, folder))
            print("%s: %d bytecodes/sec; %d sends/sec" % (name, *runs[name][-1]), file=sys.stderr)
        print("round %d of %d" % (number + 1, rounds), file=sys.stderr)
    table = ["| 1 tinyBenchmarks in Scratch's image | viv | squeak-vm 4.10 | viv / squeak-vm, median of pairs | wanted |", "|---|---|---|---|---|"]
    for place, what in enumerate(("bytecodes a second", "sends a second")):
        pairs = list(zip((run[place] for run in runs["viv"]), (run[place] for run in runs["squeak-vm"])))
        ours, theirs = (statistics.median(side) for side in zip(*pairs))
        ratio = statistics.median(our / their for our, their in pairs)
        table.append("| %s | %d | %d | **%.2f** | >= %.1f: %s |" % (what, ours, theirs, ratio, WANTED, "met" if ratio >= WANTED else "missed"))
    return table
