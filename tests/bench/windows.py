"""What windows cost, measured below Xvfb: the part of `tools/bench` behind --gui.

A row is a name, a figure, and what is wanted of it. `BenchWindows` of packages/Bench does what a person would do and prints its
figures; the others are those of the process, seen from outside.
"""
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time

LAUNCHES = 10
FIRST_CLICKS = 7
IDLE_SECONDS = 10
SETTLE_SECONDS = 4
# Name as it is printed -> (direction, number): at most or at least so much is wanted.
WANTED = {
    "launch to the first frame, warm": ("<=", 150, "ms"),
    "key to frame, 99 of 100": ("<", 16, "ms"),
    "scrolling 100,000 rows": (">=", 60, "frames/s"),
    "dragging a full window": (">=", 60, "frames/s"),
    "opening browser": ("<", 50, "ms"),
    "the first click that opens a browser, over --no-jit": ("<=", 1.05, "times"),
    "inspector on a million elements": ("<", 100, "ms"),
    "idle, wake-ups a second": ("<=", 0, "1/s"),
    "resident memory, ten tools open": ("<=", 150, "MB"),
    "size of the image": ("<=", 25, "MB"),
    "heap after 1,000 rounds of opening and closing": ("<=", 64, "KB more"),
}


class Screen:
    """A display of 1920 by 1080 pixels that nobody sees."""

    def __enter__(self):
        if not shutil.which("Xvfb"):
            sys.exit("tools/bench: --gui needs Xvfb")
        readable, writable = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-noreset", "-displayfd", str(writable), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
            pass_fds=[writable], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writable)
        with os.fdopen(readable) as file:
            self.environment = dict(os.environ, DISPLAY=":" + file.readline().strip())
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()

    def open(self, viv, image, *options, machine=(), **more):
        """Start a world, with options of the machine and of the window; answer its process."""
        command = [viv, *machine, "open", "--image", image, "--size", "1920x1080", *options]
        return subprocess.Popen(command, env=dict(self.environment, **more), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def launch_figures(screen, viv, image):
    times = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(LAUNCHES + 2):
        start = time.perf_counter()
        process = screen.open(viv, image, "--until-shown")
        output = process.communicate()
        if process.returncode != 0:
            sys.exit("tools/bench: no world was shown: %s" % output[1])
        times.append((time.perf_counter() - start) * 1000)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return [("launch to the first frame, warm", statistics.median(times[2:]), "ms"),
            ("launch, the quickest", min(times), "ms"),
            ("launch, processor time", processor * 1000 / len(times), "ms")]


def switches(process):
    """Context switches of all threads of the process: how often it woke up, or was made to wait."""
    total = 0
    folder = "/proc/%d/task" % process.pid
    for thread in os.listdir(folder):
        with open(os.path.join(folder, thread, "status"), encoding="utf-8") as file:
            total += sum(int(number) for number in re.findall(r"voluntary_ctxt_switches:\s+(\d+)", file.read()))
    return total


def resident_mb(process):
    with open("/proc/%d/status" % process.pid, encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


def idle_figures(screen, viv, image):
    """A world with ten tools open that nobody touches."""
    process = screen.open(viv, image, BENCH_WINDOWS="openTen")
    if process.stdout.readline().strip() != "open":
        sys.exit("tools/bench: no ten tools: %s" % process.communicate()[1])
    time.sleep(SETTLE_SECONDS)
    memory = resident_mb(process)
    before = switches(process)
    time.sleep(IDLE_SECONDS)
    woken = (switches(process) - before) / IDLE_SECONDS
    end(process)
    return [("idle, wake-ups a second", woken, "1/s"), ("resident memory, ten tools open", memory, "MB")]


def inner_figures(screen, viv, image, message="main", machine=()):
    process = screen.open(viv, image, machine=machine, BENCH_WINDOWS=message)
    output, errors = process.communicate()
    rows = [line.split("|") for line in output.splitlines() if line.count("|") == 2]
    if process.returncode != 0 or not rows:
        sys.exit("tools/bench: the windows were not measured: %s" % errors)
    return [(name, float(number), unit) for name, number, unit in rows]


def first_click_figures(screen, viv, image):
    """In fresh worlds, with and without compiled code in turn: whoever opens the first browser must not wait for the compiler."""
    times = {(): [], ("--no-jit",): []}
    for _ in range(FIRST_CLICKS):
        for machine, numbers in times.items():
            [(name, number, unit)] = inner_figures(screen, viv, image, "firstClick", machine)
            numbers.append(number)
    ours, interpreted = (statistics.median(numbers) for numbers in times.values())
    return [(name, ours, unit), (name + ", --no-jit", interpreted, unit), (name + ", over --no-jit", ours / interpreted, "times")]


def is_met(name, number):
    direction, wanted, _ = WANTED[name]
    return {"<": number < wanted, "<=": number <= wanted, ">=": number >= wanted}[direction]


def row_text(name, number, unit):
    wanted = ""
    verdict = ""
    if name in WANTED:
        wanted = "%s %g %s" % WANTED[name]
        verdict = "yes" if is_met(name, number) else "**no**"
    return "| %s | %.2f %s | %s | %s |" % (name, number, unit, wanted, verdict)


def window_table(viv, pristine, bench):
    """The rows of the log; pristine is the image that people get, bench the same with BenchWindows in it."""
    with Screen() as screen:
        figures = launch_figures(screen, viv, pristine)
        figures += first_click_figures(screen, viv, bench)
        figures += inner_figures(screen, viv, bench)
        figures += idle_figures(screen, viv, bench)
    figures.append(("size of the image", os.path.getsize(pristine) / 2**20, "MB"))
    return ["| windows, 1920x1080 | figure | wanted | met |", "|---|---|---|---|"] + [row_text(*figure) for figure in figures]
