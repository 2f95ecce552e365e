"""drop_reference.py IMAGE OUT OFFSET SLOT: an image that has nil in a slot, as if somebody else had written it.

OFFSET is that of an object as `viv heap --path` prints it. What our own files have beside the common header goes, checksums
with it, so that the garbage that this makes is not taken for damage.
"""
import struct
import sys

COMMON_HEADER_SIZE = 128

image, out, offset, slot = sys.argv[1], sys.argv[2], int(sys.argv[3], 16), int(sys.argv[4])
data = bytearray(open(image, "rb").read())
start, nil = struct.unpack_from("<I", data, 4)[0], struct.unpack_from("<Q", data, 16)[0]
struct.pack_into("<I", data, 4, COMMON_HEADER_SIZE)
struct.pack_into("<Q", data, start + offset + 8 + 8 * slot, nil)
del data[COMMON_HEADER_SIZE:start]
open(out, "wb").write(data)
