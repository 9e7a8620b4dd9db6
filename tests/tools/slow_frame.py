"""slow_frame.py - the columns of a sampled packet, for slow_decoder.py and slow_sflow.py.

Only plain frames are read here: Ethernet with tags, IPv4 or IPv6 without extensions, TCP, UDP. ANY stands
for the row of every other.
"""
import ipaddress
import struct

ANY = "a row of any content"


def address(octets):
    """As text; an IPv4 address inside an IPv6 one is shown as what it is."""
    if len(octets) == 4:
        return str(ipaddress.IPv4Address(octets))
    six = ipaddress.IPv6Address(octets)
    return str(six.ipv4_mapped or six)


def read_frame(protocol, octets, wire):
    """The columns of a plain frame; None for all others."""
    if protocol == 1:
        at, kind = 14, octets[12:14]
        while kind == b"\x81\0":
            at, kind = at + 4, octets[at + 2:at + 4]
        if kind not in (b"\x08\0", b"\x86\xdd"):
            return None
        if (kind == b"\x86\xdd") != (octets[at:at + 1][:1] >= b"\x60"):
            return None
    else:
        at = 0
    ip = octets[at:]
    if len(ip) < 60 or ip[0] not in (0x45, 0x60):
        return None
    six = ip[0] == 0x60
    length = struct.unpack(">H", ip[4:6])[0] + 40 if six else struct.unpack(">H", ip[2:4])[0]
    proto, end = (ip[6], 40) if six else (ip[9], 20)
    is_fragment = not six and struct.unpack(">H", ip[6:8])[0] & 0x3FFF
    if proto not in (6, 17) or is_fragment or not 60 <= length <= wire - at:
        return None
    if proto == 6 and ip[end + 12:end + 13] != b"\x50" or proto == 17 and ip[end + 4:end + 6] != struct.pack(">H", length - end):
        return None
    ends = (ip[8:24], ip[24:40]) if six else (ip[12:16], ip[16:20])
    tos = (struct.unpack(">H", ip[:2])[0] >> 4 & 255) if six else ip[1]
    return {"bytes": length, "version": 6 if six else 4, "src": address(ends[0]), "dst": address(ends[1]),
            "proto": proto, "ports": struct.unpack(">HH", ip[end:end + 4]), "tos": tos,
            "flags": ip[end + 13] if proto == 6 else 0}
