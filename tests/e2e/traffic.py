"""traffic.py - packets that tests of exporters and collectors have in common, what they add up to, and a tap
between an exporter and its collector."""
import collections
import os
import random
import socket
import struct
import threading
import time

from live_net import ether

LINK = 14  # octets of an Ethernet header
SO_RCVBUFFORCE = 33

Packet = collections.namedtuple('Packet', 'at src dst sport dport proto tos flags length frame')


def transport(proto, sport, dport, flags, size):
    """A TCP, UDP or ICMP header with size octets behind it. Check sums are 0: no exporter looks at them."""
    if proto == 6:
        return struct.pack('>HHIIBBHHH', sport, dport, 1, 1, 0x50, flags, 1000, 0, 0) + bytes(size)
    if proto == 17:
        return struct.pack('>HHHH', sport, dport, 8 + size, 0) + bytes(size)
    return struct.pack('>BBHI', 128 if proto == 58 else 8, 0, 0, 0) + bytes(size)


def network(src, dst, proto, tos, payload):
    if ':' in src:
        return struct.pack('>IHBB', 0x60000000 | tos << 20, len(payload), proto, 64) + \
            socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + payload
    return struct.pack('>BBHHHBBH', 0x45, tos, 20 + len(payload), 7, 0, 64, proto, 0) + \
        socket.inet_aton(src) + socket.inet_aton(dst) + payload


def conversation(n):
    """Ends, ports, protocol and type of service of the n-th: TCP, UDP and ICMP, each fifth over IPv6."""
    proto = (6, 17, 6, 17, 1)[n // 5 % 5]
    if n % 5 == 0:
        client = socket.inet_ntop(socket.AF_INET6, (0x20010db8 << 96 | n + 1).to_bytes(16, 'big'))
        ends = client, '2001:db8:1::%x' % (n % 7 + 1)
        proto = 58 if proto == 1 else proto
    else:
        ends = '10.%d.%d.%d' % (n // 62500, n // 250 % 250, n % 250 + 1), '192.0.2.%d' % (n % 7 + 1)
    ports = (10000 + n % 50000, (80, 53, 443, 8080)[n % 4]) if proto in (6, 17) else (0, 0)
    return ends, ports, proto, (0, 0x28, 0xb8)[n % 3]


def packets(count=3000, flows=150, start=None, seconds=15, only_v4=False):
    """Packets of as many conversations in turn, one in four an answer, from a minute ago on. Frames shorter
    than 60 octets are padded, as on a wire."""
    start = int(time.time()) - 60 if start is None else start
    rand = random.Random(4)
    made = []
    for i in range(count):
        n = i % flows
        (src, dst), (sport, dport), proto, tos = conversation(n + (n % 5 == 0) * only_v4)
        if i % 4 == 3:
            src, dst, sport, dport = dst, src, dport, sport
        flags = (0x02 if i < flows else 0x18) * (proto == 6)
        ip = network(src, dst, proto, tos, transport(proto, sport, dport, flags, rand.randrange(900)))
        frame = ether(ip, 0x86dd if ':' in src else 0x0800, out=i % 4 == 3)
        made.append(Packet(start + i * seconds / count, src, dst, sport, dport, proto, tos, flags, len(ip), frame))
    return made


def write_capture(path, made):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for p in made:
            f.write(struct.pack('<IIII', int(p.at), int(p.at % 1 * 1e6), len(p.frame), len(p.frame)) + p.frame)
    return path


def ip_length(p):
    return p.length


def length_with_padding(p):
    """What stands behind the Ethernet header, octets included that only fill the shortest frame."""
    return len(p.frame) - LINK


def hosts(made, length=ip_length):
    """Bytes and packets sent and received of each address."""
    sums = {}
    for p in made:
        for ip, at in ((p.src, 0), (p.dst, 2)):
            one = sums.setdefault(ip, [0, 0, 0, 0])
            one[at] += length(p)
            one[at + 1] += 1
    return sums


def uniflows(made, length=ip_length):
    """[packets, bytes, first, last, TCP flags] of each direction."""
    sums = {}
    for p in made:
        one = sums.setdefault((p.src, p.dst, p.sport, p.dport, p.proto), [0, 0, p.at, p.at, 0])
        one[0] += 1
        one[1] += length(p)
        one[3] = p.at
        one[4] |= p.flags
    return sums


def wait_udp(port):
    """Until somebody listens."""
    for _ in range(200):
        with open('/proc/net/udp', encoding='ascii') as f:
            if any(line.split()[1].endswith(':%04X' % port) for line in f if ':' in line.split()[1]):
                return
        time.sleep(0.05)
    raise AssertionError('nobody listens to port %d' % port)


class Tap:
    """Stands between an exporter and a collector on loopback: keeps each datagram in a capture and sends it
    on, so that what arrived is known to the last one."""

    def __init__(self, path, to=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.to, self.path, self.count, self.is_over = to, path, 0, False
        self.last = time.monotonic()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        self.socket.settimeout(0.1)
        with open(self.path, 'wb') as f:
            f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
            while not self.is_over:
                try:
                    payload, (_, port) = self.socket.recvfrom(65536)
                except TimeoutError:
                    continue
                at = time.time()
                udp = struct.pack('>HHHH', port, self.port, 8 + len(payload), 0) + payload
                packet = network('127.0.0.1', '127.0.0.1', 17, 0, udp)
                f.write(struct.pack('<IIII', int(at), int(at % 1 * 1e6), len(packet), len(packet)) + packet)
                if self.to:
                    self.socket.sendto(payload, ('127.0.0.1', self.to))
                self.count += 1
                self.last = time.monotonic()

    def wait_quiet(self, seconds=1.5, most=30):
        """Until something came and then nothing more for as long."""
        end = time.monotonic() + most
        while time.monotonic() < end and (not self.count or time.monotonic() - self.last < seconds):
            time.sleep(0.05)

    def stop(self):
        self.is_over = True
        self.thread.join()
        self.socket.close()
        return os.path.getsize(self.path)
