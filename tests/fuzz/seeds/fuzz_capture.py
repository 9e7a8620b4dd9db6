#!/usr/bin/env python3
"""fuzz_capture.py OUT - small captures of every flavour as inputs of tests/fuzz/fuzz_capture.c."""
import gzip
import os
import struct
import sys


def pcap(order, magic, minor=4, extra=b""):
    out = struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, 65535, 1)
    for i, size in enumerate((60, 0, 200)):
        out += struct.pack(order + "IIII", 1700000000, i, size, size + i) + extra + bytes(range(size))
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(order):
    section = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    options = struct.pack(order + "HHB3xHHqHH", 9, 1, 0x8A, 14, 8, 3600, 0, 0)
    out = section
    for link in (1, 101):
        out += block(order, 1, struct.pack(order + "HHI", link, 0, 100) + options)
    flags = struct.pack(order + "HHIHH", 2, 4, 2, 0, 0)
    out += block(order, 6, struct.pack(order + "IIIII", 1, 5, 6, 60, 61) + bytes(60) + flags)
    out += block(order, 3, struct.pack(order + "I", 1500) + bytes(100))
    out += block(order, 2, struct.pack(order + "HHIIII", 0, 0, 5, 6, 30, 40) + bytes(32))
    out += block(order, 5, bytes(20)) + block(order, 0x0BAD, bytes(9))
    return out + section + block(order, 1, struct.pack(order + "HHI", 113, 0, 0))


def main():
    found = [pcap(o, m) for o in "<>" for m in (0xA1B2C3D4, 0xA1B23C4D)]
    found += [pcap("<", 0xA1B2CD34, extra=bytes(8)), pcap("<", 0xA1B2C3D4, 2), pcap(">", 0xA1B2C3D4, 3)]
    found += [pcapng(o) for o in "<>"]
    found += [gzip.compress(f) for f in (found[0], found[-1])]
    for i, data in enumerate(found):
        for how in (0x00, 0x41, 0x85):
            with open(os.path.join(sys.argv[1], "%d.%02x" % (i, how)), "wb") as file:
                file.write(bytes([how]) + data)


main()
