#!/usr/bin/env python3
"""random_exporters.py - datagrams that exporters of every kind might send, with the faults that networks have.

    random_exporters.py SEED DATAGRAMS FILE [damage]        writes a capture

Layouts of any elements of elements.def and of none, in full, reduced and odd widths and of variable
length, with enterprises, reverse elements (RFC 5103) and padding; options with sampling, names and
start times; data before its layout, layouts changed, repeated, withdrawn and refused; several domains
and samplers; uptimes that wrap; flows whose times cannot be. Datagrams get lost, doubled and late. With
`damage` a tenth of them is cut, lengthened or changed in some octets. The same seed is the same file.
"""
import ipaddress
import random
import struct
import sys

from slow_decoder import FIXED, NTOP, NUMBERS, REVERSE, SECOND, load_columns, load_elements

START = 1700000000 * SECOND
PORT = 2055
ELEMENTS = load_elements()
COLUMNS = sorted(load_columns())
PLAIN = sorted(set(ELEMENTS) - set(COLUMNS))
VARIABLE = 65535


def u(value, octets):
    return (int(value) % (1 << 8 * octets)).to_bytes(octets, "big")


class World:
    """Time, and who sends: send() is called with every datagram in its order."""

    def __init__(self, seed, damage=False):
        self.r = random.Random(seed)
        self.now, self.is_damaging = START, damage
        self.out, self.late = [], None
        kinds = [Fixed, Fixed, Nine, Nine, Nine, Ipfix, Ipfix, Ipfix, Ipfix, Sflow]
        self.exporters = [kind(self, i) for i, kind in enumerate(kinds)]

    def run(self, n):
        while len(self.out) < n:
            self.now += self.r.choice((0, 1, 10, 1000, 20000, 300000)) * 1000 + self.r.randrange(1000) * 1000
            if self.r.random() < 0.003:
                self.now += self.r.choice((20, 61, 70)) * SECOND
            x = self.r.choice(self.exporters)
            self.send(x.addr, x.message())
        return self.out[:n]

    def send(self, addr, payload):
        """Lost, doubled, overtaken by the next, damaged, or simply sent."""
        chance = self.r.random()
        if chance < 0.01:
            return
        if chance < 0.02 and self.late is None:
            self.late = (addr, payload)
            return
        if self.is_damaging and self.r.random() < 0.1:
            payload = self.damage(payload)
        for _ in range(2 if chance > 0.99 else 1):
            self.out.append((self.now, addr, payload))
        if self.late:
            self.out.append((self.now, *self.late))
            self.late = None

    def damage(self, payload):
        what, data = self.r.randrange(4), bytearray(payload)
        if what == 0:
            return payload[:self.r.randrange(1, len(payload) + 1)]
        if what == 1:
            return payload + bytes(self.r.randrange(256) for _ in range(self.r.randrange(1, 9)))
        for _ in range(1 if what == 2 else self.r.randrange(2, 12)):
            # The first octets and those of lengths and counts are worth more than the data.
            at = self.r.randrange(len(data)) if self.r.random() < 0.6 else self.r.randrange(min(len(data), 48))
            data[at] = self.r.choice((0, 1, 255, 254, 127, 128, self.r.randrange(256)))
        return bytes(data)


class Exporter:
    def __init__(self, world, index):
        self.world, self.r, self.index = world, world.r, index
        six = self.r.random() < 0.2
        self.addr = "2001:db8::%x" % (index + 1) if six else "192.0.2.%d" % (index + 1)
        self.domain = self.r.choice((0, 1, 7, 2**32 - 1))
        # Some began so that their uptime wraps while we listen.
        up = self.r.choice((5000, 10**6, 2**32 - 20000, 2**31, 3 * 2**32 - 10**4))
        self.boot = world.now - up * 10**6
        self.sequence = self.r.choice((0, 1, 2**32 - 30, self.r.randrange(2**32)))

    def uptime(self):
        return (self.world.now - self.boot) // 10**6 % 2**32

    def seconds(self):
        return self.world.now // SECOND

    def ip(self, octets):
        if octets == 16:
            return self.r.choice((ipaddress.ip_address("2001:db8::%x" % self.r.randrange(1, 99)).packed, bytes(16),
                                  bytes(10) + b"\xff\xff\x0a\0\0\x01", self.r.randbytes(16)))
        return self.r.choice((b"\x0a\0\0" + u(self.r.randrange(256), 1), bytes(4), self.r.randbytes(4)))

    def value(self, octets):
        """A number whose edges are likely."""
        if not octets:
            return b""
        top = 1 << 8 * octets
        return u(self.r.choice((0, 1, 2, 6, 17, 53, 443, 1500, top - 1, top - 2, top // 2, top // 2 - 1, self.r.randrange(top),
                                self.r.randrange(1, 10000))), octets)


class Fixed(Exporter):
    """NetFlow v1, v5 or v7."""

    def message(self):
        r, version = self.r, (1, 5, 7)[self.index % 3]
        head, fields = FIXED[version]
        n = r.randrange(1, 31 if version != 7 else 28)
        body = b""
        for _ in range(n):
            body += b"".join(self.field(f.id, f.octets) for f in fields)
        out = struct.pack(">HHIII", version, n, self.uptime(), self.seconds(), self.world.now % SECOND)
        if version > 1:
            out += u(self.sequence, 4)
            out += struct.pack(">BBH", 1, self.domain & 3, r.choice((0, 0x4000 | 100, 0x8001, 1))) if version == 5 else bytes(4)
            self.sequence += n
        assert len(out) == head
        return out + body

    def field(self, number, octets):
        if number in (21, 22):
            return u(self.uptime() - self.r.choice((0, 1, 500, 60000, 10**6, -100)), 4)
        return bytes(octets) if number == 210 else self.ip(4) if number in (8, 12, 15) else self.value(octets)


class Templated(Exporter):
    """What NetFlow v9 and IPFIX share: layouts, sets, options. is_ipfix tells them apart."""

    def __init__(self, world, index):
        super().__init__(world, index)
        self.known, self.fresh, self.announced = {}, 256, set()
        self.samplers = [self.r.randrange(1, 60000) for _ in range(self.r.choice((0, 1, 1, 3)))]
        self.pending = b""

    # ---- Layouts ---------------------------------------------------------------------------------------

    def width(self, key):
        e = ELEMENTS.get(key if key[0] != REVERSE else (0, key[1]))
        r = self.r
        if e is None:
            return r.choice((1, 2, 4, 8, 16, 3, 0, VARIABLE if self.is_ipfix else 5))
        wide = e.octets if e.octets != VARIABLE else r.choice((1, 3, 8, 17, 64))
        if self.is_ipfix and (e.octets == VARIABLE or r.random() < 0.03):
            return VARIABLE if r.random() < 0.8 else wide
        if r.random() < 0.004:
            return r.choice((0, 1, 3, 7, 9, 15, 17, 50, 255))
        if e.type in NUMBERS and r.random() < 0.2:
            return r.randrange(1, 9)
        return wide

    def flow_fields(self):
        r = self.r
        keys = [(0, 8), (0, 12)] if r.random() < 0.6 else [(0, 27), (0, 28)]
        if r.random() < 0.1:
            keys += [(0, 27), (0, 28)] if keys[0] == (0, 8) else [(0, 8), (0, 12)]
        keys += [k for k in ((0, 7), (0, 11), (0, 4), (0, 5), (0, 6), (0, 10), (0, 14), (0, 34)) if r.random() < 0.7]
        for family in ([(0, 1), (0, 2)], [(0, 231), (0, 298), (0, 232), (0, 299)], [(0, 85), (0, 86)], [(0, 23), (0, 24)],
                       [(0, 352)], [(REVERSE, 1), (REVERSE, 2)]):
            if r.random() < (0.8 if family[0] == (0, 1) else 0.15) and (self.is_ipfix or family[0][0] == 0):
                keys += family[:r.randrange(1, len(family) + 1)]
        times = [[(0, 22), (0, 21)], [(0, 150), (0, 151)], [(0, 152), (0, 153)], [(0, 154), (0, 155)], [(0, 156), (0, 157)],
                 [(0, 158), (0, 159)], [(0, 323)], [(0, 160)], [(0, 322)], [(0, 324)]]
        for pair in r.sample(times, r.choice((0, 1, 1, 1, 2))):
            keys += pair if r.random() < 0.8 else pair[:1]
        if self.samplers and r.random() < 0.4:
            keys.append(r.choice(((0, 48), (0, 302))))
        if r.random() < 0.1:
            keys += r.choice(([(0, 305), (0, 306)], [(0, 309), (0, 310)], [(0, 50)]))
        return keys

    def new_layout(self, is_options):
        r, keys = self.r, []
        if is_options:
            keys = self.options_fields()
        elif r.random() < 0.85:
            keys = self.flow_fields()
        others = PLAIN if r.random() < 0.8 else COLUMNS
        keys += [r.choice(others) for _ in range(r.choice((0, 1, 3, 8, 20)))]
        keys += [(0, 210)] * (r.random() < 0.1)
        if self.is_ipfix and r.random() < 0.1:
            keys += [(REVERSE, r.choice(PLAIN)[1]), (r.randrange(1, 2**32), r.randrange(1, 32768))]
        if not self.is_ipfix:
            keys = [k for k in keys if k[0] in (0, NTOP) and (k[0] == 0 or k[1] < 1024)] or [(0, 1)]
        unique = list(dict.fromkeys(keys))
        if not is_options:
            r.shuffle(unique)
        return [(k, self.width(k)) for k in unique]

    def options_fields(self):
        what = self.r.randrange(4)
        if what == 0 and self.samplers:
            keys = [self.r.choice(((0, 48), (0, 302)))]
            return keys + self.r.choice(([(0, 50)], [(0, 305), (0, 306)], [(0, 34)], [(0, 309), (0, 310)]))
        if what == 1 and not self.samplers:
            return self.r.choice(([(0, 149), (0, 34), (0, 35)], [(0, 149), (0, 305), (0, 306)]))
        if what == 2:
            return [(0, 10), (0, 82), (0, 83)]
        return [(0, 144), (0, 160)]

    def announce(self, number):
        """The octets of the layout; now and then one that must be refused."""
        fields, is_options, scopes = self.known[number]
        out = b""
        for (pen, i), octets in fields[:scopes]:
            out += self.field_head(pen, i, octets, True)
        for (pen, i), octets in fields[scopes:]:
            out += self.field_head(pen, i, octets, False)
        if not is_options:
            return u(number, 2) + u(len(fields), 2) + out
        if self.is_ipfix:
            return u(number, 2) + u(len(fields), 2) + u(scopes, 2) + out
        return u(number, 2) + u(4 * scopes, 2) + u(4 * (len(fields) - scopes), 2) + out

    def field_head(self, pen, i, octets, is_scope):
        if self.is_ipfix:
            return u(i | 0x8000, 2) + u(octets, 2) + u(pen, 4) if pen else u(i, 2) + u(octets, 2)
        if is_scope:
            return u(self.r.randrange(1, 6), 2) + u(octets, 2)
        return u(i + 57472 if pen == NTOP else i, 2) + u(octets, 2)

    # ---- Data ------------------------------------------------------------------------------------------

    def data(self, key, octets):
        r, pen, i = self.r, *key
        e = ELEMENTS.get(key if pen != REVERSE else (0, i))
        kind = e.type if e else "OCTETS"
        head = b""
        if octets == VARIABLE:
            n = self.natural(kind, e)
            head = u(n, 1) if n < 255 and r.random() < 0.9 else b"\xff" + u(n, 2)
            octets = n
        if kind in ("IPV4", "IPV6") and octets in (4, 16):
            return head + self.ip(octets)
        if pen in (0, REVERSE) and i in (21, 22, 158, 159) or kind in ("SECONDS", "MILLISECONDS", "MICROSECONDS", "NANOSECONDS"):
            return head + self.time(i, kind, octets)
        if pen == 0 and i in (48, 302) and self.samplers and r.random() < 0.9:
            return head + u(r.choice(self.samplers), octets) if octets else head
        if pen == 0 and i in (34, 50, 305, 306, 309, 310):
            return head + u(r.choice((0, 1, 1, 10, 99, 1000, 2**24, 2**24 + 1, 2**32 - 1)), octets) if octets else head
        if kind == "TEXT":
            text = r.choice((b"GigabitEthernet0/1", b"", "\u00fcber\u20ac".encode(), b'q"\\\n\x01', r.randbytes(9), b"a" * 200))
            return head + text[:octets].ljust(octets, b"\0")
        if kind in NUMBERS or kind == "BOOL":
            return head + self.value(octets)
        return head + r.choice((bytes(octets), r.randbytes(octets)))

    def natural(self, kind, e):
        if kind in ("OCTETS", "TEXT", "LIST"):
            return self.r.choice((0, 1, 5, 9, 30, 254, 255, 300))
        return e.octets if self.r.random() < 0.8 else self.r.randrange(0, 9)

    def time(self, i, kind, octets):
        r = self.r
        when = self.world.now - r.choice((0, 1, 5, 100, 3600, 90000, -10, -400)) * SECOND - r.randrange(SECOND)
        if r.random() < 0.1:
            return self.value(octets)
        if i in (21, 22):
            return u((when - self.boot) // 10**6, octets) if octets else b""
        if i in (158, 159):
            return u(r.choice((0, 1, 10**6, 2**32 - 1)), octets) if octets else b""
        if i == 160:
            return u(self.boot // 10**6, octets) if octets else b""
        if kind == "SECONDS":
            return u(when // SECOND, octets) if octets else b""
        if kind == "MILLISECONDS":
            return u(when // 10**6, octets) if octets else b""
        ntp = (when // SECOND + 2208988800 << 32) + ((when % SECOND << 32) // SECOND)
        return u(ntp, octets) if octets else b""

    def records(self, number, n):
        fields = self.known[number][0]
        return b"".join(b"".join(self.data(k, w) for k, w in fields) for _ in range(n))

    # ---- Messages --------------------------------------------------------------------------------------

    def layout_set(self, numbers, is_options):
        first = 2 if self.is_ipfix else 0
        body = b"".join(self.announce(n) for n in numbers)
        return self.a_set(first + is_options, body)

    def a_set(self, number, body):
        shortest = 4
        if number in self.known:
            shortest = sum(1 if w == VARIABLE else w for _, w in self.known[number][0])
        padding = -len(body) % 4 if self.r.random() < 0.5 and -len(body) % 4 < shortest else 0
        return u(number, 2) + u(4 + len(body) + padding, 2) + body + bytes(padding)

    def make(self):
        """A new layout, or a new form of an old one; its data may come before it does."""
        r = self.r
        number = r.choice(sorted(self.known)) if self.known and r.random() < 0.25 else self.fresh
        self.fresh += number == self.fresh
        is_options = r.random() < 0.3
        fields = self.new_layout(is_options)
        self.known[number] = (fields, is_options, r.randrange(1, min(3, len(fields)) + 1) if is_options else 0)
        self.announced.discard(number)
        return number

    def body(self):
        """Sets, and how many records are in them."""
        r, out, n = self.r, b"", 0
        if not self.known or r.random() < 0.06 and len(self.known) < 40:
            number = self.make()
            if r.random() < 0.85:
                out += self.layout_set([number], self.known[number][1])
                self.announced.add(number)
        if r.random() < 0.12:  # announced again, some for the first time
            numbers = r.sample(sorted(self.known), min(len(self.known), r.choice((1, 2, 5))))
            for is_options in (False, True):
                some = [i for i in numbers if self.known[i][1] == is_options]
                if some:
                    out += self.layout_set(some, is_options)
                self.announced.update(some)
        if self.is_ipfix and r.random() < 0.01 and self.announced:
            number = r.choice(sorted(self.announced))
            what = number if r.random() < 0.8 else 2 + self.known[number][1]
            out += self.a_set(2 + self.known[number][1], u(what, 2) + bytes(2))
            self.announced.clear() if what < 256 else self.announced.discard(number)
        for _ in range(r.choice((0, 1, 1, 2, 3)) if out else r.choice((1, 2, 3))):
            number = r.choice(sorted(self.known))
            count = r.choice((1, 1, 2, 3, 7, 40)) if not self.known[number][1] else r.choice((1, 2))
            data = self.records(number, count)
            if data and (not out or len(out) + len(data) < 8000):
                out += self.a_set(number, data)
                n += count
        # A message of a few octets is not found by content.
        if out and r.random() < 0.01 or len(out) < 8:
            out += self.a_set(r.randrange(4, 256), self.r.randbytes(8))
        return out, n


class Nine(Templated):
    is_ipfix = False

    def message(self):
        body, n = self.body()
        head = struct.pack(">HHIIII", 9, n, self.uptime(), self.seconds(), self.sequence % 2**32, self.domain)
        self.sequence += 1
        return head + body


class Ipfix(Templated):
    is_ipfix = True

    def message(self):
        body, n = self.body()
        head = struct.pack(">HHIII", 10, 16 + len(body), self.seconds(), self.sequence % 2**32, self.domain)
        self.sequence += n
        return head + body


class Sflow(Exporter):
    """Version 5; samples of every kind that is read, and records of some that are not."""

    def message(self):
        samples = [self.sample() for _ in range(self.r.randrange(1, 6))]
        agent = u(1, 4) + b"\xc0\0\2\x63" if self.index % 2 else u(2, 4) + ipaddress.ip_address("2001:db8::99").packed
        head = u(5, 4) + agent + u(self.domain, 4) + u(self.sequence, 4) + u(self.uptime(), 4) + u(len(samples), 4)
        self.sequence += 1
        return head + b"".join(samples)

    def sample(self):
        r = self.r
        kind = r.choice((1, 1, 1, 3, 3, 2, 4, 5, 77))
        records = [self.record() for _ in range(r.randrange(1, 4))]
        rate = self.r.choice((0, 1, 100, 1000, 2**24, 2**24 + 1, 2**32 - 1))
        ports = [r.choice((0, 1, 3, 0x3FFFFFFF)) for _ in range(2)]
        forms = [r.choice((0, 0, 0, 1, 2)) for _ in range(2)]
        if kind == 1:
            head = [1, 3, rate, 1000, 0, forms[0] << 30 | ports[0], forms[1] << 30 | ports[1]]
        elif kind == 3:
            head = [1, 0, 3, rate, 1000, 0, forms[0], ports[0], forms[1], ports[1]]
        elif kind == 5:
            head = [1, 0, 3, 0, ports[0], ports[1], r.choice((0, 13, 256))]
        else:
            head = [1, 3] if kind == 2 else [1, 0, 3]
            records = [self.counters() for _ in range(r.randrange(1, 4))]
        body = b"".join(u(v, 4) for v in head + [len(records)]) + b"".join(records)
        return u(kind, 4) + u(len(body), 4) + body

    def a_record(self, format_, body):
        return u(format_, 4) + u(len(body), 4) + body

    def counters(self):
        format_, size = self.r.choice(((1, 88), (2, 52), (5, 28), (1001, 28), (1005, 12), (99, 8)))
        body = u(5, 4) + b"eth0\0\0\0\0" if format_ == 1005 else self.r.randbytes(size)
        return self.a_record(format_, body)

    def record(self):
        r = self.r
        ip4, ip6 = u(1, 4) + self.ip(4), u(2, 4) + self.ip(16)
        sampled = u(1500, 4) + u(r.choice((6, 17, 1)), 4)
        tail = u(r.randrange(65536), 4) + u(443, 4) + u(r.randrange(256), 4) + u(r.randrange(256), 4)
        return self.a_record(*r.choice((
            (1, self.header()), (1, self.header()), (1, self.header()), (2, u(64, 4) + r.randbytes(20)),
            (3, sampled + self.ip(4) + self.ip(4) + tail), (4, sampled + self.ip(16) + self.ip(16) + tail),
            (1001, u(10, 4) + u(0, 4) + u(20, 4) + u(0, 4)), (1002, ip4 + u(24, 4) + u(16, 4)),
            (1003, ip6 + u(65001, 4) + u(1, 4) + u(2, 4) + u(1, 4) + u(2, 4) + u(2, 4) + u(7, 4) + u(8, 4) + u(0, 4) + u(100, 4)),
            (1006, ip4 + u(1, 4) + u(0x12345, 4) + u(0, 4)), (1007, ip4 + ip4), (1012, u(1, 4) + u(0x81000064, 4)),
            (4 << 12 | 5, r.randbytes(12)))))

    def header(self):
        r, six, udp = self.r, self.r.random() < 0.4, self.r.random() < 0.5
        data = r.randrange(40, 1400)
        src, dst = (self.ip(16), self.ip(16)) if six else (self.ip(4), self.ip(4))
        length = (8 if udp else 20) + data
        ports = u(r.randrange(65536), 2) + u(r.choice((53, 80, 443)), 2)
        l4 = ports + u(length, 2) + bytes(2) if udp else ports + bytes(8) + b"\x50" + u(r.randrange(256), 1) + bytes(6)
        tos = r.choice((0, 0xB8))
        if six:
            ip = u(6 << 28 | tos << 20, 4) + u(length, 2) + u(17 if udp else 6, 1) + b"\x40" + src + dst
        else:
            ip = b"\x45" + u(tos, 1) + u(20 + length, 2) + bytes(4) + b"\x40" + u(17 if udp else 6, 1) + bytes(2) + src + dst
        protocol, link = 12 if six else 11, b""
        if r.random() < 0.8:
            protocol = 1
            link = b"\2\0\0\0\0\1\2\0\0\0\0\2" + r.choice((b"", b"\x81\0\0\x64")) + (b"\x86\xdd" if six else b"\x08\0")
        frame = link + ip + l4 + bytes(data)
        cut = min(len(frame), r.choice((80, 128, 101)))
        stripped = r.choice((0, 4))
        return u(protocol, 4) + u(len(frame) + stripped, 4) + u(stripped, 4) + u(cut, 4) + frame[:cut] + bytes(-cut % 4)


# ---- A capture of them ------------------------------------------------------------------------------------

def frame(addr, payload):
    udp = struct.pack(">HHHH", 50000, PORT, 8 + len(payload), 0) + payload
    src = ipaddress.ip_address(addr)
    if src.version == 6:
        ip = struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + src.packed + ipaddress.ip_address("2001:db8::ffff").packed
    else:
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + src.packed + bytes([192, 0, 2, 200])
    return bytes.fromhex("020000000001020000000002") + (b"\x86\xdd" if src.version == 6 else b"\x08\0") + ip + udp


def write(path, datagrams):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for when, addr, payload in datagrams:
            data = frame(addr, payload)
            out.write(struct.pack("<IIII", when // SECOND, when % SECOND, len(data), len(data)) + data)


if __name__ == "__main__":
    write(sys.argv[3], World(int(sys.argv[1]), "damage" in sys.argv[4:]).run(int(sys.argv[2])))
