"""slow_decoder.py - reads exports of flows slowly, by the RFCs, to compare Weir with.

NetFlow v1, v5, v7, v9 (RFC 3954) and IPFIX (RFC 7011, 5103); slow_sflow.py adds sFlow v5. It shares no
code with Weir: only the tables of elements, and of the elements that fill columns, are read from the
tree. For each data record it tells the pairs of the line that `weir read --records -o json` prints, and
for all of them the sums of equation L4. docs/collecting.md says the rules in words.
"""
import collections
import json
import os
import re
import struct

from slow_frame import address

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODEC = os.path.join(ROOT, "src", "codec")
MS, SECOND = 10**6, 10**9
DAY, MINUTE = 86400 * SECOND, 60 * SECOND
REVERSE, NTOP = 29305, 35632
V9, IPFIX = "NetFlow v9", "IPFIX"
NUMBERS = {"U8", "U16", "U32", "U64", "I8", "I16", "I32", "I64", "SECONDS", "MILLISECONDS", "MICROSECONDS",
           "NANOSECONDS"}
SCOPES = {1: "SCOPE_SYSTEM", 2: "SCOPE_INTERFACE", 3: "SCOPE_LINE_CARD", 4: "SCOPE_CACHE", 5: "SCOPE_TEMPLATE"}

Element = collections.namedtuple("Element", "octets type name key")
Field = collections.namedtuple("Field", "pen id octets scope")
# What a column shows already, and so is not told a second time under its element.
SHOWN = {"L4_SRC_PORT", "L4_DST_PORT", "PROTOCOL", "IN_BYTES", "IN_PKTS", "OUT_BYTES", "OUT_PKTS",
         "SAMPLING_INTERVAL", "TCP_FLAGS", "SRC_TOS", "INPUT_SNMP", "OUTPUT_SNMP"}
ADDRESSES = {"IPV4_SRC_ADDR", "IPV4_DST_ADDR", "IPV6_SRC_ADDR", "IPV6_DST_ADDR"}


def load_elements():
    rows = {}
    pattern = re.compile(r'^ELEMENT\((\d+), (\d+), (\d+), (\w+), "([^"]*)", "([^"]*)"\)', re.M)
    for name in ("elements.def", "elements_vendor.def"):
        with open(os.path.join(CODEC, name), encoding="utf-8") as file:
            for pen, number, octets, kind, title, key in pattern.findall(file.read()):
                rows[int(pen), int(number)] = Element(int(octets), kind, title, key)
    return rows


def load_columns():
    """Elements that are copied, and must therefore have a width that can be: those of columns.def, the
    counters, and what tells sampling, the start of the exporter and pieces of packets."""
    with open(os.path.join(CODEC, "columns.def"), encoding="utf-8") as file:
        rows = {(int(p), int(i)) for p, i in re.findall(r"^COLUMN\((\d+), (\d+),", file.read(), re.M)}
    for delta, total in COUNTERS:
        rows |= {(0, delta[0]), (0, delta[1]), total[0], total[1]}
    return rows | {(0, i) for i in (34, 48, 50, 104, 130, 131, 160, 161, 162, 302, 305, 306, 309, 310, 311, 312, 313, 315)}


# Rule C27: of the families of counters the first that a template has; (octets, packets) and those of
# the way back.
COUNTERS = [((1, 2), ((REVERSE, 1), (REVERSE, 2))),
            ((231, 298), ((0, 232), (0, 299))),
            ((85, 86), ((REVERSE, 85), (REVERSE, 86))),
            ((23, 24), ((REVERSE, 23), (REVERSE, 24))),
            ((352, 2), ((REVERSE, 352), (REVERSE, 2))),
            ((353, 86), ((REVERSE, 353), (REVERSE, 86)))]
TOTALS = {(85, 86), (353, 86)}
# Times, the coarsest first: of those that are not zero the finest holds.
TIMES = [(322, 322, "seconds"), (323, 323, "milliseconds"), (324, 324, "ntp"), (325, 325, "ntp"),
         (22, 21, "uptime"), (150, 151, "seconds"), (158, 159, "ago"), (152, 153, "milliseconds"),
         (154, 155, "ntp"), (156, 157, "ntp")]


def number(octets):
    return int.from_bytes(octets[:8], "big")


def saturated(value, bits):
    return min(value, (1 << bits) - 1)


def width_fits(element, octets):
    if octets in (0, 65535) or element.type in ("OCTETS", "TEXT", "LIST"):
        return True
    exact = {"MAC": (6,), "IPV4": (4,), "IPV6": (16,), "BOOL": (1,), "F32": (4, 8), "F64": (4, 8)}
    return octets in exact[element.type] if element.type in exact else octets <= 8


class Template:
    def __init__(self, number_, fields, is_options):
        self.id, self.fields, self.is_options = number_, fields, is_options
        self.is_variable = any(f.octets == 65535 for f in fields)
        self.min_len = sum(1 if f.octets == 65535 else f.octets for f in fields)
        self.out_same = self.out_other = 0
        self.here = {(f.pen, f.id) for f in fields if not f.scope and f.octets}

    def states(self, number_):
        return any(f.pen == 0 and f.id == number_ and not f.scope for f in self.fields)

    def has(self, pen, *ids):
        return any((pen, i) in self.here for i in ids)


class Exporter:
    def __init__(self, addr, domain, kind):
        self.addr, self.domain, self.kind = addr, domain, kind
        self.templates, self.parked, self.refused = {}, [], set()
        self.recent = collections.deque(maxlen=16)
        self.next_sequence = self.uptime = self.restarted = self.boot = None
        self.uptime_exported = 0
        self.lost = self.reordered = self.duplicate = self.restarts = 0
        self.rate = None  # for the whole exporter
        self.samplers = {}


class Message:
    def __init__(self, received, exporter, exported, uptime=None, rate=0):
        self.received, self.x, self.exported = received, exporter, exported
        self.uptime, self.rate = uptime, rate
        self.units, self.is_unknown = 0, False


class Decoder:
    """take() one datagram after the other, finish() at the end."""

    def __init__(self):
        self.elements, self.columns = load_elements(), load_columns()
        self.exporters, self.counts, self.rows = {}, collections.Counter(), []

    def take(self, received, sender, data):
        """The pairs of every line that this datagram brings, in some order."""
        self.rows = []
        version = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else None
        if version == 0:
            self.sflow(received, sender, data)
        elif version in FIXED:
            self.fixed(received, sender, data, version)
        elif version == 9:
            self.netflow9(received, sender, data)
        elif version == 10:
            self.ipfix(received, sender, data)
        else:
            self.counts["malformed"] += 1
        return self.rows

    def finish(self):
        for x in self.exporters.values():
            self.counts["no_template"] += len(x.parked)
            x.parked = []

    def know(self, addr, domain, kind, received):
        x = self.exporters.setdefault((addr, domain, kind), Exporter(addr, domain, kind))
        late = [p for p in x.parked if p[0].received < received - 60 * SECOND]
        self.counts["no_template"] += len(late)
        x.parked = x.parked[len(late):]
        return x

    # ---- Sequence numbers and uptimes ----------------------------------------------------------------

    def begin(self, m, sequence, data):
        """False when the datagram came a second time."""
        x = m.x
        if (sequence, data) in x.recent:
            x.duplicate += 1
            return False
        x.recent.append((sequence, data))
        restarted = m.uptime is not None and self.has_restarted(m)
        if x.next_sequence is not None:
            ahead = signed(sequence - x.next_sequence)
            restarted = restarted or ahead < -3000 or ahead > 1 << 24
        if restarted:
            x.restarts += 1
            x.next_sequence = None
            if x.restarted is None or m.received - x.restarted > 10 * SECOND:
                self.counts["no_template"] += len(x.parked)
                x.templates, x.parked = {}, []
            x.restarted = m.received
        return True

    @staticmethod
    def has_restarted(m):
        """The uptime fell, and neither because it wrapped nor because the datagram is a late one."""
        x = m.x
        fell = x.uptime is not None and m.uptime < x.uptime
        passed = m.exported - x.uptime_exported
        wrapped = fell and abs((m.uptime - x.uptime) % 2**32 * MS - passed) < 60 * SECOND
        # What is late was sent before: its time went back as far. sFlow has no time of its own.
        before = passed <= (60 * SECOND if x.kind == "sFlow v5" else 0)
        late = fell and before and abs((x.uptime - m.uptime) * MS + passed) < 60 * SECOND
        if not late:
            x.uptime, x.uptime_exported = m.uptime, m.exported
        return fell and not wrapped and not late

    @staticmethod
    def end(m, sequence, units, is_unknown=False):
        x = m.x
        ahead = signed(sequence - x.next_sequence) if x.next_sequence is not None else 0
        if ahead < 0:
            x.reordered += 1
            x.lost -= min(x.lost, units)
            return
        x.lost += ahead
        x.next_sequence = None if is_unknown else (sequence + units) % 2**32

    # ---- The formats ---------------------------------------------------------------------------------

    def fixed(self, received, sender, data, version):
        head, fields = FIXED[version]
        if len(data) < head:
            self.counts["malformed"] += 1
            return
        count, uptime, seconds, nano = struct.unpack(">HIII", data[2:16])
        domain = struct.unpack(">H", data[20:22])[0] if version == 5 else 0
        rate = struct.unpack(">H", data[22:24])[0] & 0x3FFF if version == 5 else 0
        m = Message(received, self.know(sender, domain, version, received), seconds * SECOND + nano % 10**9, uptime,
                    rate)
        sequence = struct.unpack(">I", data[16:20])[0] if version != 1 else None
        if sequence is not None and not self.begin(m, sequence, data):
            self.counts["duplicate"] += count
            return
        t = Template(version, fields, False)
        there = min(count, (len(data) - head) // t.min_len)
        self.records(m, t, data[head:head + there * t.min_len])
        self.counts["malformed"] += count - there
        if sequence is not None:
            self.end(m, sequence, count)

    def netflow9(self, received, sender, data):
        if len(data) < 20:
            self.counts["malformed"] += 1
            return
        _, uptime, seconds, sequence, domain = struct.unpack(">HIIII", data[2:20])
        m = Message(received, self.know(sender, domain, V9, received), seconds * SECOND, uptime)
        if not self.begin(m, sequence, data):
            self.counts["duplicate"] += 1
            return
        self.sets(m, data[20:])
        self.end(m, sequence, 1)

    def ipfix(self, received, sender, data):
        if len(data) < 16:
            self.counts["malformed"] += 1
            return
        length, seconds, sequence, domain = struct.unpack(">HIII", data[2:16])
        m = Message(received, self.know(sender, domain, IPFIX, received), seconds * SECOND)
        if length < 16:
            self.counts["malformed"] += 1
        elif not self.begin(m, sequence, data):
            self.counts["duplicate"] += 1
        else:
            self.sets(m, data[16:length])
            self.end(m, sequence, m.units, m.is_unknown)

    def sets(self, m, body):
        """Layouts and options first, then the data; before a layout goes, what needs it is read."""
        x, waiting = m.x, []
        first = 2 if x.kind == IPFIX else 0
        while body:
            number_, length = struct.unpack(">HH", body[:4]) if len(body) >= 4 else (0, 0)
            if length < 4 or length > len(body):
                self.counts["malformed"] += any(body)
                break
            data, body = body[4:length], body[length:]
            if number_ in (first, first + 1):
                self.layouts(m, data, number_, number_ == first + 1, waiting)
            elif number_ >= 256:
                t = x.templates.get(number_)
                if t and t.is_options:
                    self.options(m, t, data)
                else:
                    waiting.append((number_, data))
        self.flush(m, waiting)

    def flush(self, m, waiting):
        for number_, data in waiting:
            t = m.x.templates.get(number_)
            if not t:
                m.is_unknown = True
                if number_ in m.x.refused:
                    self.counts["no_template"] += 1
                else:
                    m.x.parked.append((m, number_, data))
            elif not t.is_options:
                self.records(m, t, data)
        waiting.clear()

    def layouts(self, m, data, set_number, is_options, waiting):
        x = m.x
        while len(data) >= 4:
            number_, n = struct.unpack(">HH", data[:4])
            data = data[4:]
            if x.kind == IPFIX and n == 0:
                if number_ < 256 and number_ != set_number:
                    return
                self.flush(m, waiting)
                gone = [i for i, t in x.templates.items()
                        if i == number_ or (number_ == set_number and t.is_options == is_options)]
                for i in gone:
                    del x.templates[i]
                continue
            if number_ < 256:
                return
            scopes = 0
            if is_options:
                word = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else None
                data = data[2:]
                if word is not None and x.kind == IPFIX:
                    scopes = word
                elif word is not None:
                    scopes, n = n // 4, n // 4 + word // 4
                if word is None:
                    n, data = 1, b""
            fields, data = self.fields(x.kind, n, scopes, data)
            if fields is None or scopes > n:
                self.refuse(m, number_, waiting)
            else:
                self.learn(m, Template(number_, fields, is_options), waiting)
            if fields is None:
                return

    @staticmethod
    def fields(kind, n, scopes, data):
        """None when the set ends before the last of them."""
        fields = []
        for i in range(n):
            if len(data) < 4:
                return None, b""
            number_, octets = struct.unpack(">HH", data[:4])
            pen, data = 0, data[4:]
            if kind == IPFIX and number_ & 0x8000:
                if len(data) < 4:
                    return None, b""
                number_, pen, data = number_ & 0x7FFF, struct.unpack(">I", data[:4])[0], data[4:]
            elif kind == V9 and i >= scopes and 57472 <= number_ < 57472 + 1024:
                number_, pen = number_ - 57472, NTOP
            fields.append(Field(pen, number_, octets, i < scopes))
        return fields, data

    def refuse(self, m, number_, waiting):
        """A bad layout voids the good one that had its number (rule B08), and what waits for one."""
        self.flush(m, waiting)
        m.x.templates.pop(number_, None)
        m.x.refused.add(number_)
        self.counts["no_template"] += sum(p[1] == number_ for p in m.x.parked)
        m.x.parked = [p for p in m.x.parked if p[1] != number_]

    def element(self, pen, number_):
        return self.elements.get((0 if pen == REVERSE else pen, number_))

    def learn(self, m, t, waiting):
        x = m.x
        for f in t.fields:
            e = self.element(f.pen, f.id)
            if not f.scope and e and (f.pen, f.id) in self.columns and not width_fits(e, f.octets):
                return self.refuse(m, t.id, waiting)
        if not t.min_len or len(t.fields) > 512:
            return self.refuse(m, t.id, waiting)
        old = x.templates.get(t.id)
        if old and (old.fields, old.is_options) == (t.fields, t.is_options):
            return None
        if old:
            self.flush(m, waiting)
        x.templates[t.id] = t
        x.refused.discard(t.id)
        if t.is_options:
            for entry in [w for w in waiting if w[0] == t.id]:
                waiting.remove(entry)
                self.options(m, t, entry[1])
        ready = [p for p in x.parked if p[1] == t.id]
        x.parked = [p for p in x.parked if p[1] != t.id]
        for then, _, data in ready:
            if t.is_options:
                self.options(then, t, data)
            else:
                self.records(then, t, data)
        return None

    # ---- Records -------------------------------------------------------------------------------------

    def split(self, t, data):
        """Each record as (field, its octets) pairs; None for one that is cut. What is left is padding."""
        while len(data) >= t.min_len:
            record, at = [], 0
            for f in t.fields:
                n = f.octets
                if n == 65535:
                    n = data[at] if at < len(data) else len(data) + 1
                    at += 1
                    if n == 255:
                        n = struct.unpack(">H", data[at:at + 2])[0] if at + 2 <= len(data) else len(data) + 1
                        at += 2
                if at + n > len(data):
                    yield None
                    return
                record.append((f, data[at:at + n]))
                at += n
            yield record
            data = data[at:]

    def records(self, m, t, data):
        some = []
        for record in self.split(t, data):
            if record is None:
                self.counts["malformed"] += 1
                break
            some.append(record)
        self.counts["accepted"] += len(some)
        m.units += len(some)
        for i in range(0, len(some), 32):
            leaves = self.leaves_as_it_came(m, t, some[i:i + 32])
            for record in some[i:i + 32]:
                self.row(m, t, record, leaves)

    @staticmethod
    def leaves_as_it_came(m, t, records):
        """OUT_BYTES of NetFlow v9 that are mostly IN_BYTES once more are no way back. It is judged by up
        to 32 records of a set at a time, with all before."""
        ntop = any(f.pen == NTOP for f in t.fields)
        if m.x.kind != V9 or ntop or not t.has(0, 1) or not t.has(0, 23):
            return False
        for record in records:
            n = {f.id: number(v) for f, v in record if f.pen == 0 and not f.scope and len(v) <= 8}
            if n.get(1) and n.get(23):
                same = n[1] == n[23] and n.get(2, 0) == n.get(24, 0)
                t.out_same, t.out_other = t.out_same + same, t.out_other + (not same)
        return t.out_same > 0 and t.out_other <= t.out_same

    def options(self, m, t, data):
        for record in self.split(t, data):
            if record is None:
                return
            self.counts["options"] += 1
            m.units += 1
            self.learn_options(m.x, record)
            pairs = self.head(m.x) + [("RECORD_KIND", "options")]
            self.rows.append(pairs + self.raw(m.x, record, set()))

    def learn_options(self, x, record):
        told = {f.id: v for f, v in record if f.pen == 0 and not (f.scope and x.kind == V9)}
        if 0 < number(told.get(160, b"")) < (2**63 - 1) // MS:
            x.boot = number(told[160]) * MS
        rate = told_rate(told)
        if rate is None or not 1 <= rate <= 1 << 24:
            return
        # The last of the two in the record names the sampler.
        names = [number(v) for f, v in record if f.pen == 0 and f.id in (48, 302) and not (f.scope and x.kind == V9)]
        if names:
            x.samplers[names[-1]] = rate
        else:
            x.rate = rate

    @staticmethod
    def head(x, told=None):
        addr = told or x.addr
        pairs = [("EXPORTER_IPV6_ADDRESS" if ":" in addr else "EXPORTER_IPV4_ADDRESS", addr)]
        return pairs + ([("OBSERVATION_DOMAIN_ID", x.domain)] if x.domain else [])

    def row(self, m, t, record, leaves=False):
        # A number of more than eight octets is none.
        value = {(f.pen, f.id): v for f, v in record if 0 < len(v) <= 8 and not f.scope}
        src, dst = endpoint(record, 8, 27), endpoint(record, 12, 28)
        four, six = t.has(0, 8, 12), t.has(0, 27, 28)
        version = 4 if four and not six else 6 if six and not four else 0
        if four and six and (src, dst) != (None, None):
            version = 6 if any(a and ":" in a for a in (src or "::", dst or "::")) else 4
        kind = kind_of(t)
        if kind == "sample" and not any(f.pen == 0 and f.id in (104, 313, 315) and v and not f.scope for f, v in record):
            kind = "flow" if is_flow(t) else "message"  # an empty piece is no packet
        pairs = self.head(m.x, told_exporter(record)) + ([("RECORD_KIND", kind)] if kind in ("event", "message") else [])
        shown = set()
        if version:
            six = version == 6
            pairs += [("IPV6_SRC_ADDR" if six else "IPV4_SRC_ADDR", src or "::"),
                      ("IPV6_DST_ADDR" if six else "IPV4_DST_ADDR", dst or "::"),
                      ("L4_SRC_PORT", column(value, 7, 16)), ("L4_DST_PORT", column(value, 11, 16)),
                      ("PROTOCOL", column(value, 4, 8))]
            shown |= {"L4_SRC_PORT", "L4_DST_PORT", "PROTOCOL"} | {p[0] for p in pairs} & ADDRESSES
        if kind != "message":
            counters = self.counted(m.x.kind, t, value)
            counters = [c for c in counters if not leaves or c[0][:4] != "OUT_"]
            pairs += counters
            first, last = self.times(m, value)
            pairs += [("FIRST_MILLISECONDS", first // MS), ("LAST_MILLISECONDS", last // MS)]
            flags = value.get((NTOP, 78)) or value.get((0, 6)) or b"\0"
            for key, v in (("TCP_FLAGS", flags[-1]), ("SRC_TOS", column(value, 5, 8)),
                           ("INPUT_SNMP", column(value, 10, 32)), ("OUTPUT_SNMP", column(value, 14, 32))):
                pairs += [(key, v)] if v else []
            rate, source = self.sampling(m, value)
            pairs += [("SAMPLING_INTERVAL", rate), ("SAMPLING_SOURCE", source)]
            shown |= SHOWN - {"L4_SRC_PORT", "L4_DST_PORT", "PROTOCOL", "OUT_BYTES", "OUT_PKTS"}
            shown |= {p[0] for p in counters}
        self.rows.append(pairs + self.raw(m.x, record, shown))

    @staticmethod
    def counted(format_, t, value):
        """Octets by the first family that is there, packets by the first that goes with them: totals
        beside deltas would count again and again. Names are given to what has elements 1 and 2."""
        ntop = any(f.pen == NTOP for f in t.fields)
        out_is_back = (format_ != IPFIX or ntop) and t.has(0, 1) and t.has(0, 23) and not t.has(REVERSE, 1)
        counted, families = [], [((1, 2), ((0, 23), (0, 24)))] + COUNTERS[1:] if out_is_back else COUNTERS
        for i in (0, 1):
            there = [f for f in families if t.has(0, f[0][i]) or f[1][i] in t.here]
            if i and counted[0]:
                there = [f for f in there if (f[0] in TOTALS) == (counted[0][0] in TOTALS)]
            counted.append(there[0] if there else None)
        two = any(f and f[1][i] in t.here for i, f in enumerate(counted))
        pairs = []
        for way, names in enumerate((("IN_BYTES", "IN_PKTS"), ("OUT_BYTES", "OUT_PKTS"))):
            for i, name in enumerate(names):
                f = counted[i]
                of = None if not f else f[1][i] if way else (0, f[0][i])
                if t.states(1 + i) and (two or not way):
                    pairs.append((name, number(value.get(of, b""))))
        return pairs

    def times(self, m, value):
        found = [None, None]
        boot = number(value[0, 160]) * MS if number(value.get((0, 160), b"")) else m.x.boot
        # In IPFIX the stamps of an uptime help only where nothing else tells the time.
        for first, last, unit in sorted(TIMES, key=lambda t: m.uptime is None and t[2] != "uptime"):
            for i, number_ in ((0, first), (1, last)):
                v = value.get((0, number_))
                when = moment(m, unit, v, boot) if v else None
                found[i] = found[i] if when is None else when
        first, last = found
        if first is None and last is None:
            first = last = m.exported or m.received
        lasted = [number(v) * unit for (pen, i), v in value.items() if pen == 0
                  for number_, unit in ((161, MS), (162, 1000)) if i == number_]
        if lasted and lasted[-1]:
            # One that ends behind all calendars says nothing.
            last = first + lasted[-1] * (first + lasted[-1] < 2**63 - 1) if last is None else last
            first = max(last - lasted[-1], 0) or last if first is None else first
        return self.possible(m, last if first is None else first, first if last is None else last)

    @staticmethod
    def possible(m, first, last):
        """Rule B09. Where the exporter's clock is off as far, its times move with it."""
        low, high = m.received - DAY, m.received + 5 * MINUTE
        is_off = m.exported and not low <= m.exported <= high
        if is_off and not (low <= first <= high and low <= last <= high):
            first, last = (t + m.received - m.exported for t in (first, last))
        first, last = min(max(first, low), high), min(max(last, low), high)
        return first, max(first, last)

    @staticmethod
    def sampling(m, value):
        x = m.x
        by = value.get((0, 302)) or value.get((0, 48))
        if by and number(by) in x.samplers:
            return sampled(x.samplers[number(by)], "options")
        own = told_rate({i: v for (pen, i), v in value.items() if pen == 0})
        if own and own <= 1 << 24:
            return sampled(own, "record")
        if m.rate:
            return sampled(m.rate, "header")
        if x.rate:
            return sampled(x.rate, "options")
        # Samplers that agree mean all that the exporter sends.
        rates = set(x.samplers.values())
        return sampled(rates.pop(), "options") if len(rates) == 1 else (1, "none")

    # ---- What is shown under the names of elements ---------------------------------------------------

    def raw(self, x, record, shown):
        pairs = []
        back = [any((f.pen, f.id) == (REVERSE, i) and not f.scope for f, _ in record) for i in (1, 2)]
        for f, v in record:
            e = self.element(f.pen, f.id)
            key = (e.key or e.name) if e else "%d.%d" % (f.pen, f.id) if f.pen else str(f.id)
            if f.scope and x.kind == V9 and f.id in SCOPES:
                key, e = SCOPES[f.id], Element(4, "U32", "", "")
            elif f.pen == REVERSE and e:
                key = "REVERSE_" + key
            elif key in shown or (key in ADDRESSES and shown & ADDRESSES and not any(v)):
                # The column has said it, or what is called OUT_ without being the way back.
                if key not in ("OUT_BYTES", "OUT_PKTS") or not back[key == "OUT_PKTS"]:
                    continue
                key = e.name
            elif key in ADDRESSES and shown & ADDRESSES:
                key = e.name  # of the other version than the columns
            pairs.append((key, shown_value(e, v)))
        return pairs

    def sflow(self, received, sender, data):
        """slow_sflow.py reads them."""
        raise NotImplementedError()


FIXED = {
    1: (16, [Field(0, i, n, False) for i, n in (
        (8, 4), (12, 4), (15, 4), (10, 2), (14, 2), (2, 4), (1, 4), (22, 4), (21, 4), (7, 2), (11, 2), (210, 2), (4, 1),
        (5, 1), (6, 1), (210, 7))]),
    5: (24, [Field(0, i, n, False) for i, n in (
        (8, 4), (12, 4), (15, 4), (10, 2), (14, 2), (2, 4), (1, 4), (22, 4), (21, 4), (7, 2), (11, 2), (210, 1), (6, 1),
        (4, 1), (5, 1), (16, 2), (17, 2), (9, 1), (13, 1), (210, 2))]),
}
FIXED[7] = (24, FIXED[5][1] + [Field(0, 43, 4, False)])


def signed(value):
    value %= 2**32
    return value - 2**32 if value >= 2**31 else value


def column(value, number_, bits):
    return saturated(number(value.get((0, number_), b"")), bits)


def endpoint(record, four, six):
    """The first that is not zero; zero when one was sent, None when none was."""
    told = None
    for f, v in record:
        if f.pen == 0 and not f.scope and (f.id, len(v)) in ((four, 4), (six, 16)):
            if told in (None, "::") or told == "0.0.0.0" and any(v):
                told = address(v)
    return told


def told_exporter(record):
    """Whom a mediator (RFC 6183) names as the exporter of this record."""
    told = [v for f, v in record if f.pen == 0 and not f.scope and f.id in (130, 131) and len(v) in (4, 16) and any(v)]
    return address(told[-1]) if told else None


def kind_of(t):
    if t.has(0, 233, 40005) or any(f.pen == 0 and f.id == 230 and not f.scope for f in t.fields):
        return "event"
    if t.has(0, 104, 313, 315):
        return "sample"
    return "flow" if is_flow(t) else "message"


def is_flow(t):
    counters = any(t.has(0, *forth) or back[0] in t.here or back[1] in t.here for forth, back in COUNTERS)
    return counters or t.has(0, 8, 12, 27, 28)


def told_rate(told):
    """Of elements and their octets; None when nothing is told of a rate."""
    n = {i: number(v) for i, v in told.items()}
    if n.get(305):
        return (n[305] + n.get(306, 0)) // n[305]
    if n.get(309) and n.get(310):
        return n[310] // n[309]
    share = real(told.get(311, b"")) if len(told.get(311, b"")) in (4, 8) else 0
    if share > 0:
        return int(min(1 / share + 0.5, 2**32)) if share <= 1 else 0
    plain = [v for i, v in n.items() if i in (34, 50)]
    return plain[-1] if plain else None


def real(octets):
    return struct.unpack(">f" if len(octets) == 4 else ">d", octets)[0]


def sampled(rate, source):
    return (rate, "none" if rate == 1 else source)


def moment(m, unit, octets, boot):
    """Nanoseconds since 1970; None when nothing is told."""
    v = number(octets)
    if unit == "uptime":
        if m.uptime is not None:
            return m.exported - signed(m.uptime - v) * MS
        if not boot or boot > m.exported + 5 * MINUTE:
            return None
        # A stamp has 32 bits: the one that is nearest to the message.
        age = signed((m.exported - boot) // MS - v)
        return boot + ((m.exported - boot) // MS - age) * MS
    if unit == "ago":
        return m.exported - min(v, 2**32 - 1) * 1000
    if not v:
        return None
    if unit == "ntp":
        return ((v >> 32) - 2208988800) * SECOND + ((v & 0xFFFFFFFF) * SECOND >> 32)
    return v * (SECOND if unit == "seconds" else MS)


def shown_value(e, v):
    kind = e.type if e else "OCTETS"
    if kind == "TEXT":
        return v.split(b"\0")[0].decode("utf-8", "replace")
    if kind in ("IPV4", "IPV6") and len(v) in (4, 16):
        return address(v)
    if kind == "MAC" and len(v) == 6:
        return ":".join("%02x" % b for b in v)
    if kind in ("F32", "F64") and len(v) in (4, 8):
        r = real(v)
        return json.loads("%.*g" % (9 if len(v) == 4 else 17, r)) if r - r == 0 else None
    if kind[0] == "I" and kind in NUMBERS and 0 < len(v) <= 8:
        return int.from_bytes(v, "big", signed=True)
    if (kind in NUMBERS or kind == "BOOL") and 0 < len(v) <= 8:
        return int.from_bytes(v, "big")
    return v.hex()
