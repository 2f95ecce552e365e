# Integers of a thousand digits: multiplied, divided, their remainders added.
import sys


def run(count):
    first = 7 ** 1183
    second = 3 ** 1048
    product = first * second
    total = 0
    for i in range(count):
        large = (first + i) * (second - i)
        quotient = (product + i) // first
        remainder = (product + i) % second
        total = (total + large % 1000003 + quotient % 1000003 + remainder % 1000003) % 1000003
    return total


print(run(int(sys.argv[1])))
