"""boundary_elements.py - every element in every width with the values at the edges, as datagrams.

For compare_random.py. Each element of elements.def, and one of an enterprise and number that nobody knows,
is sent by IPFIX in 1 to 8, 9, 15, 16, 17, 32, 64 and 255 octets and with its length before it, with the
values 0, 1, the largest, the largest but one, the sign bit alone and all below it; those that NetFlow v9
can name by v9 as well. A layout is the addresses, the element and a number behind it, which shows whether
the field ended where it should. Widths that cannot be are refused, and what comes with them is lost.
"""
import struct

from random_exporters import ELEMENTS, START, VARIABLE, u
from slow_decoder import NTOP, SECOND

WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 32, 64, 255, VARIABLE)
UNKNOWN = [(0, 32000), (4294967295, 32767), (NTOP, 1023)]


def edges(octets):
    top = 1 << 8 * octets
    return sorted({0, 1, top - 1, top - 2, top >> 1, (top >> 1) - 1}) if octets else [0]


def values(width):
    """What is sent in one field; of variable length each octet count that a number may have."""
    if width != VARIABLE:
        return [u(v, width) for v in edges(width)]
    some = [u(n, 1) + u(v, n) for n in range(10) for v in edges(n)[-2:]]
    return some + [b"\xff" + u(4, 2) + u(7, 4), u(254, 1) + b"\x41" * 254, b"\xff" + u(255, 2) + b"\x42" * 255]


def message(key, width, is_ipfix, domain):
    pen, element = key
    number = element | 0x8000 if is_ipfix and pen else element + 57472 if pen == NTOP else element
    field = u(number, 2) + u(width, 2) + (u(pen, 4) if is_ipfix and pen else b"")
    layout = u(256, 2) + u(4, 2) + u(8, 2) + u(4, 2) + u(12, 2) + u(4, 2) + field + u(148, 2) + u(4, 2)
    data = b"".join(b"\x0a\0\0\1\x0a\0\0\2" + v + u(i + 1, 4) for i, v in enumerate(values(width)))
    sets = u(2 if is_ipfix else 0, 2) + u(4 + len(layout), 2) + layout + u(256, 2) + u(4 + len(data), 2) + data
    if is_ipfix:
        return struct.pack(">HHIII", 10, 16 + len(sets), START // SECOND, 0, domain) + sets
    return struct.pack(">HHIIII", 9, 1, 3600000, START // SECOND, 0, domain) + sets


def datagrams(part, parts):
    """Those of every parts-th element. Each message is of an observation domain of its own exporter."""
    out = []
    for n, key in enumerate((sorted(ELEMENTS) + UNKNOWN)[part::parts]):
        for width in WIDTHS:
            for is_ipfix in (True, False):
                if is_ipfix or (width != VARIABLE and key[0] in (0, NTOP) and key[1] < (32768 if not key[0] else 1024)):
                    # The sequence begins anew with each message: a restart, so that no layout stays.
                    addr = "192.0.2.%d" % (1 + n % 100)
                    out.append((START + len(out) * 10**6, addr, message(key, width, is_ipfix, WIDTHS.index(width))))
    return out
