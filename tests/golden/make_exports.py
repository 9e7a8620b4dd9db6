#!/usr/bin/python3
"""make_exports.py [DIR] - writes the golden captures of exporters: NetFlow, IPFIX and sFlow.

One small file for each format and one for faults. Flows are named by their ports, so that a reader of
the expected output sees which record it was. Nothing depends on the machine or the moment, so a second
run writes the same bytes.
"""
import ipaddress
import os
import struct
import sys

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "captures")
START = 1700000000
VARIABLE = 65535
REVERSE, NTOP = 29305, 35632
COLLECTOR = "192.0.2.200"


def u(value, octets):
    return (value % (1 << 8 * octets)).to_bytes(octets, "big")


def ip(text):
    return ipaddress.ip_address(text).packed


def frame(src, payload, port=2055):
    """A datagram of an exporter as somebody captured it."""
    udp = struct.pack(">HHHH", 40000, port, 8 + len(payload), 0) + payload
    if ":" in src:
        head = struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + ip(src) + ip("2001:db8::200")
    else:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + ip(src) + ip(COLLECTOR)
    macs = bytes.fromhex("020000000001020000000002")
    return macs + (b"\x86\xdd" if ":" in src else b"\x08\0") + head + udp


def save(name, datagrams, step=1):
    """datagrams: (exporter, payload), a step of seconds between them."""
    with open(os.path.join(OUT, "export_%s.pcap" % name), "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i, (src, payload) in enumerate(datagrams):
            data = frame(src, payload)
            out.write(struct.pack("<IIII", START + i * step, 250000, len(data), len(data)) + data)


# ---- NetFlow v1, v5, v7 ---------------------------------------------------------------------------------

def fixed(version, records, at, uptime, sequence=0, engine=0, sampling=0, count=None):
    head = struct.pack(">HHIII", version, len(records) if count is None else count, uptime % 2**32, START + at, 500000000)
    if version == 5:
        head += struct.pack(">IHH", sequence, engine, sampling)
    elif version == 7:
        head += struct.pack(">II", sequence, 0)
    return head + b"".join(records)


def record(version, port, first, last, packets=10, octets=1500, proto=6, flags=0x1B):
    out = ip("10.1.0.1") + ip("10.2.0.2") + ip("10.0.0.254") + u(3, 2) + u(4, 2) + u(packets, 4) + u(octets, 4)
    out += u(first, 4) + u(last, 4) + u(port, 2) + u(443, 2)
    if version == 1:
        return out + bytes(2) + u(proto, 1) + u(0xB8, 1) + u(flags, 1) + bytes(7)
    out += bytes(1) + u(flags, 1) + u(proto, 1) + u(0xB8, 1) + u(65001, 2) + u(65002, 2) + u(24, 1) + u(16, 1) + bytes(2)
    return out + (ip("10.0.0.9") if version == 7 else b"")


def netflow_fixed():
    up = 7200000
    five = [record(5, 1000 + i, up - 9000, up - 1000 * i, packets=1 + i) for i in range(3)]
    wrap = 5000  # the uptime wrapped five seconds ago, the flow began before
    save("netflow_fixed", [
        ("192.0.2.1", fixed(1, [record(1, 100, up - 5000, up - 1000), record(1, 101, up, up, proto=17, flags=0)], 0, up)),
        ("192.0.2.5", fixed(5, five, 1, up, 100)),
        ("192.0.2.5", fixed(5, [record(5, 1010, up, up + 500)], 2, up + 1000, 103, 0x0102, 0x4000 | 100)),
        ("192.0.2.5", fixed(5, [record(5, 1011, wrap - 20000, wrap - 1000)], 3, wrap, 5)),
        ("192.0.2.6", fixed(5, [record(5, 1012, up, up, 2**32 - 1, 2**32 - 1)], 4, up, 7)),
        ("192.0.2.7", fixed(7, [record(7, 2000, up - 3000, up - 1000)], 5, up, 1)),
        ("2001:db8::5", fixed(5, [record(5, 1020, up, up)], 6, up, 1)),
    ])


# ---- NetFlow v9 and IPFIX -------------------------------------------------------------------------------

class Layout:
    """Fields as (enterprise, element, octets); rows of values become data records."""

    def __init__(self, number, fields, scopes=None):
        self.number, self.fields, self.scopes = number, fields, scopes

    def announce(self, is_ipfix):
        out = b""
        for pen, element, octets in self.fields:
            if is_ipfix and pen:
                out += u(element | 0x8000, 2) + u(octets, 2) + u(pen, 4)
            else:
                out += u(element + 57472 if pen == NTOP else element, 2) + u(octets, 2)
        n = len(self.fields)
        if self.scopes is None:
            head = u(self.number, 2) + u(n, 2)
        elif is_ipfix:
            head = u(self.number, 2) + u(n, 2) + u(self.scopes, 2)
        else:
            head = u(self.number, 2) + u(4 * self.scopes, 2) + u(4 * (n - self.scopes), 2)
        return a_set((2 if is_ipfix else 0) + (self.scopes is not None), head + out)

    def data(self, *rows):
        return a_set(self.number, b"".join(self.value(f, v) for row in rows for f, v in zip(self.fields, row)))

    @staticmethod
    def value(field, v):
        if isinstance(v, str):
            v = ip(v) if field[2] in (4, 16) else v.encode()
        if field[2] == VARIABLE:
            v = v if isinstance(v, bytes) else u(v, 4)
            return (u(len(v), 1) if len(v) < 255 else b"\xff" + u(len(v), 2)) + v
        return v.ljust(field[2], b"\0") if isinstance(v, bytes) else u(v, field[2])


def a_set(number, body):
    body += bytes(-len(body) % 4)
    return u(number, 2) + u(4 + len(body), 2) + body


def nine(at, uptime, sequence, *sets, domain=1):
    return struct.pack(">HHIIII", 9, len(sets), uptime % 2**32, START + at, sequence, domain) + b"".join(sets)


def ipfix(at, sequence, *sets, domain=0):
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(body), START + at, sequence, domain) + body


TUPLE4 = [(0, 8, 4), (0, 12, 4), (0, 7, 2), (0, 11, 2), (0, 4, 1)]
TUPLE6 = [(0, 27, 16), (0, 28, 16), (0, 7, 2), (0, 11, 2), (0, 4, 1)]
A, B, A6, B6 = "10.1.0.1", "10.2.0.2", "2001:db8:1::1", "2001:db8:2::2"


def netflow9():
    up = 3600000
    plain = Layout(256, TUPLE4 + [(0, 1, 4), (0, 2, 4), (0, 22, 4), (0, 21, 4), (0, 6, 1), (0, 10, 2), (0, 14, 2), (0, 48, 1)])
    rich = Layout(257, TUPLE4 + [(0, 1, 8), (0, 2, 8), (0, 23, 8), (0, 24, 8), (0, 22, 4), (0, 21, 4), (0, 5, 1), (0, 16, 4),
                                 (0, 17, 4), (0, 15, 4), (0, 18, 4), (0, 9, 1), (0, 13, 1), (0, 56, 6), (0, 80, 6), (0, 58, 2),
                                 (0, 59, 2), (0, 70, 3), (0, 71, 3), (0, 234, 4), (0, 61, 1), (NTOP, 118, 2), (NTOP, 180, 24)])
    six = Layout(258, TUPLE6 + [(0, 1, 4), (0, 2, 4), (0, 22, 4), (0, 21, 4), (0, 31, 3), (0, 62, 16)])
    sampler = Layout(300, [(0, 1, 4), (0, 48, 1), (0, 49, 1), (0, 50, 4), (0, 84, 12)], 1)
    ports = Layout(301, [(0, 2, 4), (0, 10, 4), (0, 82, 10), (0, 83, 12)], 1)
    late = Layout(259, TUPLE4 + [(0, 1, 4), (0, 2, 4), (0, 152, 8), (0, 153, 8)])
    row = lambda port, by: (A, B, port, 443, 6, 1500, 3, up - 9000, up - 2000, 0x1B, 3, 4, by)
    ms = (START - 30) * 1000
    save("netflow9", [
        ("192.0.2.9", nine(0, up, 10, plain.announce(False), sampler.announce(False), plain.data(row(1000, 7), row(1001, 0)),
                           sampler.data((1, 7, 2, 1000, "edge")))),
        ("192.0.2.9", nine(1, up + 1000, 11, ports.announce(False), ports.data((3, 3, "Gi0/3", "uplink"), (4, 4, "Gi0/4", "lan")))),
        ("192.0.2.9", nine(2, up + 2000, 12, rich.announce(False), rich.data(
            (A, B, 1002, 443, 6, 5000, 50, 7000, 60, up - 60000, up - 1000, 0xB8, 65001, 65002, "10.0.0.254", "10.0.0.253", 24, 16,
             bytes.fromhex("020000000001"), bytes.fromhex("020000000002"), 100, 200, 16 << 4, 17 << 4 | 1, 5, 1, 91,
             "www.example.org")))),
        ("192.0.2.9", nine(3, up + 3000, 13, six.announce(False), six.data((A6, B6, 1003, 53, 17, 120, 1, up, up + 10, 0x12345, "2001:db8::fe")))),
        ("192.0.2.9", nine(4, up + 4000, 14, late.data((A, B, 1004, 80, 6, 600, 6, ms, ms + 5000)))),
        ("192.0.2.9", nine(6, up + 6000, 16, late.announce(False))),
        ("192.0.2.9", nine(5, up + 5000, 15, late.data((A, B, 1005, 80, 6, 700, 7, ms, ms + 6000)))),
        ("192.0.2.9", nine(7, up + 7000, 17, Layout(256, TUPLE4 + [(0, 2, 4), (0, 1, 3)]).announce(False),
                           Layout(256, TUPLE4 + [(0, 2, 4), (0, 1, 3)]).data((A, B, 1006, 443, 6, 3, 999)))),
        ("192.0.2.9", nine(8, 2000, 1, plain.announce(False), plain.data((A, B, 1007, 443, 6, 400, 4, 2**32 - 9000, 1000, 2, 3, 4, 9)), domain=2)),
        ("2001:db8::9", nine(9, up, 1, six.announce(False), six.data((A6, B6, 1008, 443, 6, 1, 1, up, up, 0, "::")))),
    ])


def ipfix_file():
    ms, s = (START - 20) * 1000, START - 20
    biflow = Layout(256, TUPLE4 + [(0, 1, 8), (0, 2, 4), (REVERSE, 1, 8), (REVERSE, 2, 4), (0, 152, 8), (0, 153, 8), (0, 136, 1), (0, 239, 1)])
    text = Layout(257, TUPLE6 + [(0, 1, 5), (0, 2, 3), (0, 150, 4), (0, 151, 4), (0, 460, VARIABLE), (NTOP, 187, VARIABLE), (4294967294, 7, VARIABLE)])
    totals = Layout(258, TUPLE4 + [(0, 85, 8), (0, 86, 8), (0, 154, 8), (0, 155, 8), (0, 305, 4), (0, 306, 4)])
    nsel = Layout(260, TUPLE4 + [(0, 225, 4), (0, 226, 4), (0, 227, 2), (0, 228, 2), (0, 233, 1), (0, 231, 4), (0, 232, 4), (0, 323, 8), (0, 148, 4)])
    nat = Layout(261, [(0, 230, 1), (0, 323, 8), (0, 8, 4), (0, 225, 4), (0, 7, 2), (0, 227, 2), (0, 4, 1)])
    mpls = Layout(262, TUPLE4 + [(0, 1, 4), (0, 2, 4), (0, 70, 3), (0, 71, 3), (0, 72, 3), (0, 140, 16), (0, 156, 8), (0, 157, 8)])
    log = Layout(263, [(0, 160, 8), (0, 318, 8), (0, 82, VARIABLE)])
    lists = Layout(264, TUPLE4 + [(0, 1, 4), (0, 2, 4), (0, 291, VARIABLE), (0, 292, VARIABLE)])
    sampling = Layout(300, [(0, 149, 4), (0, 305, 4), (0, 306, 4), (0, 304, 2)], 1)
    boot = Layout(301, [(0, 144, 4), (0, 160, 8), (0, 41, 8)], 1)
    stamps = Layout(265, TUPLE4 + [(0, 1, 4), (0, 2, 4), (0, 22, 4), (0, 21, 4)])
    packet = Layout(266, [(0, 302, 8), (0, 312, 2), (0, 315, VARIABLE)])
    both = Layout(267, TUPLE4 + TUPLE6[:2] + [(0, 1, 4), (0, 23, 4), (REVERSE, 1, 4)])
    ntp = lambda seconds: seconds + 2208988800 << 32 | 1 << 31
    basic = b"\x03\0\1\0\4" + u(77, 4)
    sub = b"\x03" + u(256, 2) + b"unread"
    x = "192.0.2.10"
    save("ipfix", [
        (x, ipfix(0, 0, biflow.announce(True), biflow.data((A, B, 1000, 443, 6, 1500, 3, 9000, 7, ms, ms + 4000, 3, 1)))),
        (x, ipfix(1, 1, text.announce(True), text.data((A6, B6, 1001, 80, 6, 800, 2, s, s + 3, "www.example.org", "/index.html", b"\1\2\3"),
                                                       (A6, B6, 1002, 80, 6, 801, 2, s, s + 3, "a" * 300, "", b"")))),
        (x, ipfix(2, 3, totals.announce(True), totals.data((A, B, 1003, 22, 6, 100000, 200, ntp(s), ntp(s + 5), 1, 99)))),
        (x, ipfix(3, 4, nsel.announce(True), nsel.data((A, B, 1004, 443, 6, "192.0.2.99", B, 50004, 443, 1, 0, 0, ms, 7),
                                                       (A, B, 1004, 443, 6, "192.0.2.99", B, 50004, 443, 2, 400, 900, ms + 9000, 7)))),
        (x, ipfix(4, 6, nat.announce(True), nat.data((4, ms, A, "192.0.2.99", 1005, 50005, 17), (5, ms + 100, A, "192.0.2.99", 1005, 50005, 17)))),
        (x, ipfix(5, 8, mpls.announce(True), mpls.data((A, B, 1006, 179, 6, 60, 1, 100 << 4, 200 << 4, 300 << 4 | 1, A6, ntp(s), ntp(s + 1))))),
        (x, ipfix(6, 9, log.announce(True), log.data((ms, 5, "link down"), (ms, 6, "link up")))),
        (x, ipfix(7, 11, lists.announce(True), lists.data((A, B, 1007, 25, 6, 70, 1, basic, sub)))),
        (x, ipfix(8, 12, sampling.announce(True), biflow.data((A, B, 1008, 443, 6, 10, 1, 20, 2, ms, ms, 1, 1)), sampling.data((8, 1, 511, 1)), domain=8)),
        (x, ipfix(9, 12, biflow.announce(True), domain=8)),
        (x, ipfix(10, 0, boot.announce(True), stamps.announce(True), stamps.data((A, B, 1009, 993, 6, 90, 1, 1000, 5000)),
                  boot.data((1, (START - 10) * 1000, 5)), domain=9)),
        (x, ipfix(11, 13, packet.announce(True), packet.data((1, 90, plain_frame(1010, 53)[:60]), (1, 90, b"")))),
        (x, ipfix(12, 15, both.announce(True), both.data((A, B, 1011, 80, 6, A6, "::", 50, 40, 30), ("0.0.0.0", "0.0.0.0", 1012, 80, 6, A6, B6, 51, 41, 31)))),
        (x, ipfix(13, 17, a_set(2, u(256, 2) + bytes(2)), biflow.data((A, B, 1013, 443, 6, 1, 1, 1, 1, ms, ms, 1, 1)))),
        (x, ipfix(14, 18, a_set(3, u(3, 2) + bytes(2)), a_set(2, u(2, 2) + bytes(2)))),
        (x, ipfix(15, 18, text.data((A6, B6, 1014, 80, 6, 1, 1, s, s, "", "", b"")))),
    ])


# ---- sFlow ----------------------------------------------------------------------------------------------

def plain_frame(port, dport, six=False, vlan=None, tcp=False):
    l4 = u(port, 2) + u(dport, 2)
    l4 += bytes(8) + b"\x50\x18" + bytes(6) + bytes(40) if tcp else u(48, 2) + bytes(2) + bytes(40)
    proto = 6 if tcp else 17
    if six:
        l3 = u(6 << 28, 4) + u(len(l4), 2) + u(proto, 1) + b"\x40" + ip(A6) + ip(B6)
    else:
        l3 = b"\x45\0" + u(20 + len(l4), 2) + bytes(4) + b"\x40" + u(proto, 1) + bytes(2) + ip(A) + ip(B)
    tag = b"\x81\0" + u(vlan, 2) if vlan else b""
    return bytes.fromhex("020000000002020000000001") + tag + (b"\x86\xdd" if six else b"\x08\0") + l3 + l4


def words(*values):
    return b"".join(u(v, 4) for v in values)


def part(kind, body):
    return words(kind, len(body)) + body


def raw(data, wire=None, stripped=4):
    return part(1, words(1, (wire or len(data)) + stripped, stripped, len(data)) + data + bytes(-len(data) % 4))


def sampled(kind, rate, ports, *records):
    heads = {1: words(1, 3, rate, 5000, 0, *ports), 3: words(1, 0, 3, rate, 5000, 0, 0, ports[0], 0, ports[1]),
             5: words(1, 0, 3, 0, ports[0], ports[1], 256)}
    return part(kind, heads[kind] + words(len(records)) + b"".join(records))


def sflow(at, sequence, *samples, agent=ip("192.0.2.11"), sub=1):
    kind = 1 if len(agent) == 4 else 2
    return words(5, kind) + agent + words(sub, sequence, 60000 + 1000 * at, len(samples)) + b"".join(samples)


def sflow_file():
    interface = part(1, words(3, 6) + u(10**9, 8) + words(1, 3) + u(123456, 8) + words(100, 10, 1, 2, 3, 0) + u(654321, 8) + words(90, 9, 1, 0, 0, 0))
    four = part(3, words(1500, 6) + ip(A) + ip(B) + words(1000, 443, 0x18, 0))
    six = part(4, words(1400, 17) + ip(A6) + ip(B6) + words(1001, 53, 0, 0))
    switch, router = part(1001, words(100, 0, 200, 0)), part(1002, words(1) + ip("10.0.0.254") + words(24, 16))
    gateway = part(1003, words(1) + ip("10.0.0.253") + words(65000, 65001, 65003, 1, 2, 2, 65003, 65002, 0, 100))
    x = "192.0.2.111"
    save("sflow", [
        (x, sflow(0, 1, sampled(1, 512, (3, 4), raw(plain_frame(1002, 443, tcp=True)), switch, router, gateway),
                  sampled(1, 512, (3, 4), raw(plain_frame(1003, 53, vlan=100), wire=900)))),
        (x, sflow(1, 2, sampled(3, 1024, (300, 400), raw(plain_frame(1004, 443, six=True, tcp=True))), sampled(3, 1, (1, 2), six))),
        (x, sflow(2, 3, part(2, words(1, 3, 2) + interface + part(1005, words(5) + b"eth3\0" + bytes(3))), part(4, words(1, 0, 3, 1) + interface))),
        (x, sflow(3, 4, sampled(5, 0, (3, 0), raw(plain_frame(1005, 23, tcp=True))), part(1, words(1, 3, 100, 1, 0, 3, 2 << 30 | 5, 1) + four))),
        (x, sflow(4, 7, sampled(1, 512, (3, 1 << 30 | 256), part(2, words(64) + bytes(20)), part(4 << 12 | 9, bytes(8))), part(99, bytes(4)))),
        (x, sflow(5, 1, sampled(1, 100, (1, 2), raw(b"\xff" * 14 + bytes(46))), agent=ip("2001:db8::11"), sub=0)),
    ])


# ---- Faults ---------------------------------------------------------------------------------------------

def faults():
    flow = Layout(256, TUPLE4 + [(0, 1, 4), (0, 2, 4), (0, 152, 8), (0, 153, 8), (0, 34, 4)])
    ms = START * 1000
    row = lambda port, first=ms, last=ms, rate=1: (A, B, port, 443, 6, 100, 1, first, last, rate)
    good = ipfix(0, 0, flow.announce(True), flow.data(row(1000)))
    x = "192.0.2.66"
    save("faults", [
        (x, good),
        (x, good),
        (x, ipfix(2, 1, flow.data(row(1001, ms + 10**9, ms + 10**9), row(1002, 1, 2), row(1003, ms, ms - 5000)))),
        (x, ipfix(3, 4, flow.data(row(1004, rate=2**24 + 1), row(1005, rate=0), row(1006, rate=2**24)))),
        (x, ipfix(4, 7, flow.data(row(1007)), u(256, 2) + u(2000, 2) + bytes(40))),
        (x, ipfix(5, 8, flow.data(row(1008)), a_set(77, bytes(8)))),
        (x, ipfix(6, 9, Layout(256, [(0, 8, 50), (0, 1, 4)]).announce(True), flow.data(row(1009)))),
        (x, ipfix(7, 30, flow.announce(True), flow.data(row(1010)))),
        (x, ipfix(8, 31, Layout(257, [(0, 82, 0)]).announce(True), flow.data(row(1011)))),
        (x, ipfix(9, 32, Layout(258, [(0, 8, 4), (0, 82, VARIABLE)]).announce(True), a_set(258, ip(A) + b"\xff\xff\xffcut"))),
        (x, ipfix(10, 32, a_set(999, bytes(20)))),
        ("192.0.2.67", fixed(5, [record(5, 1012, 0, 0)] * 2, 11, 60000, 1) + bytes(4)),
        ("192.0.2.67", nine(12, 60000, 1, flow.announce(False), flow.data(row(1013)) + bytes(3))),
        ("192.0.2.67", nine(13, 5000000, 70000, flow.data(row(1014)))),
        ("192.0.2.68", sflow(14, 1, sampled(1, 2**32 - 1, (1, 2), raw(plain_frame(1015, 53))), sampled(1, 100, (1, 2), words(1, 9000)))),
    ])


def main():
    os.makedirs(OUT, exist_ok=True)
    for make in (netflow_fixed, netflow9, ipfix_file, sflow_file, faults):
        make()


main()
