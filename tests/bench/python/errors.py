# Exceptions signalled two calls deep and handled; blocks that run in any case.
import sys


class Trouble(Exception):
    pass


def inner(i):
    if i % 2 == 0:
        raise Trouble(i)
    return i


def outer(i, counter):
    try:
        return inner(i)
    finally:
        counter[0] += 1


def run(count):
    total = 0
    counter = [0]
    for i in range(count):
        try:
            total += outer(i, counter)
        except Trouble as error:
            total += error.args[0] // 2
    return total + counter[0]


print(run(int(sys.argv[1])))
