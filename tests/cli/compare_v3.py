"""Compares an image from before Spur with the 64-bit one that was made of it: compare_v3.py OLD NEW.

Both files are read here from their bytes, by no code of the project; from the special objects on, every object of the old image must
be in the new one as image/import/v3.h and widen.h say. Prints how many were compared, or the first difference and exits with 1.
"""
import struct
import sys

import compare_widened
from compare_widened import Image, signed

FLOAT, CONTEXT, BLOCK_CONTEXT = 34, 36, 39
# Special objects that are classes with fixed indices.
FIXED = {5: 1, 42: 32, 13: 33, 9: 34, 15: 35, 10: 36, 36: 37, 11: 39, 26: 50, 7: 51, 6: 52, 4: 53}
SPECIAL_COUNT = 66  # those that older images lack are nil
KINDS = {0: (0,), 1: (1,), 2: (2,), 3: (3,), 4: (4,), 6: (10, 11), 8: range(16, 24), 12: range(24, 32)}


class Old:
    """An old image's objects by address: where the body is, its bytes, format, hash, word or number of the class."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.bytes = file.read()
        start = 0 if self.is_magic(0) else 512
        self.order = '<' if self.is_magic(start) == 1 else '>'
        self.magic, size, data, self.base, self.special = self.words(start, 5)
        self.native_little = self.magic == 6505 and self.order == '<'
        self.objects = {}
        at = first = start + size
        while at < first + data:
            word, = self.words(at, 1)
            kind = word & 3
            if kind == 2:
                at += word & ~3
                continue
            header = at + (8, 4, 0, 0)[kind]
            base, = self.words(header, 1)
            count = word & ~3 if kind == 0 else base & 0xFC
            named = self.words(header - 4, 1)[0] & ~3 if kind != 3 else 0
            self.objects[header - first + self.base] = (header + 4, count - 4, base >> 8 & 15, base >> 17 & 0xFFF, base >> 12 & 31 or named)
            at = header + count
        self.compact = self.slots(self.slots(self.special)[28])

    def is_magic(self, at):
        magics = (6501, 6502, 6504, 6505)
        little, big = struct.unpack_from('<I', self.bytes, at)[0], struct.unpack_from('>I', self.bytes, at)[0]
        return 1 if little in magics else 2 if big in magics else 0

    def words(self, start, count):
        return struct.unpack_from('%s%dI' % (self.order, count), self.bytes, start)

    def slots(self, address):
        start, size = self.objects[address][:2]
        return self.words(start, size // 4)

    def class_of(self, address):
        named = self.objects[address][4]
        return self.compact[named - 1] if named < 32 else named


class Comparison(compare_widened.Comparison):
    def __init__(self, old, new):
        super().__init__(old, new)
        specials = old.slots(old.special)
        self.fixed = {specials[place]: index for place, index in FIXED.items() if place < len(specials) and self.is_class(specials[place])}
        if len(specials) < 43:
            self.fixed.update((address, 32) for address in old.objects if self.is_named(address))
        table = sorted(a for a, thing in new.objects.items() if thing[0] == 16 and thing[2] == 1024)
        self.classes = [word for page in table for word in new.words(new.objects[page][3], 1024)]

    def is_class(self, address):
        return self.old.objects[address][2] == 1 and len(self.old.slots(address)) > 2 and self.old.slots(address)[2] & 1

    def is_named(self, address):
        """Whether an object is the class that the oldest images do not have among their special objects."""
        if not self.is_class(address) or len(self.old.slots(address)) < 7:
            return False
        name = self.old.objects.get(self.old.slots(address)[6])
        return name is not None and name[2] >= 8 and self.old.bytes[name[0]:name[0] + name[1]] == b'LargeNegativeInteger'

    def fail(self, address, what):
        print('the object at %d of the file: %s' % (self.old.objects[address][0] - 4, what))
        sys.exit(1)

    def same(self, word, wide):
        """Whether a word of the old image became the word `wide`."""
        if word & 1:
            return wide & 7 == 1 and signed(wide, 64) >> 3 == signed(word, 32) >> 1
        if wide & 7 or word not in self.old.objects:
            return False
        if word not in self.partner:
            self.partner[word] = wide
            self.waiting.append(word)
        return self.partner[word] == wide

    def slots(self, address, index, other):
        words = list(self.old.slots(address))
        wide = self.new.words(other[3], other[2])
        live = len(words)
        if index in (CONTEXT, BLOCK_CONTEXT):
            live = 6 + (signed(words[2], 32) >> 1 if words[2] & 1 else 0)
            wanted = max(len(words), 22 if len(words) <= 22 else 62)
            words += [None] * (wanted - len(words))
        if address == self.old.special:
            words += [None] * (SPECIAL_COUNT - len(words))
        if len(words) != other[2]:
            self.fail(address, '%d slots became %d' % (len(words), other[2]))
        for place, (word, after) in enumerate(zip(words, wide)):
            if not (self.same(word, after) if place < live else after == self.new.base):
                self.fail(address, 'slot %d, %s, became %x' % (place, word, after))

    def code(self, address, other):
        start, size, kind = self.old.objects[address][:3]
        words = self.old.slots(address)
        header, wide = signed(words[0], 32) >> 1, signed(self.new.words(other[3], 1)[0], 64) >> 3
        primitive, literals = header & 511 | (header >> 28 & 1) << 9, header >> 9 & 255
        wanted = literals | (primitive != 0) << 16 | header & 0xFFE0000 | primitive << 32 | (header >> 28 & 7) << 48
        if wide != wanted:
            self.fail(address, 'header %x became %x' % (header, wide))
        for place, (word, after) in enumerate(zip(words[1:literals + 1], self.new.words(other[3] + 8, literals))):
            if not self.same(word, after):
                self.fail(address, 'literal %d differs' % (place + 1))
        if self.old.bytes[start + 4 + 4 * literals:start + size - (kind & 3)] != self.new.elements(other)[8 + 8 * literals:]:
            self.fail(address, 'bytecodes differ')

    def elements(self, address, index, other):
        start, size, kind = self.old.objects[address][:3]
        content = self.old.bytes[start:start + size - (kind & 3 if kind >= 8 else 0)]
        if kind == 6:
            words = list(self.old.slots(address))
            if index == FLOAT and not self.old.native_little:
                words.reverse()
            content = struct.pack('<%dI' % len(words), *words)
        if content != self.new.elements(other):
            self.fail(address, 'contents differ')

    def hash_and_class(self, address, other):
        index, number, old_class = other[0], other[4], self.old.class_of(address)
        if index >= len(self.classes) or not self.same(old_class, self.classes[index]):
            self.fail(address, 'its class became the one at %d' % index)
        if index != self.fixed.get(old_class, index) or (old_class not in self.fixed and index < 4096):
            self.fail(address, 'the class has index %d' % index)
        is_class = number < len(self.classes) and self.classes[number] == self.partner[address]
        if address in self.fixed:
            if number != self.fixed[address] or not is_class:
                self.fail(address, 'a known class has hash %d' % number)
        elif number & 0xFFF != self.old.objects[address][3] or number == 0 or (number > 4096 and not is_class):
            self.fail(address, 'hash %d became %d' % (self.old.objects[address][3], number))

    def compare(self, address):
        other = self.new.objects.get(self.partner[address])
        kind = self.old.objects[address][2]
        kind = kind & ~3 if kind >= 8 else kind
        if other is None or other[1] not in KINDS[kind]:
            self.fail(address, 'format %d became %s' % (kind, other))
        self.hash_and_class(address, other)
        if kind <= 4:
            self.slots(address, other[0], other)
        elif kind == 12:
            self.code(address, other)
        else:
            self.elements(address, other[0], other)


Comparison(Old(sys.argv[1]), Image(sys.argv[2], wide=True)).run()
