#!/usr/bin/env python3
"""Ten worlds are edited by a script, killed at random, recovered, saved now and then, and compared with a model that knows what
was acknowledged: ten_worlds.py SECONDS [SEED]. Prints TAP lines and a total. VIV and IMAGE name the program and the image."""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

VIV, IMAGE = os.environ["VIV"], os.environ["IMAGE"]


class World:
    """A world, and what it has told us: of each method the values that it may have. One that was acknowledged is the only one;
    others were under way when the world was killed."""

    def __init__(self, folder, number):
        self.image = os.path.join(folder, "world%d.image" % number)
        shutil.copy(IMAGE, self.image)
        self.known = {}
        self.kills = 0

    def session(self, random_source):
        """Opens the world at a prompt, brings back what it lacks, edits, perhaps saves, and kills it or lets it end."""
        process = subprocess.Popen([VIV, "repl", self.image], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, bufsize=1)
        lines = [":recover"] if os.path.exists(self.image.replace(".image", ".journal")) else []
        lines.append("Object subclass: #Worked instanceVariableNames: '' classVariableNames: '' package: 'Worked'")
        edits = []
        for _ in range(random_source.randrange(1, 40)):
            selector = "m%d" % random_source.randrange(60)
            value = random_source.randrange(10**6)
            edits.append((selector, value))
            lines.append("Worked >> %s [ ^ %d ]" % (selector, value))
            if random_source.random() < 0.04:
                lines.append(":save")
        told = self.talk(process, lines, random_source)
        for (selector, value), acknowledged in zip(edits, told):
            if acknowledged:
                self.known[selector] = {value}
            else:
                self.known.setdefault(selector, {None}).add(value)

    def talk(self, process, lines, random_source):
        """Whether each edit was acknowledged; the process is killed while it carries out some line, or lives to the end."""
        kill_at = random_source.randrange(2 * len(lines))
        told = []
        for number, line in enumerate(lines):
            try:
                process.stdin.write("%s\n#end%d\n" % (line, number))
                process.stdin.flush()
            except BrokenPipeError:
                pass
            if number == kill_at:  # while the line is carried out, which takes about a millisecond, a save a hundred
                time.sleep(random_source.random() * (0.1 if line == ":save" else 0.001))
                process.kill()
                self.kills += 1
            wanted = "Worked>>#" + line.split()[2] if line.startswith("Worked >>") else None
            seen = self.reads(process, wanted, "#end%d" % number)
            if wanted:
                told.append(seen)
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdout.close()
        process.wait()
        return told

    @staticmethod
    def reads(process, wanted, end):
        """Whether the line comes before the one that ends the answer, or the output does."""
        seen = False
        for line in process.stdout:
            seen = seen or line.strip() == wanted
            if line.strip() == end:
                break
        return seen

    def faults(self):
        """Recovers a copy, and compares it with the model."""
        found = {}
        expression = ("(Smalltalk at: #Worked ifAbsent: [ nil ]) ifNil: [ #() ] ifNotNil: [ :class |"
                      " class selectors collect: [ :each | each -> (class new perform: each) ] ]")
        copy = self.image.replace(".image", "-copy.image")
        shutil.copy(self.image, copy)
        journal = self.image.replace(".image", ".journal")
        if os.path.exists(journal):
            shutil.copy(journal, copy.replace(".image", ".journal"))
        subprocess.run([VIV, "recover", copy, "--apply"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        answer = subprocess.run([VIV, "eval", copy, "(%s) do: [ :each | Stdio stdout print: each; lf ]. nil" % expression, "--print", "none"],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        for line in answer.splitlines():
            selector, _, value = line.partition("->")
            if value.isdigit():
                found[selector.strip("#'")] = int(value)
        return ["%s: %s is %s, not one of %s" % (self.image, selector, found.get(selector), values)
                for selector, values in self.known.items() if found.get(selector) not in values]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**31)
    random_source = random.Random(seed)
    folder = tempfile.mkdtemp(dir=os.environ.get("SCRATCH"))
    worlds = [World(folder, number) for number in range(10)]
    faults, sessions, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end and not faults:
        world = random_source.choice(worlds)
        world.session(random_source)
        sessions += 1
        if sessions % 10 == 0:
            faults += world.faults()
    for world in worlds:
        faults += world.faults()
    kills = sum(world.kills for world in worlds)
    accepted = sum(len(world.known) for world in worlds)
    shutil.rmtree(folder)
    for fault in faults:
        print("# " + fault)
    print("%s - ten worlds, %d sessions, %d kills, %d methods: all acknowledged work is there (seed %d)"
          % ("not ok" if faults else "ok", sessions, kills, accepted, seed))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
