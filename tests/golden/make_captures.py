#!/usr/bin/python3
"""make_captures.py [DIR] - writes the golden captures of the decoders.

One small file for each family of headers: together they hold every row of decoders.def, good, cut
and wrong, and every reason of reasons.def that a decoder can give. Nothing depends on the machine
or the moment, so a second run writes the same bytes. Needs Debian's python3-scapy.
"""
import os
import struct
import sys
from struct import pack

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, ICMPv6EchoRequest
from scapy.layers.sctp import SCTP
from scapy.layers.l2 import ARP
from scapy.packet import Raw

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "captures")
START = 1700000000
A, B = "192.0.2.1", "198.51.100.2"
A6, B6 = "2001:db8::1", "2001:db8:ffff::2"
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


class Cut:
    """A frame of which the capture kept fewer bytes than were on the wire, or claims so."""

    def __init__(self, frame, wire):
        self.frame, self.wire = frame, wire


def save(name, frames, link=1, step=0.01):
    """Writes one pcap file; frames are bytes or Cut."""
    with open(os.path.join(OUT, name + ".pcap"), "wb") as f:
        f.write(pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for i, frame in enumerate(frames):
            wire = frame.wire if isinstance(frame, Cut) else len(frame)
            data = frame.frame if isinstance(frame, Cut) else frame
            at = START + i * step
            f.write(pack("<IIII", int(at), int(round(at % 1 * 1e6)), len(data), wire) + data)


def eth(payload, kind=0x0800, dst=MAC_B, src=MAC_A):
    return dst + src + pack(">H", kind) + payload


def tag(vlan, payload, kind=0x0800):
    return pack(">HH", vlan, kind) + payload


# One conversation for each port number, so that a reader sees which packet it was.
def udp(port=4000, data=b"weir", dport=5000, **kw):
    return bytes(IP(src=A, dst=B, id=1, **kw) / UDP(sport=port, dport=dport) / Raw(data))


def udp6(port=4000, data=b"weir", dport=5000, **kw):
    return bytes(IPv6(src=A6, dst=B6, **kw) / UDP(sport=port, dport=dport) / Raw(data))


def inner(port, src="10.1.0.1", dst="10.2.0.2"):
    return bytes(IP(src=src, dst=dst, id=7) / UDP(sport=port, dport=6000) / Raw(b"inside"))


def inner6(port):
    return bytes(IPv6(src="fd00::1", dst="fd00::2") / UDP(sport=port, dport=6000) / Raw(b"inside"))


def outer(proto, payload, src="172.16.0.1", dst="172.16.0.2", **kw):
    return bytes(IP(src=src, dst=dst, id=9, proto=proto, **kw) / Raw(payload))


def outer6(nh, payload):
    return bytes(IPv6(src="fd99::1", dst="fd99::2", nh=nh) / Raw(payload))


def over_udp(port, payload, sport=50000):
    return bytes(IP(src="172.16.0.1", dst="172.16.0.2", id=9) / UDP(sport=sport, dport=port) / Raw(payload))


def snap(kind, payload, oui=0):
    return b"\xaa\xaa\x03" + pack(">I", oui)[1:] + pack(">H", kind) + payload


def patch(data, at, new):
    return data[:at] + new + data[at + len(new):]


def transports():
    options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
    def tcp(flags, seq, ack, data=b"", options=(), **kw):
        return eth(bytes(IP(src=A, dst=B, id=1, **kw) / TCP(sport=40000, dport=80, flags=flags, seq=seq, ack=ack,
                                                          options=list(options)) / Raw(data)))
    def back(flags, seq, ack, data=b"", options=()):
        return eth(bytes(IP(src=B, dst=A, id=1, ttl=57, tos=0x28) / TCP(
            sport=80, dport=40000, flags=flags, seq=seq, ack=ack, options=list(options)) / Raw(data)), dst=MAC_A, src=MAC_B)
    ask, answer = b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nweir"
    save("tcp", [tcp("S", 100, 0, options=options), back("SA", 500, 101, options=options), tcp("A", 101, 501),
                 tcp("PA", 101, 501, ask), back("PA", 501, 101 + len(ask), answer),
                 tcp("A", 101 + len(ask), 501 + len(answer)), tcp("FA", 101 + len(ask), 501 + len(answer)),
                 back("FA", 501 + len(answer), 102 + len(ask)), tcp("A", 102 + len(ask), 502 + len(answer)),
                 tcp("R", 102 + len(ask), 0)])
    dccp = pack(">HHBBHBBHI", 4003, 5000, 4, 0, 0, 1, 0, 0, 1) + b"data"
    save("transports", [
        eth(udp()), eth(udp6(), 0x86DD), eth(udp(data=b"")),
        eth(bytes(IP(src=A, dst=B, id=1) / ICMP(type=8, id=1, seq=1) / Raw(b"ping"))),
        eth(bytes(IP(src=B, dst=A, id=1) / ICMP(type=3, code=3) / Raw(udp(4001)))),
        eth(bytes(IPv6(src=A6, dst=B6) / ICMPv6EchoRequest(id=1, seq=1, data=b"ping")), 0x86DD),
        eth(bytes(IP(src=A, dst=B, id=1) / SCTP(sport=4002, dport=2905, tag=1) / Raw(b"\0\3\0\4"))),
        eth(outer(33, dccp)),
        eth(outer(136, pack(">HHHH", 4004, 5000, 8, 0) + b"lite")),
        eth(outer(2, b"\x16\0\x09\x04\xe0\0\0\x16")),
        eth(outer(50, b"\0\0\0\1\0\0\0\1" + b"\x5a" * 24)),
        eth(outer(51, b"\x06\x04\0\0\0\0\0\1\0\0\0\1" + b"\x5a" * 12 + bytes(TCP(sport=4005, dport=80)))),
        eth(outer(89, b"\2\1\0\x2c" + b"\0" * 40)), eth(outer(253, b"experiment")), eth(outer(6, b"")),
        eth(bytes(IP(src=A, dst=B, id=1, options=[]) / Raw(b""))),
    ])


def links():
    p, p6 = udp(), udp6()
    save("link_null", [b"\2\0\0\0" + p, b"\0\0\0\2" + p, b"\x1e\0\0\0" + p6, b"\x18\0\0\0" + p6, b"\0\0\0\x1c" + p6,
                       b"\x0f\0\x08\0" + p, b"\7\0\0\0" + p, b"\2\0"], 0)
    save("link_loop", [b"\0\0\0\2" + p, b"\0\0\0\x18" + p6, b"\0\0"], 108)
    save("link_token_ring", [b"\x10\x40" + MAC_B + MAC_A + snap(0x0800, p),
                             b"\x10\x40" + MAC_B + b"\x82" + MAC_A[1:] + b"\x06\0\0\x11\0\x20" + snap(0x0800, p),
                             b"\x10\x40" + MAC_B], 6)
    save("link_arcnet", [b"\1\2\xf0" + p, b"\1\2\xd4\0\0\1" + p, b"\1\2\xc4\0\0\1" + p6, b"\1\2\xd5\0\0\1" + bytes(28),
                         b"\1\2\xf1" + bytes(28), b"\1\2\xfa\0\0\1ipx", b"\1\2"], 7)
    save("link_arcnet_linux", [b"\1\2\0\0\xd4\0\0\1" + p, b"\1\2\0\0\xd4\xff\0\1\xff\xff\0\1" + p, b"\1\2\0"], 129)
    save("link_slip", [b"\0" * 16 + p, b"\1" + b"\0" * 5], 8)
    save("link_ppp", [b"\xff\x03\0\x21" + p, b"\0\x21" + p, b"\x21" + p, b"\xff\x03\0\x57" + p6,
                      b"\xff\x03\x02\x81" + pack(">I", 100 << 12 | 0x1ff) + p, b"\xff\x03\xc0\x21\1\1\0\4",
                      b"\xff\x03\0\x31\0\1" + eth(p), b"\xff\x03\0\x31\0\3", b"\xff\x03\0\x3d\x80\0\0\1\0\x21" + p,
                      b"\xff\x03\0\x3d\0\0\0\2rest", b"\xff\x03\0\x4b" + snap(0x0800, p), b"\x0f\0\x08\0" + p,
                      b"\xff\x03\x08\0" + p, b"\xff\x03\x86\xdd" + p6, b"\xff\x03\0", b"", b"\xff\x03\0\x3d\x80", b"\xff\x03\0\x31"], 9)
    save("link_ppp_hdlc", [b"\xff\x03\0\x21" + p, b"\x0f\0\x86\xdd" + p6, b"\xff"], 50)
    save("link_pppoe", [b"\x11\0\0\1" + pack(">H", len(p) + 2) + b"\0\x21" + p, b"\x11\0\0"], 51)
    save("link_fddi", [b"\x50" + MAC_B + MAC_A + snap(0x0800, p), b"\x50" + MAC_B], 10)
    for link in (12, 14, 101):
        save("link_raw_%d" % link, [p, p6, b"\xff\x03\0\x21" + p, b"\x10nonsense", b""], link)
    save("link_ipv4", [p, p6, p[:19]], 228)
    save("link_ipv6", [p6, p, p6[:39]], 229)
    save("link_llc", [snap(0x0800, p), b"\xfe\xfe\x03\x81" + b"osi", b"\xaa\xaa"], 100)
    save("link_clip", [p, snap(0x0800, p)], 106)
    save("link_chdlc", [b"\x0f\0\x08\0" + p, b"\x0f\0\x86\xdd" + p6, b"\x8f\0\x80\x35\0\0\0\2" + bytes(14),
                        b"\x0f\0\x88\x47" + pack(">I", 5 << 12 | 0x1ff) + p, b"\x0f\0\x08"], 104)
    save("link_chdlc_direction", [b"\0\x0f\0\x08\0" + p, b"\1"], 205)
    save("link_ppp_direction", [b"\1\xff\x03\0\x21" + p, b"\0"], 204)
    save("link_frame_relay", [b"\x18\x41\x03\xcc" + p, b"\x18\x41\x03\x8e" + p6, b"\x18\x41\x03\0\x80\0\0\0\x08\0" + p,
                              b"\x18\x41\x03\xcf\0\x21" + p, b"\x18\x41\x08\0" + p, b"\0\x01\x03\x08\0\x75\x95\1\1\0",
                              b"\x18\x41\x03\x81osi", b"\x18\x41", b"\x18"], 107)
    save("link_frame_relay_direction", [b"\1\x18\x41\x03\xcc" + p, b"\1\x18"], 206)
    save("link_enc", [pack("<III", 2, 1, 0) + p, pack(">III", 24, 1, 0) + p6, b"\2"], 109)
    sll = lambda kind, hw=1: pack(">HHH", 0, hw, 6) + MAC_A + b"\0\0" + pack(">H", kind)
    save("link_sll", [sll(0x0800) + p, sll(0x86DD) + p6, sll(0x8100) + tag(5, p), sll(4) + snap(0x0800, p),
                      sll(0x0806) + bytes(ARP(psrc=A, pdst=B, hwsrc="02:00:00:00:00:01", hwdst="00:00:00:00:00:00")),
                      sll(1) + b"ipx", sll(3) + eth(p), sll(7) + b"\0\x21" + p, sll(12) + b"can", sll(0x0800, 824) + b"netlink",
                      sll(0x0800, 778) + p, sll(0x0800)[:15]], 113)
    sll2 = lambda kind, hw=1: pack(">HHIHBB", kind, 0, 2, hw, 0, 6) + MAC_A + b"\0\0"
    save("link_sll2", [sll2(0x0800) + p, sll2(0x86DD) + p6, sll2(0x0800, 824) + b"netlink", sll2(0x0800)[:19]], 276)
    pflog = lambda af: bytes([61, af]) + bytes(59) + bytes(3)
    save("link_pflog", [pflog(2) + p, pflog(24) + p6, pflog(7) + b"apple", pflog(2)[:40]], 117)
    save("link_fibre_channel", [bytes(2) + MAC_B + bytes(2) + MAC_A + snap(0x0800, p), bytes(10)], 122)
    save("link_sun_atm", [b"\2\0\0\5" + snap(0x0800, p), b"\6\0\0\5signal", b"\2\0"], 123)
    save("link_firewire", [bytes(16) + b"\x08\0" + p, bytes(16)], 138)
    save("link_docsis", [b"\0\0" + pack(">H", len(eth(p))) + b"\0\0" + eth(p), b"\1\2\0\x40\0\0\0\0" + eth(p), b"\xc2\0\0\4\0\0mac", b"\0"], 143)
    pktap = pack("<III", 108, 1, 1) + bytes(96)
    for link in (149, 258):
        save("link_pktap_%d" % link, [pktap + eth(p), pack("<III", 108, 1, 12) + bytes(96) + p, pack("<III", 108, 2, 1) + bytes(96),
                                      pack("<III", 108, 1, link) + bytes(96), pktap[:50], pktap[:5]], link)
    juniper = b"MGC"
    save("link_juniper", [juniper + b"\0" + eth(p), juniper + b"\x80\0\4\1\2\3\4" + eth(p), juniper + b"\2\2\0\0\0" + p,
                          b"XXX\0" + eth(p), juniper], 178)
    save("link_ppi", [pack("<BBHI", 0, 0, 8, 1) + eth(p), pack("<BBHI", 0, 0, 12, 1) + bytes(4) + eth(p),
                      pack("<BBHI", 0, 0, 8, 192), pack("<BBHI", 0, 0, 4, 1), b"\0"], 192)
    erf = lambda kind, n: bytes(8) + bytes([kind, 4]) + pack(">HHH", n + 16, 0, n)
    save("link_erf", [erf(2, 50) + b"\0\0" + eth(p), erf(0x82, 50) + bytes(8) + b"\0\0" + eth(p), erf(1, 50) + b"\xff\x03\0\x21" + p,
                      erf(5, 4) + b"infi", erf(2, 50)[:9]], 197)
    save("link_mpls", [pack(">I", 16 << 12 | 0x1ff) + p, b"\0\1"], 219)
    save("link_ipnet", [pack(">BBHIIIII", 1, 2, 0, len(p), 1, 1, 0, 0) + p, pack(">BBHIIIII", 1, 26, 0, len(p6), 1, 1, 0, 0) + p6, b"\1\2"], 226)
    nflog = lambda af: pack("<BBH", af, 0, 0) + pack("<HH", 8, 1) + b"\x08\0\0\0" + pack("<HH", 7, 10) + b"log\0"
    save("link_nflog", [nflog(2) + pack("<HH", 4 + len(p), 9) + p, nflog(10) + pack("<HH", 4 + len(p6), 9) + p6,
                        nflog(7) + pack("<HH", 4 + len(eth(p)), 9) + eth(p), nflog(2), b"\2\0\0"], 239)
    save("link_netanalyzer", [bytes(4) + eth(p), bytes(3)], 240)
    save("link_netanalyzer_transparent", [bytes(4) + b"\x55" * 7 + b"\xd5" + eth(p), bytes(11)], 241)
    save("link_ipoib", [bytes(40) + b"\x08\0\0\0" + p, bytes(43)], 242)
    save("link_unknown", [p, eth(p)], 147)


def wlan_frame(payload, control=b"\x08\x01", fourth=b"", qos=b"", ht=b""):
    """From a station to the network by default."""
    return control + b"\0\0" + MAC_B + MAC_A + MAC_B + b"\x10\0" + fourth + qos + ht + payload


def wlan():
    p = snap(0x0800, udp())
    frames = [wlan_frame(p), wlan_frame(p, b"\x08\x02"), wlan_frame(p, b"\x08\0"), wlan_frame(p, b"\x08\3", fourth=MAC_A),
              wlan_frame(p, b"\x88\x01", qos=b"\0\0"), wlan_frame(p, b"\x88\x81", qos=b"\0\0", ht=bytes(4)),
              wlan_frame(p, b"\x08\x41"), wlan_frame(b"", b"\x48\x01"), wlan_frame(b"beacon", b"\x80\0"),
              wlan_frame(MAC_B + MAC_A + pack(">H", len(p)) + p, b"\x88\x01", qos=b"\x80\0"), wlan_frame(b"")[:20],
              wlan_frame(b"", b"\x88\x01"), wlan_frame(b"ab"), b"\x08"]
    save("wlan", frames, 105)
    plain = pack("<BBHI", 0, 0, 8, 0)
    padded = pack("<BBHIQB", 0, 0, 17, 3, 1, 0x20)
    twice = pack("<BBHIIB", 0, 0, 13, 0x80000002, 0, 0)
    save("wlan_radiotap", [plain + wlan_frame(p), padded + wlan_frame(b"\0\0" + p, b"\x88\x01", qos=b"\0\0"), twice + wlan_frame(p),
                           plain[:4], pack("<BBHI", 0, 0, 4, 0), plain, pack("<BBHI", 0, 0, 99, 0)], 127)
    save("wlan_avs", [pack(">II", 0x80211001, 64) + bytes(56) + wlan_frame(p), b"\x80\x21"], 163)
    save("wlan_prism", [pack("<II", 0x44, 144) + bytes(136) + wlan_frame(p), pack(">II", 0x44, 144) + bytes(136) + wlan_frame(p),
                        pack(">II", 0x80211001, 64) + bytes(56) + wlan_frame(p), b"\x44"], 119)


def ethernet():
    p = udp()
    arp = bytes(ARP(op=1, psrc=A, pdst=B, hwsrc="02:00:00:00:00:01", hwdst="00:00:00:00:00:00"))
    reply = bytes(ARP(op=2, psrc=B, pdst=A, hwsrc="02:00:00:00:00:02", hwdst="02:00:00:00:00:01"))
    length = lambda body: MAC_B + MAC_A + pack(">H", len(body)) + body
    bpdu = b"\x42\x42\x03" + bytes(35)
    save("ethernet_other", [
        eth(arp, 0x0806, dst=b"\xff" * 6), eth(reply, 0x0806), eth(arp, 0x8035), eth(arp[:20], 0x0806),
        length(bpdu), length(snap(0x010B, bytes(35), 0x00000C)), length(snap(0x2000, b"cdp", 0x00000C)),
        length(b"\xff\xff\0\x22ipx"), length(b"\xf0\xf0\x7f"), length(b"\xfe\xfe\x03\x83isis"), length(snap(1, b"x", 0x123456)),
        length(snap(0x0800, p)), length(snap(0x0800, p, 0x0000F8)), length(snap(7, eth(p), 0x0080C2)), length(snap(9, b"", 0x0080C2)),
        length(b"\x06\x06\x03" + p), eth(snap(0x0800, p), 0x8870), eth(b"\2\7\4" + MAC_A + b"\0\0", 0x88CC),
        eth(b"\1\1\0\0", 0x888E), eth(b"\1\1\1\x14", 0x8809), eth(b"loop", 0x9000), eth(b"between", 1530),
        b"\x01\0\x0c\0\0\0" + MAC_A + b"\0\x60\xaa\xaa\x03" + MAC_A[:3] + bytes(6) + eth(p) + bytes(4),
        length(b"\xaa\xaa\x03\0\0"), length(b"\x42"), MAC_B + MAC_A + b"\x08", b""])
    save("vlan", [eth(tag(5, p), 0x8100), eth(tag(5, tag(6, p), 0x8100), 0x88A8), eth(tag(5, tag(6, tag(7, p), 0x8100), 0x8100), 0x9100),
                  eth(tag(0xE005, udp6(), 0x86DD), 0x8100), eth(tag(5, snap(0x0800, p), len(p) + 8), 0x8100), eth(tag(5, arp, 0x0806), 0x8100),
                  eth(b"\0\5", 0x8100), eth(bytes(4) + b"\x08\0" + p, 0x8926), eth(bytes(6) + b"\x08\0" + p, 0x893F),
                  eth(bytes(4) + b"\x08\0" + p, 0x892F), eth(bytes(4) + b"\x08\0" + p, 0xF1C1),
                  eth(bytes(4) + MAC_B + MAC_A + b"\x08\0" + p, 0x88E7), eth(b"\1\1\0\1\0\2\x08\0" + p, 0x8909),
                  eth(b"\0\0\0\0\0\1\x08\0" + p + bytes(16), 0x88E5), eth(b"\x20\0\0\0\0\1" + bytes(8) + b"\x08\0" + p + bytes(16), 0x88E5),
                  eth(b"\x0c\0\0\0\0\1secret" + bytes(16), 0x88E5), eth(b"\0\x40" + eth(p), 0x8903),
                  eth(b"\0\x3f\0\1\0\2" + eth(p), 0x22F3), eth(b"\0\x7f\0\1\0\2" + bytes(4) + eth(p), 0x22F3),
                  eth(eth(p), 0x6558)] + [eth(b"\0", kind) for kind in (0x8926, 0x893F, 0x892F, 0xF1C1, 0x88E7, 0x8909, 0x88E5, 0x8903, 0x22F3)])
    many = p
    for i in range(200):
        many = tag(1, many, 0x8100 if i else 0x0800)
    save("vlan_too_deep", [eth(many, 0x8100)])


def mpls_pppoe():
    p, p6 = udp(), udp6()
    label = lambda n, bottom: pack(">I", n << 12 | bottom << 8 | 64)
    stack = lambda *n: b"".join(label(x, x == n[-1]) for x in n)
    save("mpls", [eth(stack(16) + p, 0x8847), eth(stack(16, 17, 18) + p6, 0x8847), eth(stack(16) + p, 0x8848),
                  eth(stack(16) + bytes(4) + eth(p), 0x8847), eth(stack(16) + eth(p), 0x8847),
                  eth(stack(16) + eth(p, dst=b"\x45" + MAC_B[1:]), 0x8847), eth(stack(16) + eth(p6, 0x86DD, dst=b"\x60" + MAC_B[1:]), 0x8847),
                  eth(stack(16) + b"\x10\0\0\x21" + p, 0x8847), eth(stack(16) + b"\x10\0\0\x57" + p6, 0x8847),
                  eth(stack(16) + b"\x10\0\0\7bfd", 0x8847), eth(stack(16) + b"\x90nothing known", 0x8847), eth(stack(16), 0x8847),
                  eth(label(16, 0), 0x8847), eth(b"".join(label(i + 16, 0) for i in range(20)), 0x8847), eth(stack(16) + b"\x10\0", 0x8847)])
    session = lambda body, n=1: b"\x11\0" + pack(">HH", n, len(body)) + body
    save("pppoe", [eth(b"\x11\x09\0\0\0\4\1\1\0\0", 0x8863), eth(session(b"\0\x21" + p), 0x8864), eth(session(b"\0\x57" + p6), 0x8864),
                   eth(session(b"\xc0\x21\1\1\0\4"), 0x8864), eth(session(b"\x80\x21\1\1\0\4"), 0x8864),
                   eth(b"\x11\x07\0\1\0\0", 0x8864), eth(b"\x11\0\0", 0x8864), eth(session(b"\0"), 0x8864),
                   eth(tag(9, session(b"\0\x21" + p), 0x8864), 0x8100)])


def tunnels():
    p, p6 = inner(1), inner6(2)
    e, e6 = eth(inner(3)), eth(inner6(4), 0x86DD)
    gre = lambda kind, body, flags=0, more=b"": outer(47, pack(">HH", flags, kind) + more + body)
    save("tunnel_ip", [eth(outer(4, p)), eth(outer(41, p6)), eth(outer6(4, p), 0x86DD), eth(outer6(41, p6), 0x86DD),
                       eth(outer(97, b"\x30\0" + e)), eth(outer(97, b"\x20\0" + e)), eth(outer(137, pack(">I", 16 << 12 | 0x140) + p)),
                       eth(outer6(143, e), 0x86DD), eth(outer(51, b"\4\4\0\0\0\0\0\1\0\0\0\1" + bytes(12) + p)), eth(outer(51, b"\4\4\0\0")),
                       eth(outer(4, b"\x15nonsense")), eth(outer(4, p[:12])), eth(outer(4, b"")), eth(outer(4, outer(4, inner(5)))),
                       eth(outer(4, patch(p, 2, b"\0\x05"))), eth(outer(41, p6[:30])), eth(outer(97, b"")), eth(outer(97, b"\x30\0" + e[:10]))])
    deep = inner(6)
    for i in range(12):
        deep = outer(4, deep, "10.0.%d.1" % i, "10.0.%d.2" % i)
    save("tunnel_too_deep", [eth(deep)])
    save("tunnel_gre", [eth(gre(0x0800, p)), eth(gre(0x86DD, p6)), eth(gre(0x6558, e)), eth(gre(0x6400, e)), eth(gre(0x0800, p, 0x2000, b"\0\0\0\x2a")),
                        eth(gre(0x0800, p, 0xB000, bytes(4) + b"\0\0\0\x2a" + bytes(4))), eth(gre(0x0800, p, 0x4000, bytes(4) + b"\0\1\0\4abcd" + bytes(4))),
                        eth(gre(0x880B, b"\xff\x03\0\x21" + p, 0x3001, pack(">HHI", len(p) + 4, 7, 1))),
                        eth(gre(0x880B, b"\x21" + p, 0x3081, pack(">HHII", len(p) + 1, 7, 2, 1))), eth(gre(0x880B, b"", 0x2081, bytes(8))),
                        eth(gre(0x8881, b"\x0f\0\x08\0" + p)), eth(gre(0x88D2, b"\x0f\0\x08\0" + p)), eth(gre(0x6559, b"\x18\x41\x03\xcc" + p)), eth(gre(0x883E, p)),
                        eth(gre(0x883E, b"\0\0\0\0" + p)), eth(gre(0x8847, pack(">I", 16 << 12 | 0x140) + p)), eth(gre(0x8200, wlan_frame(snap(0x0800, p)))),
                        eth(gre(0x0806, bytes(28))), eth(gre(0x0000, b"")), eth(gre(0x0800, p[:10])), eth(gre(0x0800, p, 2)),
                        eth(outer(47, b"\x20\0")), eth(outer(47, b"\xb0\0\x08\0\0\0")), eth(over_udp(4754, b"\0\0\x08\0" + p))])
    two = pack(">HHI", 0x1005, 0x002A, 1)
    three = pack(">HHIHH", 0x2005, 0x002A, 1, 0, 0)
    save("tunnel_erspan", [eth(gre(0x88BE, e)), eth(gre(0x88BE, two + e, 0x1000, bytes(4))), eth(gre(0x22EB, three + e, 0x1000, bytes(4))),
                           eth(gre(0x22EB, pack(">HHIHH", 0x2005, 0x002A, 1, 0, 1) + bytes(8) + e, 0x1000, bytes(4))),
                           eth(gre(0x22EB, pack(">HHIHH", 0x2005, 0x002A, 1, 0, 2 << 10) + p, 0x1000, bytes(4))),
                           eth(gre(0x88BE, three + e, 0x1000, bytes(4))), eth(gre(0x88BE, b"\x10", 0x1000, bytes(4))),
                           eth(gre(0x22EB, b"\x20\5\0", 0x1000, bytes(4)))])
    vx = b"\x08\0\0\0\0\0\x2a\0"
    save("tunnel_vxlan", [eth(over_udp(4789, vx + e)), eth(over_udp(4789, vx + e6)), eth(over_udp(4789, vx + eth(tag(5, p), 0x8100))),
                          eth(over_udp(4789, vx + eth(bytes(28), 0x0806))), eth(over_udp(4789, b"\0" * 8 + e)), eth(over_udp(4789, vx + e[:9])), eth(over_udp(4789, b"\x08")),
                          eth(over_udp(4790, b"\x0c\0\0\1\0\0\x2a\0" + p)), eth(over_udp(4790, b"\x0c\0\0\2\0\0\x2a\0" + p6)), eth(over_udp(4790, b"\x0c\0\0\3\0\0\x2a\0" + e)),
                          eth(over_udp(4790, b"\x0c\0\0\4\0\0\x2a\0" + pack(">HBBI", 2, 2, 1, 0x500) + p)), eth(over_udp(4790, b"\x0c\0\0\5\0\0\x2a\0" + pack(">I", 16 << 12 | 0x140) + p)),
                          eth(over_udp(4790, b"\x0c\0\0\x63\0\0\x2a\0odd")), eth(over_udp(4790, b"\0")),
                          eth(udp(4789, dport=53)), eth(over_udp(50000, vx + e, 4789))])
    save("tunnel_geneve", [eth(over_udp(6081, b"\0\0\x65\x58\0\0\x2a\0" + e)), eth(over_udp(6081, b"\2\0\x08\0\0\0\x2a\0" + bytes(8) + p)),
                           eth(over_udp(6081, b"\0\0\x86\xdd\0\0\x2a\0" + p6)), eth(over_udp(6081, b"\x40\0\x65\x58\0\0\x2a\0" + e)),
                           eth(over_udp(6081, b"\x3f\0\x65\x58\0\0\x2a\0")), eth(over_udp(6081, b"\0"))])
    nsh = lambda nxt, words=2: pack(">HBBI", words, 2 if words == 2 else 1, nxt, 0x2A01)
    save("tunnel_nsh", [eth(nsh(1) + p, 0x894F), eth(nsh(2) + p6, 0x894F), eth(nsh(3, 6) + bytes(16) + e, 0x894F), eth(nsh(4) + nsh(1) + p, 0x894F),
                        eth(nsh(5) + pack(">I", 16 << 12 | 0x140) + p, 0x894F), eth(nsh(9), 0x894F), eth(nsh(1, 1), 0x894F), eth(b"\0", 0x894F)])
    g1 = lambda body, flags=0x30, more=b"", kind=0xFF: pack(">BBHI", flags, kind, len(more) + len(body), 0x2A) + more + body
    save("tunnel_gtp", [eth(over_udp(2152, g1(p))), eth(over_udp(2152, g1(p6))), eth(over_udp(2152, g1(p, 0x32, b"\0\1\0\0"))),
                        eth(over_udp(2152, g1(p, 0x34, b"\0\0\0\x85\1\x10\x01\0"))), eth(over_udp(2152, g1(b"\xff\x03\0\x21" + p))),
                        eth(over_udp(2152, g1(b"", kind=1))), eth(over_udp(2152, g1(p, 0x34, b"\0\0\0\x85\0\0\0\0"))), eth(over_udp(2152, g1(p)[:5])),
                        eth(over_udp(2123, g1(p))), eth(over_udp(2152, b"\x1e\xff\0\x20\0\1\0\2" + bytes(4) + bytes(8) + p)),
                        eth(over_udp(3386, b"\x1e\xff\0\x20\0\1\0\2" + bytes(4) + bytes(8) + p)), eth(over_udp(2152, b"\x48\x20\0\0")), eth(over_udp(2152, g1(p[:8])))])
    l2 = lambda flags, more, body: pack(">H", flags) + more + b"\0\1\0\2" + body
    save("tunnel_l2tp", [eth(over_udp(1701, l2(0x0002, b"", b"\xff\x03\0\x21" + p))), eth(over_udp(1701, l2(0x4002, b"\0\x40", b"\0\x57" + p6))),
                         eth(over_udp(1701, pack(">HHHHHHH", 0x4A02, 60, 1, 2, 0, 0, 2) + b"\0\0\0\x21" + p)), eth(over_udp(1701, b"\xc8\2\0\x0c" + bytes(8))),
                         eth(over_udp(1701, b"\0\3\0\0\0\0\0\1" + e)), eth(over_udp(1701, b"\0\2\0")), eth(over_udp(1701, b"\0")), eth(over_udp(1701, b"\0\7")),
                         eth(outer(115, b"\0\0\0\1" + e)), eth(outer(115, b"\0\0\0\1" + bytes(4) + e)), eth(outer(115, b"\0\0\0\0control")), eth(outer(115, b"\0"))])
    save("tunnel_teredo", [eth(over_udp(3544, p6)), eth(over_udp(3544, b"\0\0\x12\x34" + bytes(4) + p6)), eth(over_udp(3544, b"\0\1\0\0" + bytes(9) + p6)),
                           eth(over_udp(3544, b"\0\1\2\2abcd" + bytes(9) + b"\0\0\x12\x34" + bytes(4) + p6)), eth(over_udp(3544, b"\0\1")), eth(over_udp(3544, p6[:20])),
                           eth(over_udp(40001, p6, 3544))])
    cap = lambda bits, body, frag=0, more=b"": pack(">B", 0) + pack(">I", (2 + len(more) // 4) << 19 | bits)[1:] + pack(">HH", 1, frag) + more + body
    swapped = wlan_frame(snap(0x0800, p), b"\x01\x08")
    save("tunnel_small", [eth(over_udp(4341, bytes(8) + p)), eth(over_udp(4341, b"\x08\0\0\0\0\0\x2a\0" + p6)), eth(over_udp(4341, b"\0")),
                          eth(over_udp(4342, b"\x80\0\0\0" + p)), eth(over_udp(4342, b"\x10\0\0\0")), eth(over_udp(5072, b"\x41\x52\x11\x29" + bytes(4) + bytes(16) + bytes(20) + p6)),
                          eth(over_udp(5072, b"\x41\x52\x10\x3b" + bytes(40))), eth(over_udp(5072, b"\x41\x52\x11\x29" + bytes(9))),
                          eth(over_udp(5247, cap(0x240, e))), eth(over_udp(5247, cap(0x340, swapped))), eth(over_udp(5247, cap(0x320, swapped, more=bytes(4)))),
                          eth(over_udp(5247, cap(0x280, e, 8))), eth(over_udp(5247, cap(0x208, b""))), eth(over_udp(5247, b"\1" + bytes(9))), eth(over_udp(5247, cap(0x240, e)[:8] )),
                          eth(over_udp(6635, pack(">I", 16 << 12 | 0x140) + p)), eth(over_udp(37008, b"\1\0\0\1\1" + e)), eth(over_udp(37008, b"\1\0\0\1\0\x0a\1\x20\1" + e)),
                          eth(over_udp(37008, b"\1\0\0\x12\1" + wlan_frame(snap(0x0800, p)))), eth(over_udp(37008, b"\1\4\0\0")), eth(over_udp(37008, b"\1\0\0\1\x0a")), eth(over_udp(37008, b"\1\0\0\x77\1"))])


def fragments():
    whole = udp(4100, bytes(64))
    def part(at, end, more, ident=1):
        body = whole[20:][at:end]
        return eth(bytes(IP(src=A, dst=B, id=ident, proto=17, flags=1 if more else 0, frag=at // 8) / Raw(body)))
    frames = [part(0, 32, True), part(32, 48, True), part(48, 72, False), part(32, 48, True, 2), part(0, 32, True, 2), part(48, 72, False, 2)]
    head = bytes(UDP(sport=4200, dport=5000, len=72, chksum=1))
    six = lambda offset, more, body, ident=7, nh=17: eth(bytes(IPv6(src=A6, dst=B6, nh=44) / Raw(pack(">BBHI", nh, 0, offset | more, ident) + body)), 0x86DD)
    frames += [six(0, 1, head + bytes(24)), six(32, 1, bytes(16)), six(48, 0, bytes(24)), six(32, 0, bytes(8), 8), six(0, 0, head[:4] + b"\0\x10\0\1" + bytes(8), 9)]
    frames += [six(0, 1, b"\x11\0\1\4" + bytes(4) + head + bytes(16), 10, 60), six(32, 0, bytes(16), 10, 60)]
    tiny = eth(bytes(IP(src=A, dst=B, id=3, proto=6, flags=1) / Raw(bytes(TCP(sport=4300, dport=80))[:8])))
    frames += [tiny, eth(bytes(IP(src=A, dst=B, id=3, proto=6, frag=1) / Raw(bytes(12))))]
    tunnel = over_udp(4789, b"\x08\0\0\0\0\0\x2a\0" + eth(inner(9) + bytes(64)))
    frames += [eth(patch(tunnel, 6, b"\x20\0")), eth(outer(17, bytes(16), frag=20, flags=0))]
    save("fragments", frames)
    save("fragments_late", [part(0, 32, True), part(32, 48, True)], step=61)


def extensions():
    u = bytes(UDP(sport=4500, dport=5000, len=12, chksum=1)) + b"weir"
    chain = lambda nh, body: eth(bytes(IPv6(src=A6, dst=B6, nh=nh) / Raw(body)), 0x86DD)
    opt = lambda nxt, n=0: bytes([nxt, n]) + b"\1\4" + bytes(4 + 8 * n)
    route = lambda nxt: bytes([nxt, 2, 0, 1]) + bytes(20)
    frames = [chain(0, opt(17) + u), chain(43, route(17) + u), chain(60, opt(17) + u), chain(0, opt(43) + route(60) + opt(17) + u),
              chain(0, opt(17, 3) + u), chain(59, b""), chain(51, b"\x11\4\0\0" + bytes(20) + u), chain(50, bytes(24)), chain(135, b"\x3b\0\1\0" + bytes(4)),
              chain(0, b"\x11"), chain(43, b"\x11\x20" + bytes(30)), chain(44, b"\x11\0\0"), chain(60, b"\x11\xff" + bytes(30))]
    jumbo = patch(bytes(IPv6(src=A6, dst=B6, nh=0) / Raw(b"\x11\0\xc2\4" + pack(">I", 8 + len(u)) + u)), 4, b"\0\0")
    frames += [eth(jumbo, 0x86DD), eth(patch(jumbo, 44, b"\x7f\0\0\0"), 0x86DD), eth(patch(udp6(4501), 4, b"\0\0"), 0x86DD)]
    frames += [chain(60, b"".join(opt(60) for i in range(150)) + opt(17) + u), chain(60, b"".join(opt(60) for i in range(300)) + opt(17) + u)]
    save("ipv6_extensions", frames)


def malformed():
    p, p6 = udp(), udp6()
    t = bytes(IP(src=A, dst=B, id=1) / TCP(sport=4600, dport=80, flags="PA") / Raw(b"data"))
    options = bytes(IP(src=A, dst=B, id=1) / TCP(sport=4601, dport=80, flags="S", options=[("MSS", 1400), ("WScale", 20)]))
    bad = [patch(p, 0, b"\x44"), patch(p, 0, b"\x35"), patch(p, 0, b"\x4f"), patch(p, 2, b"\0\x13"), patch(p, 2, b"\0\0"), patch(p, 2, b"\xff\xff"),
           p[:1], p[:19], p[:20], p[:23], p[:24], p[:27], patch(p, 24, b"\0\7"), patch(p, 24, b"\xff\xff"), patch(p, 24, b"\0\0"), patch(p, 24, b"\0\x0a"),
           patch(t, 32, b"\x40"), patch(t, 32, b"\xf0"), t[:22], t[:33], options, options[:42], patch(options, 40, b"\2\0"), patch(options, 40, b"\2\xff"),
           outer(1, b"\x08"), outer(132, b"\0\1\0\2"), outer(33, b"\0\1\0\2\1" + bytes(11)), outer(33, b"\0\1\0\2\xff" + bytes(11)), p6, b""]
    frames = [eth(x) for x in bad] + [eth(p6[:39], 0x86DD), eth(p, 0x86DD), eth(p6[:40], 0x86DD), eth(b"", 0x86DD)]
    frames += [Cut(eth(p)[:34], len(eth(p))), Cut(eth(t)[:50], 1514), Cut(eth(p), 4000000000), Cut(eth(p) + bytes(18), 64), eth(p) + bytes(30)]
    save("malformed", frames)


def main():
    os.makedirs(OUT, exist_ok=True)
    for make in (transports, links, wlan, ethernet, mpls_pppoe, tunnels, fragments, extensions, malformed):
        make()


main()
