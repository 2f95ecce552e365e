# The factorial of 3,000 and its decimal digits.
import sys

sys.set_int_max_str_digits(0)


def factorial(number):
    result = 1
    for each in range(2, number + 1):
        result = result * each
    return result


def run(count):
    total = 0
    for i in range(count):
        total += len(str(factorial(3000 + i % 7)))
    return total


print(run(int(sys.argv[1])))
