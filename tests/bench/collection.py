"""What collecting garbage costs in pauses, how much can be held, and how soon memory goes back: see pauses.st and giving_back.st."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MEGABYTES_A_SECOND = 500
# Megabytes of objects, seconds, the limit of the heap.
WORLDS = ((4096, 60, "12G"), (16000, 90, "20G"))


def run(viv, image, limit, script, arguments):
    """What a script prints, and name -> number of --stats (milliseconds, bytes or counts)."""
    command = [viv, "--stats", "script", "--heap-max", limit, image, os.path.join(HERE, script), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        sys.exit("tools/bench: status %d: %s\n%s" % (result.returncode, " ".join(command), result.stderr))
    figures = re.findall(r"^([\w-]+) +([\d.]+)(?: \w+)?$", result.stderr, re.M)
    return result.stdout.split(), {name: float(number) for name, number in figures}


def pause_table(viv, image):
    rows = ["| live objects | MB | MB/s made | scavenges | p99 ms | longest ms | cycles | steps | p99 ms | longest ms | other pauses ms |",
            "|---|---|---|---|---|---|---|---|---|---|---|"]
    for megabytes, seconds, limit in WORLDS:
        (rate, objects), told = run(viv, image, limit, "pauses.st", [str(megabytes), str(seconds), str(MEGABYTES_A_SECOND)])
        rows.append("| %s | %d | %s | %d | **%.3f** | **%.3f** | %d | %d | %.3f | **%.3f** | %.3f |" % (
            objects, megabytes, rate, told["scavenges"], told["scavenge-p99"], told["scavenge-max"], told["full-in-steps"],
            told["steps"], told["step-p99"], told["step-max"], told["full-max"]))
    rows.append("| wanted | | %d | | <= 0.5 | <= 1 | | | | <= 5 | <= 5 |" % MEGABYTES_A_SECOND)
    return rows


def giving_back_table(viv, image):
    rows = ["| nine tenths dropped | resident MB before | after a minute | seconds until below a quarter | longest pause ms |",
            "|---|---|---|---|---|"]
    for scattered, name in (("false", "whole rows of 88 KB"), ("true", "nine of ten records of each row")):
        sizes, told = run(viv, image, "12G", "giving_back.st", ["4096", scattered])
        before, *after = (int(size) for size in sizes)
        seconds = next((str(i + 1) for i, size in enumerate(after) if size < before / 4), "never")
        rows.append("| %s | %d | %d | **%s** | %.1f |" % (name, before, after[-1], seconds, max(told["full-max"], told["step-max"])))
    return rows


def gap_row(program):
    """What the machine does to any program."""
    seconds = WORLDS[0][1]
    gap = int(subprocess.run([program, str(seconds)], check=True, capture_output=True, text=True).stdout)
    return "| a C program that only reads the clock, %d s | | | | | %.3f | | | | | |" % (seconds, gap / 1000)


def rows(viv, image, gaps):
    return [*pause_table(viv, image), gap_row(gaps), "", *giving_back_table(viv, image)]
