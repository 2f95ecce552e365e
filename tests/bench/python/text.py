# Strings: cut into words, joined, searched, replaced, compared, put in capitals.
import sys

SENTENCE = "the quick brown fox jumps over the lazy dog and runs away from the very lazy dog again "


def run(count):
    total = 0
    text = SENTENCE * 50
    for _ in range(count):
        words = text.split()
        total += len(words)
        joined = "-".join(words)
        total += len(joined)
        total += joined.find("away-from-the-moon")
        replaced = text.replace("lazy", "sleepy")
        total += len(replaced)
        capitals = text.upper()
        total += capitals.count("D")
        for word in words:
            if word.startswith("th") or word.endswith("og"):
                total += 1
        if text < capitals:
            total += 1
    return total


print(run(int(sys.argv[1])))
