# Sorting: integers as they are, by a key, backwards.
import sys


def numbers(size):
    result = []
    state = 42
    for _ in range(size):
        state = (state * 1103515245 + 12345) % 2147483648
        result.append(state)
    return result


def run(count):
    total = 0
    for _ in range(count):
        items = numbers(50000)
        ordered = sorted(items)
        total += ordered[100]
        by_key = sorted(items, key=lambda each: each % 1000)
        total += by_key[100] % 1000
        backwards = sorted(ordered, reverse=True)
        total += backwards[100]
    return total % 1000000007


print(run(int(sys.argv[1])))
