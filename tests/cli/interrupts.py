"""T21: worlds are interrupted at random moments of whatever they do: interrupts.py COUNT [SEED]. VIV names the program.

Half of the interrupts end an expression, with exit code 130; the others meet a prompt on a terminal, which must be alive again. Prints TAP lines with
the times from the signal to the end or to the next answer."""
import os
import pty
import random
import select
import signal
import subprocess
import sys
import time

VIV = os.environ["VIV"]
WANTED_MS, PATIENCE = 500, 15
# Name, and what is done without end once `go` was written.
LOOPS = [
    ("tight loop", "[ true ] whileTrue"),
    ("loop of sends", "[ 3 printString ] repeat"),
    ("recursion", "| down | down := nil. down := [ :n | (down value: n + 1) + 1 ]. [ [ down value: 1 ] on: StackOverflow do: [ :error | ] ] repeat"),
    ("deep unwinding", "| down | down := nil. down := [ :n | n = 0 ifTrue: [ 1 / 0 ] ifFalse: [ [ down value: n - 1 ] ensure: [ ] ] ]."
     " [ [ down value: 20000 ] on: ZeroDivide do: [ :error | ] ] repeat"),
    ("garbage collection", "| kept | kept := (1 to: 300000) collect: [ :each | Array new: 10 ]. [ Smalltalk garbageCollect ] repeat. kept"),
    ("allocation", "| kept | kept := OrderedCollection new. [ kept size > 500 ifTrue: [ kept := OrderedCollection new ]. kept add: (Array new: 10000) ] repeat"),
    ("large integers", "[ (3 raisedTo: 60000) printString ] repeat"),
    ("reading", "Stdio stdin upToEnd"),
    ("loop at priority 79", "[ [ true ] whileTrue ] forkAt: 79. Semaphore new wait"),
    ("loop at priority 80", "[ [ true ] whileTrue ] forkAt: 80. Semaphore new wait"),
    ("own loop at priority 80", "Processor activeProcess priority: 80. [ true ] whileTrue"),
    ("errors without end", "[ [ self error: 'again' ] on: Error do: [ :error | error return ] ] repeat"),
    ("errors that are retried", "[ self error: 'again' ] on: Error do: [ :error | error retry ]"),
    ("messages nobody understands", "[ [ nil zork ] on: MessageNotUnderstood do: [ :error | error resume: 3 ] ] repeat"),
    ("delay", "(Delay forSeconds: 1000) wait"),
    ("semaphore", "Semaphore new wait"),
    ("many delays", "[ (Delay forMilliseconds: 1) wait ] repeat"),
    ("many processes", "[ [ 3 + 4 ] fork. Processor yield ] repeat"),
    ("compiling", "[ Compiler evaluate: '3 + 4' ] repeat"),
    ("unwind block", "[ 3 ] ensure: [ [ true ] whileTrue ]"),
]


class Session:
    """A prompt on a terminal of its own."""

    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            os.execv(VIV, [VIV, "repl"])
        self.output = b""
        self.last = 0
        self.expect(b"viv> ")

    def expect(self, wanted):
        """Waits for the bytes, and forgets all up to them."""
        end = time.monotonic() + PATIENCE
        while wanted not in self.output:
            if time.monotonic() > end:
                raise TimeoutError("expected %r, got %r" % (wanted, self.output[-300:]))
            if select.select([self.fd], [], [], 0.2)[0]:
                self.output += os.read(self.fd, 65536)
        self.output = self.output[self.output.index(wanted) + len(wanted):]

    def interrupt(self, loop, number, pause):
        """Milliseconds until the prompt has answered."""
        os.write(self.fd, b"Stdio stdout nextPutAll: 'go', %d printString; lf; flush. %s\n" % (number, loop.encode()))
        self.expect(b"go%d" % number)
        time.sleep(max(pause, self.last + 1.5 - time.monotonic()))  # a second one within a second ends the program
        self.last = time.monotonic()
        os.write(self.fd, b"\x03")
        self.expect(b"viv> ")
        os.write(self.fd, b"1000000 + %d\n" % number)
        self.expect(b"\n%d" % (1000000 + number))
        taken = (time.monotonic() - self.last) * 1000
        self.expect(b"viv> ")
        return taken

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def interrupt_evaluation(loop, pause):
    """Milliseconds until the program has ended, and its exit status."""
    text = "Stdio stdout nextPutAll: 'go'; lf; flush. " + loop
    process = subprocess.Popen([VIV, "eval", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if process.stdout.readline() != b"go\n":
        process.kill()
        return 0, process.wait()
    time.sleep(pause)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        status = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        status = "killed after %d s" % PATIENCE
        process.wait()
    taken = (time.monotonic() - began) * 1000
    process.stdin.close()
    process.stdout.close()
    return taken, status


def interrupt_shell():
    """Milliseconds that the machine needs to end a loop that does not even know of signals: what it takes when others keep it busy."""
    process = subprocess.Popen(["sh", "-c", "echo go; while :; do :; done"], stdout=subprocess.PIPE)
    process.stdout.readline()
    time.sleep(0.03)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait()
    process.stdout.close()
    return (time.monotonic() - began) * 1000


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def report(kind, times, faults, machine, seed):
    late = percentile(times, 0.99) if times else 0
    good = not faults and late < WANTED_MS + percentile(machine, 0.99) and times
    print("%s - %d interrupts, %s: median %d ms, p99 %d ms, longest %d ms, a loop of the shell p99 %d ms (seed %d)"
          % ("ok" if good else "not ok", len(times), kind, percentile(times, 0.5) if times else 0, late, max(times, default=0),
             percentile(machine, 0.99), seed), flush=True)
    for fault in faults[:10]:
        print("# " + fault)
    return bool(good)


def evaluations(count, chance):
    times, faults, machine = [], [], []
    for number in range(count):
        name, loop = LOOPS[number % len(LOOPS)]
        taken, status = interrupt_evaluation(loop, chance.random() * 0.15)
        times.append(taken)
        if number % 5 == 0:
            machine.append(interrupt_shell())
        if status != 130:
            faults.append("%s: exit status %s after %d ms" % (name, status, taken))
    return times, faults, machine


def prompts(count, chance):
    times, faults, machine = [], [], []
    sessions = [Session() for _ in range(6)]
    # A prompt reads its own input. Interrupted is who runs: of the many processes any, and a loop beside the prompt's process, which must not wait then.
    loops = [(name, loop.replace(". Semaphore new wait", "")) for name, loop in LOOPS if name not in ("reading", "many processes")]
    for number in range(count):
        name, loop = loops[number % len(loops)]
        which = number % len(sessions)
        try:
            times.append(sessions[which].interrupt(loop, number, chance.random() * 0.15))
            if number % 5 == 0:
                machine.append(interrupt_shell())
        except (TimeoutError, OSError) as error:
            faults.append("%s: %s" % (name, error))
            sessions[which].close()
            sessions[which] = Session()
    for session in sessions:
        session.close()
    return times, faults, machine


def main():
    count = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**31)
    chance = random.Random(seed)
    good = report("ended with 130", *evaluations(count // 2, chance), seed)
    good &= report("prompt alive", *prompts(count - count // 2, chance), seed)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
