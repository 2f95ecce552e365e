# A method of fifteen lines compiled again and again.
import sys

SOURCE = """
def visit(self, items, limit):
    found = []
    count = 0
    for each in items:
        count = count + 1
        if each > limit and count < 1000:
            found.append(each * 2)
        else:
            if each == 0:
                return None
    while count > 0:
        count = count - 1
        found.append(self.convert(count, limit))
    total = sum(found)
    return [total, found, lambda x: x + total]
"""


def run(count):
    total = 0
    for i in range(count):
        compile(SOURCE, "method", "exec")
        total += 1
    return total


print(run(int(sys.argv[1])))
