#!/usr/bin/env python3
"""fuzz_collector.py DIR - messages of every format, well-formed and nearly so, to begin with."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools"))
sys.dont_write_bytecode = True
import random_exporters  # noqa: E402

NOON = 1500000000


def piece(message, port_and_seconds=0x10):
    return struct.pack("<BH", port_and_seconds, len(message)) + message


def v5(records, count=None):
    record = struct.pack(">IIIHHIIIIHHBBBBHHBBH", 0x0A000001, 0x0A000002, 0, 1, 2, 10, 1500, 1000, 2000, 1024, 53,
                         0, 16, 17, 0, 1, 2, 24, 24, 0)
    head = struct.pack(">HHIIIIBBH", 5, records if count is None else count, 5000, NOON, 0, 7, 1, 2, 0x4064)
    return head + record * records


def a_set(number, body):
    return struct.pack(">HH", number, 4 + len(body)) + body


def v9(sequence, *sets):
    return struct.pack(">HHIIII", 9, len(sets), 100000, NOON, sequence, 7) + b"".join(sets)


def ipfix(sequence, *sets):
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), NOON, sequence, 7) + body


def template(number, fields):
    out = struct.pack(">HH", number, len(fields))
    for pen, element, length in fields:
        out += struct.pack(">HH", element | (0x8000 if pen else 0), length)
        if pen:
            out += struct.pack(">I", pen)
    return out


PLAIN = [(0, 8, 4), (0, 12, 4), (0, 7, 2), (0, 11, 2), (0, 4, 1), (0, 1, 4), (0, 2, 4), (0, 22, 4), (0, 21, 4)]
MIXED = [(0, 27, 16), (0, 28, 16), (0, 96, 65535), (0, 1, 3), (29305, 1, 8), (35632, 118, 2), (0, 152, 8),
         (0, 153, 8), (0, 302, 8), (0, 70, 3), (0, 56, 6)]
OPTIONS = struct.pack(">HHHHHHHHHHH", 301, 4, 12, 1, 4, 48, 1, 49, 1, 50, 4)


def main():
    data = bytes(range(29))
    mixed = bytes(32) + b"\x03dns" + bytes(3 + 8 + 2 + 8 + 8 + 8 + 3 + 6)
    seeds = {
        "v5": piece(v5(2)) + piece(v5(2, 30)),
        "v9": piece(v9(1, a_set(0, template(300, PLAIN)), a_set(300, data * 2))) + piece(v9(4, a_set(300, data))),
        "parked": piece(v9(1, a_set(300, data))) + piece(v9(2, a_set(0, template(300, PLAIN)))),
        "options": piece(v9(1, a_set(1, OPTIONS), a_set(301, bytes(4) + b"\x05\x02\0\0\3\xe8"))),
        "ipfix": piece(ipfix(0, a_set(2, template(400, MIXED)), a_set(400, mixed * 2))),
        "withdrawal": piece(ipfix(0, a_set(2, template(400, PLAIN) + struct.pack(">HH", 400, 0)))),
        "lists": piece(ipfix(0, a_set(2, template(401, [(0, 8, 4), (0, 291, 65535), (0, 292, 65535), (0, 293, 65535)])),
                             a_set(401, bytes(4) + b"\x09\x03\x00\x01\x00\x04\0\0\0\1" + b"\x03\x03\x01\x2c\x05\x03\x01\x2c\x00\x06\0"))),
        "v1": piece(struct.pack(">HHIII", 1, 1, 5000, NOON, 0) + bytes(52)),
        "v7": piece(struct.pack(">HHIIIII", 7, 1, 5000, NOON, 0, 1, 0) + bytes(52)),
    }
    seeds["sflow"] = piece(struct.pack(">IIIIIII", 5, 1, 0xC0000209, 0, 1, 1000, 0))
    probe = struct.pack("<16sBBH", b"flow", 2, 0, 0) + struct.pack(">II", 42, 7)
    seeds["zmq"] = piece(bytes([len(probe)]) + probe + b'{"8":"192.0.2.1","12":"192.0.2.2","1":9,"2":1}', 0x90)
    # Of random exporters the first datagrams of each, as they follow each other.
    for seed in range(12):
        sent = random_exporters.World(seed, seed % 2 == 0).run(60)
        for addr in sorted({a for _, a, _ in sent}):
            few = [p for _, a, p in sent if a == addr and len(p) < 1500][:5]
            seeds["random-%d-%s" % (seed, addr.replace(":", "."))] = b"".join(piece(p) for p in few)
    for name, value in seeds.items():
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(value)


if __name__ == "__main__":
    main()
