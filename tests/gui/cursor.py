#!/usr/bin/env python3
"""cursor.py - prints what the mouse's cursor looks like on the display: WIDTHxHEIGHT, the spot that points as +X+Y, and how many of its
pixels are seen, how many of these are black. Uses the X libraries as they are installed."""
import ctypes
import ctypes.util
import sys


class Cursor(ctypes.Structure):
    _fields_ = [("x", ctypes.c_short), ("y", ctypes.c_short), ("width", ctypes.c_ushort), ("height", ctypes.c_ushort),
                ("spot_x", ctypes.c_ushort), ("spot_y", ctypes.c_ushort), ("serial", ctypes.c_ulong),
                ("pixels", ctypes.POINTER(ctypes.c_ulong))]


def main():
    names = [ctypes.util.find_library(each) for each in ("X11", "Xfixes")]
    if None in names:
        print("no library")
        return 1
    x11, fixes = (ctypes.CDLL(each) for each in names)
    x11.XOpenDisplay.restype = ctypes.c_void_p
    fixes.XFixesGetCursorImage.argtypes = [ctypes.c_void_p]
    fixes.XFixesGetCursorImage.restype = ctypes.POINTER(Cursor)
    display = x11.XOpenDisplay(None)
    first, error = ctypes.c_int(), ctypes.c_int()
    if not display or not fixes.XFixesQueryExtension(ctypes.c_void_p(display), ctypes.byref(first), ctypes.byref(error)):
        print("no display")
        return 1
    cursor = fixes.XFixesGetCursorImage(display).contents
    pixels = [cursor.pixels[i] & 0xFFFFFFFF for i in range(cursor.width * cursor.height)]
    print("%dx%d+%d+%d %d %d" % (cursor.width, cursor.height, cursor.spot_x, cursor.spot_y, sum(each >> 24 != 0 for each in pixels),
                                 sum(each == 0xFF000000 for each in pixels)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
