#!/usr/bin/env python3
"""fuzz_decode.py OUT - each golden capture of the decoders as one input of tests/fuzz/fuzz_decode.c."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.path.join(HERE, "..", "..", "golden", "captures")
MOST = 300


def frames(data):
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def main():
    for name in sorted(os.listdir(CAPTURES)):
        if not name.endswith(".pcap"):
            continue
        with open(os.path.join(CAPTURES, name), "rb") as file:
            data = file.read()
        out, part = b"", 0
        head = struct.pack("<HHB", struct.unpack_from("<H", data, 20)[0], 0, 0)
        for frame in list(frames(data)) + [None]:
            if frame is None or len(out) + len(frame) > MOST:
                with open(os.path.join(sys.argv[1], "%s.%d" % (name[:-5], part)), "wb") as file:
                    file.write(head + out)
                out, part = b"", part + 1
            if frame is not None:
                out += struct.pack("<H", len(frame)) + frame


main()
