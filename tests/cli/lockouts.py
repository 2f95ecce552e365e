"""T22: a world is sabotaged at its prompt, each time in a process of its own: lockouts.py COUNT [SEED]. VIV and IMAGE name the program and the image.

Within two seconds the prompt answers 3 + 4, takes the change back and saves the world as another one; or the program can be ended from the keyboard, the world is as
it was saved, and the journal knows what was done. Prints a TAP line for each."""
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

VIV, IMAGE = os.environ["VIV"], os.environ["IMAGE"]
SECONDS = 2
SABOTAGES = [
    "Object >> doesNotUnderstand: aMessage [ ^ self zork ]",
    "Object >> doesNotUnderstand: aMessage [ [ true ] whileTrue ]",
    "Object >> printOn: aStream [ ^ self zork ]",
    "Object >> printOn: aStream [ [ true ] whileTrue ]",
    "Object >> printString [ ^ nil ]",
    "Integer >> printOn: aStream base: anInteger [ ^ 1 / 0 ]",
    "SmallInteger >> + aNumber [ ^ nil ]",
    "SmallInteger >> <= aNumber [ ^ false ]",
    "Exception >> signal [ ^ self zork ]",
    "Exception >> defaultAction [ ^ self zork ]",
    "Error >> defaultAction [ [ true ] whileTrue ]",
    "BlockClosure >> on: aClass do: aBlock [ ^ nil ]",
    "BlockClosure >> ensure: aBlock [ ^ self zork ]",
    "Context >> handleSignal: anException [ ^ nil ]",
    "Process >> terminate [ ^ nil ]",
    "Process >> resume [ ^ nil ]",
    "Semaphore >> wait [ ^ nil ]",
    "Semaphore >> signal [ ^ nil ]",
    "Delay >> wait [ [ true ] whileTrue ]",
    "ProcessorScheduler >> yield [ [ true ] whileTrue ]",
    "Compiler class >> evaluate: aString [ ^ nil ]",
    "String >> hash [ ^ self zork ]",
    "Symbol class >> intern: aString [ ^ nil ]",
    "ByteString >> at: anInteger [ ^ nil ]",
    "Array >> do: aBlock [ ^ nil ]",
    "SequenceableCollection >> do: aBlock [ [ true ] whileTrue ]",
    "Evaluator >> evaluate: aString onError: aBlock [ ^ self zork ]",
    "Stdio class >> stdout [ ^ nil ]",
    "UndefinedObject >> isNil [ ^ false ]",
    "SmalltalkImage >> snapshot: aBoolean andQuit: anotherBoolean [ ^ nil ]",
    "Smalltalk at: #Processor put: nil",
    "Smalltalk at: #Smalltalk put: nil",
    "Smalltalk at: #Compiler put: nil",
    "Smalltalk at: #OrderedCollection put: nil",
    "Smalltalk removeKey: #Object",
    "Object class become: Class",
    "Object becomeForward: nil",
    "Process allInstances do: [ :each | each == Processor activeProcess ifFalse: [ each terminate ] ]",
    "Processor activeProcess priority: 80. [ [ true ] whileTrue ] forkAt: 80",
    "Smalltalk allClasses do: [ :each | each == Object ifFalse: [ each removeSelector: #printOn: ] ]",
]


class Prompt:
    """A world at a prompt whose lines come and go by pipes."""

    def __init__(self, image):
        self.process = subprocess.Popen([VIV, "repl", image], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = b""

    def says(self, line, wanted, seconds=SECONDS):
        """Whether the answer has a line that is wanted, in time."""
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return False
        self.output = b""
        end = time.monotonic() + seconds
        while not any(each.startswith(wanted) for each in self.output.split(b"\n")):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return False
            block = os.read(self.process.stdout.fileno(), 65536)
            if not block:
                return False
            self.output += block
        return True

    def ends_from_the_keyboard(self):
        """Whether it is over already, or control-C twice ends it in time."""
        for _ in range(3):
            try:
                self.process.wait(0.2)
                return True
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(SECONDS)
            return True
        except subprocess.TimeoutExpired:
            return False

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def run(*arguments):
    done = subprocess.run([VIV, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    return done.stdout.decode(errors="replace").strip()


def is_saved(image):
    return run("eval", image, "(Smalltalk at: #Kept) new value") == "42"


def faults(sabotage, folder):
    """What was amiss, a sentence or None, and how the world came through."""
    image, other = os.path.join(folder, "world.image"), os.path.join(folder, "other.image")
    shutil.copy(IMAGE, image)
    prompt = Prompt(image)
    try:
        if not (prompt.says("Object subclass: #Kept", b"Kept", 10) and prompt.says("Kept >> value [ ^ 42 ]", b"Kept>>#value", 10)
                and prompt.says(":save", b"saved", 10)):
            return "the world does not begin: %r" % prompt.output, ""
        if " >> " in sabotage and prompt.says(sabotage + "\n3 + 4", b"7"):
            if not (prompt.says(":undo", b"restored") or prompt.output.startswith(b"removed")):
                return "the change is not taken back: %r" % prompt.output, ""
            if not (prompt.says("Kept new value", b"42") and prompt.says(":save " + other, b"saved")):
                return "it does not go on after the change was taken back: %r" % prompt.output, ""
            prompt.close()
            return (None if is_saved(other) else "what it saved is not as it was"), "prompt answers, taken back, saved"
        if " >> " not in sabotage and prompt.says(sabotage + "\n3 + 4", b"7"):
            prompt.close()
            return (None if is_saved(image) else "the world is not as it was saved"), "prompt answers"
        if not prompt.ends_from_the_keyboard():
            return "it neither answers nor ends: %r" % prompt.output, ""
        told = run("recover", image, "--list")
        if " >> " in sabotage and "change" not in told:
            return "the journal does not know: " + told, ""
        return (None if is_saved(image) else "the world is not as it was saved"), "ended from the keyboard, nothing lost"
    finally:
        prompt.close()


def main():
    count = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**31)
    chosen = random.Random(seed).sample(SABOTAGES, min(count, len(SABOTAGES)))
    bad = 0
    for sabotage in chosen:
        folder = tempfile.mkdtemp(dir=os.environ.get("WORK"))
        began = time.monotonic()
        fault, how = faults(sabotage, folder)
        bad += fault is not None
        print("%s - %s: %s" % ("not ok" if fault else "ok", sabotage, fault or "%s (%d ms in all)" % (how, (time.monotonic() - began) * 1000)), flush=True)
        shutil.rmtree(folder)
    print("# %d sabotages (seed %d)" % (len(chosen), seed))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
