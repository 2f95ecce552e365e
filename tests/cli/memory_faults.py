"""memory_faults.py LIBRARY STEP - runs viv with every STEP-th request for C memory failing, once and for good, until none fails.

Nothing may crash, hang, or claim a success that is none: a run does its work and ends with 0, or says so in a sentence and ends with a
documented status; an image that is saved is the old one or, if the run succeeded, the new one. One TAP line a piece of work."""
import collections
import os
import shutil
import subprocess
import sys

VIV, IMAGE, WORK = os.environ["VIV"], os.environ["IMAGE"], os.environ["WORK"]
LIBRARY, STEP = os.path.abspath(sys.argv[1]), int(sys.argv[2])
MARK, WORLD = os.path.join(WORK, "mark"), os.path.join(WORK, "world.image")
STATUSES = {1, 3, 6, 7, 8}  # failure, unhandled exception, image, memory, save

LIBRARY_WORK = """[ | all |
    all := (1 to: 20000) collect: [ :each | each printString ].
    Object compile: 'memoryFaults ^ 3 + 4'.
    Object new memoryFaults.
    (300 factorial / 298 factorial) printString.
    'abc' asWideString , (String with: (Character value: 955)).
    Float pi printString.
    [ 1 / 0 ] on: ZeroDivide do: [ :error | error signalerContext ].
    [ all size ] newProcess resume.
    Processor yield.
    all := all asSet asSortedCollection.
    Smalltalk garbageCollect.
    (Array new: 1000000) at: 1 ] on: OutOfMemory , Error do: [ :error | error messageText ].
3 + 4"""

CHANGE = "Smalltalk at: #MemoryFaults put: (Smalltalk at: #MemoryFaults ifAbsent: [ 0 ]) + 1"
READ = "Smalltalk at: #MemoryFaults ifAbsent: [ 0 ]"

def run(command, environment=()):
    """Status, output and errors; status -1 when it took more than twenty seconds."""
    try:
        done = subprocess.run([VIV, *command], env=dict(os.environ, **dict(environment)), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
    except subprocess.TimeoutExpired:
        return -1, "", "it hangs"
    return done.returncode, done.stdout.decode(errors="replace").strip(), done.stderr.decode(errors="replace").strip()


def fault_of(status, output, errors, wanted):
    """What is wrong about a run, or None."""
    if status == 0:
        return None if output == wanted else "status 0 and the output %r, not %r" % (output[:100], wanted)
    if status not in STATUSES:
        return "status %d: %s" % (status, errors[:300])
    return None if errors else "status %d without a sentence" % status


def saved_fault(status, before):
    """What is wrong about the image that was or was not saved, or None."""
    _, after, errors = run(["eval", WORLD, READ])
    allowed = {str(before + 1)} if status == 0 else {str(before), str(before + 1)}
    return None if after in allowed else "the image has %r after %d: %s" % (after, before, errors[:300])


def sweep(name, variable, command, wanted, saves):
    statuses, faults, number = collections.Counter(), [], 1
    before = int(run(["eval", WORLD, READ])[1])
    while True:
        if os.path.exists(MARK):
            os.unlink(MARK)
        status, output, errors = run(command, {"LD_PRELOAD": LIBRARY, variable: str(number), "FAIL_MARK": MARK}.items())
        fault = fault_of(status, output, errors, wanted(before) if saves else wanted)
        if saves:
            fault = fault or saved_fault(status, before)
            before = int(run(["eval", WORLD, READ])[1] or 0)
        if fault:
            faults.append("%s=%d: %s" % (variable, number, fault))
        statuses[status] += 1
        if not os.path.exists(MARK):
            break
        number += STEP
    good = not faults and statuses[0] > 0 and sum(statuses.values()) > 5
    print("%s - %s, %s: %d runs, by status %s" % ("ok" if good else "not ok", name, "once" if variable == "FAIL_AT" else "for good",
                                                  sum(statuses.values()), dict(sorted(statuses.items()))), flush=True)
    for fault in faults[:20]:
        print("# " + fault.replace("\n", " | "))
    return good


def main():
    shutil.copy(IMAGE, WORLD)
    pieces = [
        ("an expression", ["eval", IMAGE, "3+4"], "7", False),
        ("a lot of the library", ["eval", IMAGE, LIBRARY_WORK], "7", False),
        ("a save", ["eval", WORLD, CHANGE, "--save"], lambda before: str(before + 1), True),
    ]
    good = True
    for name, command, wanted, saves in pieces:
        for variable in ("FAIL_AT", "FAIL_FROM"):
            good &= sweep(name, variable, command, wanted, saves)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
