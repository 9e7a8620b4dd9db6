"""slow_sflow.py - reads sFlow v5 slowly, by sflow.org/sflow_version_5.txt, for slow_decoder.py.

One row for each flow sample or discarded packet; counter samples bring none.
"""
import struct

import slow_decoder
from slow_decoder import MS, Message, address, sampled
from slow_frame import ANY, read_frame

FLOW, COUNTERS, EXPANDED_FLOW, EXPANDED_COUNTERS, DISCARDED = 1, 2, 3, 4, 5
HEADER, ETHERNET, IPV4, IPV6 = 1, 2, 3, 4
# Structures that have one size, of those that are read.
SIZES = {ETHERNET: 24, IPV4: 32, IPV6: 56, 1001: 16, 1020: 8, 1023: 32, 1024: 32, 1025: 56, 1026: 56, 1029: 4, 1030: 4}
FORGIVEN = {ETHERNET, IPV4, IPV6, 1001}  # read whole even where the record says that it is shorter
COUNTER_SIZES = {1: 88, 2: 52, 5: 28, 1001: 28}


class Cut(Exception):
    """The octets end too early, or say what cannot be."""


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        if n > len(self.data):
            raise Cut()
        taken, self.data = self.data[:n], self.data[n:]
        return taken

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def opaque(self, n):
        """n octets, padded to four; at the end of a record the padding may be missing."""
        taken = self.take(n)
        self.data = self.data[-n % 4:]
        return taken

    def text(self):
        return self.opaque(self.u32())

    def addr(self):
        kind = self.u32()
        if kind > 2:
            raise Cut()
        return self.take((0, 4, 16)[kind])

    def numbers(self, n):
        if n > len(self.data) // 4:
            raise Cut()
        return [self.u32() for _ in range(n)]


class Sample:
    def __init__(self):
        self.in_if = self.out_if = self.rate = 0
        self.is_discard = False
        self.frame = self.columns = None  # frame: (protocol, octets, length on the wire)


class Decoder(slow_decoder.Decoder):
    """All formats."""

    def sflow(self, received, sender, data):
        take(self, received, sender, data)


def take(decoder, received, sender, data):
    counts, r = decoder.counts, Reader(data)
    version = struct.unpack(">I", data[:4])[0] if len(data) >= 4 else None
    if version != 5:  # versions 2 and 4 have tests of their own
        counts["malformed"] += 1
        return
    try:
        r.take(4)
        agent = r.addr() if len(r.data) < 4 or struct.unpack(">I", r.data[:4])[0] in (1, 2) else r.take(99999)
        domain, sequence, uptime, samples = (r.u32() for _ in range(4))
    except Cut:
        counts["malformed"] += 1
        return
    who = address(agent) if any(agent) else sender
    m = Message(received, decoder.know(who, domain, "sFlow v5", received), received, uptime)
    fresh = decoder.begin(m, sequence, data)
    for _ in range(samples):
        try:
            kind = r.u32()
            body = Reader(r.take(r.u32()))
        except Cut:
            counts["malformed"] += 1
            break
        read_sample(decoder, m, kind, body, fresh)
    if fresh:
        decoder.end(m, sequence, 1)


def read_sample(decoder, m, kind, body, fresh):
    counts = decoder.counts
    heads = {FLOW: 8, EXPANDED_FLOW: 11, DISCARDED: 8, COUNTERS: 3, EXPANDED_COUNTERS: 4}
    if kind not in heads:
        return
    try:
        head = [body.u32() for _ in range(heads[kind])]
    except Cut:
        counts["malformed"] += 1
        return
    if kind in (COUNTERS, EXPANDED_COUNTERS):
        read_counters(counts, head[-1], body)
        return
    s = Sample()
    if kind == FLOW:
        s.rate, s.in_if, s.out_if = head[2], plain(head[5] >> 30, head[5]), plain(head[6] >> 30, head[6])
    elif kind == EXPANDED_FLOW:
        s.rate, s.in_if, s.out_if = head[3], plain(head[6], head[7]), plain(head[8], head[9])
    else:
        s.is_discard, s.in_if, s.out_if = True, head[4], head[5]
    for _ in range(head[-1]):
        try:
            format_, length = body.u32(), body.u32()
            forgiven = format_ in FORGIVEN and length < SIZES[format_]
            record = Reader(body.take(SIZES[format_] if forgiven else length))
        except Cut:
            counts["malformed"] += 1
            break
        try:
            read_record(format_, record, s)
        except Cut:
            forgiven = True
        counts["malformed"] += forgiven
    if not fresh:
        counts["duplicate"] += 1
        return
    counts["accepted"] += 1
    decoder.rows.append(row(decoder, m, s))


def plain(format_, value):
    """The number of an interface; 0 where something else is said than one interface."""
    return value if format_ == 0 else 0


def read_counters(counts, n, body):
    for _ in range(n):
        try:
            format_ = body.u32()
            record = Reader(body.take(body.u32()))
        except Cut:
            counts["malformed"] += 1
            return
        try:
            if format_ in COUNTER_SIZES:
                record.take(COUNTER_SIZES[format_])
            elif format_ == 1005:
                record.text()
        except Cut:
            counts["malformed"] += 1


def read_record(format_, r, s):
    if format_ == HEADER:
        protocol, length, stripped = r.u32(), r.u32(), r.u32()
        octets = r.opaque(r.u32())
        if not octets:
            return  # nothing of the packet is there
        if s.frame is None and protocol in (1, 11, 12):
            s.frame = (protocol, octets, max(length - stripped, len(octets)))
        elif s.frame is None and protocol in (3, 4, 5, 7, 13, 14, 15):
            s.frame = (protocol, octets, 0)
    elif format_ == ETHERNET:
        length = struct.unpack(">I", r.take(24)[:4])[0]
        s.columns = s.columns or {"bytes": 0}
        s.columns["bytes"] = s.columns["bytes"] or length
    elif format_ in (IPV4, IPV6):
        six = format_ == IPV6
        length, proto = r.u32(), r.u32()
        src, dst = address(r.take(16 if six else 4)), address(r.take(16 if six else 4))
        ports, flags, tos = (r.u32(), r.u32()), r.u32(), r.u32()
        s.columns = {"bytes": length, "version": 6 if six else 4, "src": src, "dst": dst, "proto": proto & 255,
                     "ports": (ports[0] & 65535, ports[1] & 65535), "flags": flags & 255, "tos": tos & 255}
    elif format_ in SIZES:
        r.take(SIZES[format_])
    elif format_ == 1002:
        r.addr(), r.take(8)
    elif format_ == 1003:
        r.addr(), r.take(12)
        for _ in range(r.u32()):
            r.u32(), r.numbers(r.u32())
        r.numbers(r.u32()), r.u32()
    elif format_ == 1004:
        r.u32(), r.text(), r.u32(), r.text()
    elif format_ == 1005:
        r.u32(), r.text(), r.text()
    elif format_ == 1006:
        r.addr(), r.numbers(r.u32()), r.numbers(r.u32())
    elif format_ == 1007:
        r.addr(), r.addr()
    elif format_ == 1012:
        r.numbers(r.u32())


def row(decoder, m, s):
    seen = s.columns or {"bytes": 0}
    kind = None
    if s.is_discard:
        kind = "event"
    elif s.frame is None and s.columns is None:
        kind = "message"
    elif s.frame is not None:
        seen = read_frame(*s.frame)
        if seen is None:
            return ANY
    pairs = decoder.head(m.x) + ([("RECORD_KIND", kind)] if kind else [])
    if "version" in seen:
        family = "IPV%d_" % seen["version"]
        pairs += [(family + "SRC_ADDR", seen["src"]), (family + "DST_ADDR", seen["dst"]),
                  ("L4_SRC_PORT", seen["ports"][0]), ("L4_DST_PORT", seen["ports"][1]), ("PROTOCOL", seen["proto"])]
    if kind == "message":
        return pairs
    pairs += [("IN_BYTES", seen["bytes"]), ("IN_PKTS", 1), ("FIRST_MILLISECONDS", m.received // MS),
              ("LAST_MILLISECONDS", m.received // MS)]
    for key, v in (("TCP_FLAGS", seen.get("flags", 0)), ("SRC_TOS", seen.get("tos", 0)), ("INPUT_SNMP", s.in_if),
                   ("OUTPUT_SNMP", s.out_if)):
        pairs += [(key, v)] if v else []
    rate, source = sampled(s.rate, "header") if 0 < s.rate <= 1 << 24 else (1, "none")
    return pairs + [("SAMPLING_INTERVAL", rate), ("SAMPLING_SOURCE", source)]
