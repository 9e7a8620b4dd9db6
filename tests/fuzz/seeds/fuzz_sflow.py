#!/usr/bin/env python3
"""fuzz_sflow.py DIR - writes one sFlow datagram per kind of sample and version."""
import os
import struct
import sys


def words(*values):
    return b"".join(struct.pack(">I", v & 0xFFFFFFFF) for v in values)


def framed(kind, body):
    return words(kind, len(body)) + body


HEADER = framed(1, words(1, 78, 4, 18) + bytes(range(12)) + b"\x08\x00\x45\0\0\x3c\0\0")
RECORDS = [
    HEADER,
    framed(2, words(78) + bytes(16) + words(0x800)),
    framed(3, words(1400, 6, 0x0A000001, 0x0A000002, 443, 5000, 0x18, 0)),
    framed(4, words(1400, 58) + bytes(32) + words(128, 0, 0, 0)),
    framed(1001, words(10, 0, 20, 0)), framed(1001, words(10, 0, 20, 0))[:14],
    framed(1002, words(1, 0x0A000001, 24, 16)), framed(1002, words(2) + bytes(16) + words(64, 48)),
    framed(1003, words(1, 1, 65000, 65001, 65002, 2, 2, 2, 100, 200, 1, 1, 300, 1, 0x640001, 150)),
    framed(1004, words(106, 3) + b"bob\0" + words(106, 5) + b"alice\0\0\0"),
    framed(1005, words(1, 4) + b"/url" + words(4) + b"host"),
    framed(1006, words(1, 1, 1, 100 << 12, 1, 200 << 12)), framed(1007, words(1, 1, 1, 2)), framed(1020, words(1, 2)),
    framed(1012, words(2, 0x81000064, 0x810000C8)), framed(1023, words(100, 17, 1, 2, 3, 4, 0, 0)),
    framed(1026, words(100, 17) + bytes(32) + words(3, 4, 0, 0)), framed(1029, words(5000)), framed(4000, words(1)),
]
COUNTERS = words(3, 6, 0, 1000, 1, 3, 0, 500, 1, 2, 3, 4, 5, 6, 0, 700, 1, 2, 3, 7, 8, 0)


def datagram(*samples):
    return words(5, 1, 0xC0A80201, 7, 42, 60000, len(samples)) + b"".join(samples)


def main():
    seeds = []
    for record in RECORDS:
        seeds.append(datagram(framed(1, words(1, 3, 512, 1, 0, 1, 2, 1) + record)))
    everything = b"".join(RECORDS)
    seeds.append(datagram(framed(3, words(1, 0, 3, 512, 1, 0, 0, 1, 0, 2, len(RECORDS)) + everything)))
    seeds.append(datagram(framed(5, words(1, 0, 3, 9, 1, 2, 262, 1) + HEADER)))
    counters = framed(1, COUNTERS) + framed(2, words(*range(13))) + framed(5, words(*range(7))) + framed(1001, words(*range(7)))
    seeds.append(datagram(framed(2, words(1, 3, 4) + counters), framed(4, words(1, 0, 3, 4) + counters)))
    old = words(1, 0xC0A80201, 42, 60000, 2, 1, 11, 9, 400, 1, 0, 3, 4, 2, 1400, 17, 1, 2, 3, 4, 0, 0, 1)
    seeds.append(words(2) + old + words(3, 1, 2, 3, 2, 100, 200, 2, 1, 3, 30, 2) + COUNTERS + words(*range(13)))
    seeds.append(words(4) + old + words(3, 1, 2, 3, 1, 1, 2, 100, 200, 0, 150, 2, 1, 3, 30, 7) + words(*range(7)))
    for i, seed in enumerate(seeds):
        with open(os.path.join(sys.argv[1], "sflow%02d" % i), "wb") as f:
            f.write(seed)


if __name__ == "__main__":
    main()
