"""What large images cost, the part of `tools/bench` behind --images: `viv info` on 1 GB, the first frame of a world of 500 MB beside that
of a small one, and the memory of fifty processes on one image of 100 MB, by proportional set size."""
import os
import shutil
import statistics
import subprocess
import tempfile
import time

ROUNDS = 7
WORLDS = 50
FILL = ("Smalltalk at: #BenchKept put: ((1 to: %d) collect: [ :i | (1 to: 1000) collect: [ :k | Array new: 128 ] ])."
        " (Smalltalk saveAs: '%s') ifTrue: [ Semaphore new wait ]")


def milliseconds(command, environment=None):
    """Median over the rounds of the time from start to end."""
    times = []
    for _ in range(ROUNDS):
        start = time.monotonic()
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        times.append((time.monotonic() - start) * 1000)
    return statistics.median(times)


def memory(process):
    """Proportional set size and what the process has written to, in MB."""
    with open("/proc/%d/smaps_rollup" % process.pid, encoding="ascii") as file:
        fields = {line.split()[0]: int(line.split()[1]) for line in file.read().splitlines()[1:]}
    return fields["Pss:"] / 1024, fields["Private_Dirty:"] / 1024


def worlds(viv, image, count):
    processes = [subprocess.Popen([viv, "run", image], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(count)]
    time.sleep(2 + count / 10)
    found = [memory(process) for process in processes]
    for process in processes:
        process.kill()
        process.wait()
    return sum(pss for pss, _ in found), sum(dirty for _, dirty in found)


def rows(viv, pristine, folder):
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        def filled(megabytes):
            path = os.path.join(scratch, "filled%d.image" % megabytes)
            subprocess.run([viv, "eval", pristine, FILL % (megabytes, path)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            return path

        yield "| what | found | wanted |"
        yield "|---|---|---|"
        large = filled(1000)
        yield "| viv info on %d MB | %.1f ms | <= 10 ms |" % (os.path.getsize(large) >> 20, milliseconds([viv, "info", large]))
        os.remove(large)
        script = os.path.join(scratch, "nothing")
        open(script, "w", encoding="ascii").close()
        middle = filled(490)
        small = os.path.join(scratch, "small.image")
        shutil.copy(pristine, small)
        subprocess.run([viv, "eval", small, "3", "--save"], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        show = [viv, "open", "--no-journal", "--script", script, "--until-shown"]
        one, other = milliseconds(show + [small]), milliseconds(show + [middle])
        yield "| first frame of a world of %d MB, beside one of %d MB | %.0f ms, %.0f ms: %.2f | <= 1.20 |" % (
            os.path.getsize(middle) >> 20, os.path.getsize(small) >> 20, other, one, other / one)
        os.remove(middle)
        hundred = filled(85)
        alone, _ = worlds(viv, hundred, 1)
        together, written = worlds(viv, hundred, WORLDS)
        yield "| %d worlds of one image of %d MB, by proportional set size | %.0f MB; one alone %.0f MB, written %.0f MB: %.2f of the limit | < 1.5 times one and what is written |" % (
            WORLDS, os.path.getsize(hundred) >> 20, together, alone, written, together / (1.5 * alone + written))
