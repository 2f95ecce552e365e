"""Compares a 32-bit Spur image with what was made of it: compare_widened.py OLD NEW.

Both files are read here from their bytes, by no code of the project; from the special objects on, every object of the old image must
be in the new one as the rules of image/import/widen.h say. Prints how many were compared, or the first difference and exits with 1.
"""
import struct
import sys

LARGE_NEGATIVE, LARGE_POSITIVE, FLOAT, CONTEXT, BLOCK = 32, 33, 34, 36, 37


class Image:
    """An image file's objects by address: class index, format, slots, offset of the body, hash."""

    def __init__(self, path, wide):
        with open(path, 'rb') as file:
            self.bytes = file.read()
        self.wide = wide
        self.slot_size = 8 if wide else 4
        size = struct.unpack_from('<I', self.bytes, 4)[0]
        fields = struct.unpack_from('<QQQ' if wide else '<III', self.bytes, 8)
        self.base, self.special = fields[1], fields[2]
        self.objects = {}
        at, limit = size, size + fields[0] - 16
        while at < limit:
            header, = struct.unpack_from('<Q', self.bytes, at)
            slots = header >> 56
            if slots == 255:
                slots = header & ((1 << 56) - 1)
                at += 8
                header, = struct.unpack_from('<Q', self.bytes, at)
            if header & 0x3FFFFF:
                self.objects[at - size + self.base] = (header & 0x3FFFFF, header >> 24 & 31, slots, at + 8, header >> 32 & 0x3FFFFF)
            body = max(slots * self.slot_size, 8)
            at += 8 + (body + 7) // 8 * 8

    def words(self, start, count):
        return struct.unpack_from('<%d%s' % (count, 'Q' if self.wide else 'I'), self.bytes, start)

    def elements(self, thing):
        """The bytes of an object that is no array of pointers, without those it leaves unused."""
        _, kind, slots, start, _ = thing
        unused = kind & 7 if kind >= 16 else (kind & 3) * 2 if kind >= 12 else (kind & 1) * 4 if kind >= 10 else 0
        return self.bytes[start:start + slots * self.slot_size - unused]


def signed(word, bits):
    return word - (1 << bits) if word >> (bits - 1) else word


def small_float(word):
    """The IEEE bits of an immediate float."""
    rotated = word >> 3
    if rotated > 1:
        rotated += 896 << 53
    return (rotated >> 1) | ((rotated & 1) << 63)


class Comparison:
    def __init__(self, old, new):
        self.old, self.new = old, new
        self.partner = {old.special: new.special}
        self.waiting = [old.special]

    def fail(self, address, what):
        print('the object at %d of the file: %s' % (self.old.objects[address][3] - 8, what))
        sys.exit(1)

    def number(self, thing):
        value = int.from_bytes(self.old.elements(thing), 'little')
        return -value if thing[0] == LARGE_NEGATIVE else value

    def same(self, address, word, wide):
        """Whether a slot of the object at address, a word of the old image, became the word `wide`."""
        if word & 1:
            return wide & 7 == 1 and signed(wide, 64) >> 3 == signed(word, 32) >> 1
        if word & 3 == 2:
            return wide == word >> 2 << 3 | 2
        thing = self.old.objects[word]
        if wide & 7 == 1:
            return thing[0] in (LARGE_NEGATIVE, LARGE_POSITIVE) and self.number(thing) == signed(wide, 64) >> 3
        if wide & 7 == 4:
            return thing[0] == FLOAT and struct.unpack('<Q', self.old.elements(thing))[0] == small_float(wide)
        if thing[0] in (LARGE_NEGATIVE, LARGE_POSITIVE) and -(1 << 60) <= self.number(thing) < 1 << 60:
            return False
        if word not in self.partner:
            self.partner[word] = wide
            self.waiting.append(word)
        return self.partner[word] == wide

    def code_of(self, context):
        """How many bytes farther the pcs of a context's code are."""
        thing = self.old.objects.get(context)
        if thing is None or thing[0] != CONTEXT:
            return 0
        method = self.old.objects.get(self.old.words(thing[3], 4)[3])
        return 4 * (1 + (self.old.words(method[3], 1)[0] >> 1 & 0x7FFF)) if method is not None and method[1] >= 24 else 0

    def slots(self, address, thing, other, count):
        words = list(self.old.words(thing[3], count))
        wide = list(self.new.words(other[3], count))
        shift = self.code_of(address) if thing[0] == CONTEXT else self.code_of(words[0]) if thing[0] == BLOCK else 0
        if shift and words[1] & 1:
            wide[1] -= shift << 3
        for index, (word, after) in enumerate(zip(words, wide)):
            if not self.same(address, word, after) and not self.is_forgotten(words, index, after):
                self.fail(address, 'slot %d, %x, became %x' % (index, word, after))

    def is_forgotten(self, words, index, after):
        key = self.old.objects.get(words[0])
        return index == 1 and len(words) == 2 and after == self.new.base and self.old.elements(key) == b'WordSize'

    def code(self, address, thing, other):
        header, wide = self.old.words(thing[3], 1)[0], signed(self.new.words(other[3], 1)[0], 64) >> 3
        header = signed(header, 32) >> 1
        large = 1 << 17
        if (header < 0) != (wide < 0) or (header & 0x3FFFFFFF | large) != (wide & ((1 << 60) - 1) | large):
            self.fail(address, 'header %x became %x' % (header, wide))
        literals = header & 0x7FFF
        for index in range(1, literals + 1):
            word = self.old.words(thing[3] + 4 * index, 1)[0]
            if not self.same(address, word, self.new.words(other[3] + 8 * index, 1)[0]):
                self.fail(address, 'literal %d differs' % index)
        if self.old.elements(thing)[4 + 4 * literals:] != self.new.elements(other)[8 + 8 * literals:]:
            self.fail(address, 'bytecodes differ')

    def compare(self, address):
        thing, other = self.old.objects[address], self.new.objects.get(self.partner[address])
        if other is None or thing[0] != other[0] or thing[4] != other[4]:
            self.fail(address, 'class and hash %d, %d became %s' % (thing[0], thing[4], other))
        kind = 24 if thing[1] >= 24 else 16 if thing[1] >= 16 else 12 if thing[1] >= 12 else thing[1]
        if kind != (other[1] if kind < 10 else 10 if other[1] < 12 else 12 if other[1] < 16 else other[1] & ~7):
            self.fail(address, 'format %d became %d' % (thing[1], other[1]))
        if kind <= 5:
            if thing[2] != other[2] and (thing[0] != CONTEXT or other[2] != 62):
                self.fail(address, '%d slots became %d' % (thing[2], other[2]))
            self.slots(address, thing, other, thing[2])
        elif kind == 24:
            self.code(address, thing, other)
        elif self.old.elements(thing) != self.new.elements(other):
            self.fail(address, 'contents differ')

    def run(self):
        count = 0
        while self.waiting:
            self.compare(self.waiting.pop())
            count += 1
        if len(set(self.partner.values())) != len(self.partner):
            print('two objects became one')
            sys.exit(1)
        print('%d objects are the same' % count)


if __name__ == '__main__':
    Comparison(Image(sys.argv[1], False), Image(sys.argv[2], True)).run()
