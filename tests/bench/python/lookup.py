# Dictionaries with integers and with short strings as keys: counted, read, removed.
import sys


def run(count):
    total = 0
    for _ in range(count):
        numbers = {}
        for i in range(20000):
            key = i * 7919 % 10007
            numbers[key] = numbers.get(key, 0) + 1
        for key in range(10007):
            total += numbers.get(key, 0)
        names = {}
        words = ["k" + str(i % 500) for i in range(5000)]
        for word in words:
            names[word] = names.get(word, 0) + 1
        for word in words:
            if word in names:
                total += names.pop(word)
        total += len(names)
    return total


print(run(int(sys.argv[1])))
