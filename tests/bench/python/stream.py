# A text written piece by piece, then read line by line and character by character.
import io
import sys


def run(count):
    total = 0
    for _ in range(count):
        stream = io.StringIO()
        for i in range(20000):
            stream.write("line ")
            stream.write(str(i))
            stream.write("\n")
        text = stream.getvalue()
        reader = io.StringIO(text)
        for line in reader:
            total += len(line)
        reader = io.StringIO(text)
        while True:
            character = reader.read(1)
            if character == "":
                break
            if character == "7":
                total += 1
    return total


print(run(int(sys.argv[1])))
