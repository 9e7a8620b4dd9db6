#!/usr/bin/env python3
"""Live capture on veth, loopback and tun in a network namespace of its own: every frame counted once,
drops counted exactly, conversations kept together, interfaces that come and go survived.

    test_live_capture.py [only WORD...]      SOURCE_DUMP names the program, default build/tests/tools/source_dump
"""
import fcntl
import json
import os
import random
import re
import select
import socket
import struct
import subprocess
import time

from live_net import Sender, Skipped, equal, ether, ip, ipv4, ipv6, run_tests, veth, wait_carrier

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DUMP = os.path.abspath(os.environ.get('SOURCE_DUMP', os.path.join(ROOT, 'build/tests/tools/source_dump')))


class Dump:
    """source_dump in the background; lines come with the moment at which they were read."""

    def __init__(self, *args):
        self.p = subprocess.Popen([DUMP, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        line = self.p.stdout.readline()
        if not line:
            raise AssertionError('source_dump %s: %s' % (args, self.p.stderr.read()))
        self.open = json.loads(line)
        time.sleep(0.1)

    def wait_state(self, pattern, seconds):
        """Seconds until a state that matches was printed."""
        start = time.monotonic()
        os.set_blocking(self.p.stdout.fileno(), False)
        while time.monotonic() - start < seconds:
            select.select([self.p.stdout], [], [], 0.02)
            for line in iter(self.p.stdout.readline, ''):
                self.lines.append(line)
                if '"state"' in line and re.search(pattern, line):
                    return time.monotonic() - start
        raise AssertionError('no state %r within %s s: %r' % (pattern, seconds, self.lines))

    def stop(self):
        os.set_blocking(self.p.stdout.fileno(), True)
        time.sleep(0.3)
        self.p.terminate()
        out, err = self.p.communicate(timeout=20)
        self.err = err
        self.lines += out.splitlines()
        return json.loads(self.lines[-1])

    def frames(self):
        """(worker, link, outgoing, bytes) of each line of -v."""
        found = []
        for line in self.lines:
            m = re.match(r'(\d+) \S+ link (\d+) cap (\d+) wire (\d+)( out)? ([0-9a-f]*)$', line.strip())
            if m:
                found.append((int(m[1]), int(m[2]), bool(m[5]), bytes.fromhex(m[6])))
        return found

    def cpu(self):
        with open('/proc/%d/stat' % self.p.pid) as f:
            words = f.read().rsplit(')', 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')


def test_every_frame_is_counted_once():
    veth()
    for workers in ('1', '3'):
        d, s = Dump('-w', workers, 'wb'), Sender('wa')
        total = 0
        for i in range(20000):
            frame = ether(ipv4('10.0.%d.%d' % (i >> 8 & 255, i & 255), '10.9.9.9', size=i % 900))
            s.send(frame)
            total += len(frame)
        t = d.stop()
        equal('received', (t['received'], t['received_bytes'], t['dropped']), (20000, total, 0))
        if workers == '3':
            assert min(t['per_worker']) > 4000, t['per_worker']


def test_tags_are_seen_as_they_were_sent():
    veth()
    d, s = Dump('-v', 'wb'), Sender('wa')
    sent = [ether(ipv4('10.0.0.1', '10.0.0.2'), tags=tags)
            for tags in ([(0x8100, 5)], [(0x88a8, 0x2007)], [(0x8100, 9), (0x8100, 10)], [(0x88a8, 9), (0x8100, 10)], [])]
    for frame in sent:
        s.send(frame)
    d.stop()
    equal('frames', [f[3][:60] for f in d.frames()], [f[:60] for f in sent])


def test_conversations_stay_on_one_worker():
    veth()
    d, there, back = Dump('-w', '4', '-v', 'wb'), Sender('wa'), Sender('wb')
    random.seed(3)
    used = {}
    for n in range(40):
        a, b = ['10.%d.%d.%d' % tuple(random.randrange(256) for _ in range(3)) for _ in range(2)]
        a6, b6 = ['2001:db8::%x:%x' % (random.randrange(65536), random.randrange(65536)) for _ in range(2)]
        v6 = n % 2 == 1
        for x, y, s in ((a, b, there), (b, a, back)):
            p = ipv6(a6 if x == a else b6, b6 if x == a else a6) if v6 else ipv4(x, y, 1000 if x == a else 2000)
            kind = 0x86dd if v6 else 0x0800
            label = struct.pack('>I', 100 << 12) + struct.pack('>I', 200 << 12 | 0x100)
            ppp = struct.pack('>BBHHH', 0x11, 0, 1, len(p) + 2, 0x57 if v6 else 0x21)
            shapes = [ether(p, kind), ether(p, kind, [(0x8100, 5)]), ether(p, kind, [(0x88a8, 5), (0x8100, 6)]),
                      ether(p, kind, [(0x9100, 5), (0x8100, 6), (0x8100, 7)]), ether(label + p, 0x8847),
                      ether(p, kind, [(0x8100, 1), (0x8100, 2), (0x8100, 3)]), ether(ppp + p, 0x8864),
                      ether(label + p, 0x8847, [(0x8100, 5)])]
            if not v6:
                shapes.append(ether(ipv4(x, y, 0, 0, fragment=185)))
            for frame in shapes:
                s.send(frame)
                used.setdefault((a, b), []).append(frame)
    t = d.stop()
    sent = sum(len(v) for v in used.values())
    equal('received', (t['received'], t['dropped']), (sent, 0))
    where = {}
    for worker, _, _, head in d.frames():
        where.setdefault(head, set()).add(worker)
    for pair, frames in used.items():
        workers = set()
        for f in frames:
            workers |= where[f[:64]]
        assert len(workers) == 1, (pair, workers, [(f[:64].hex(), where[f[:64]]) for f in frames])
    assert len([w for w in t['per_worker'] if w]) == 4, t['per_worker']


def test_loopback_is_counted_once():
    ip('link', 'set', 'lo', 'up')
    for name in ('lo', 'any', 'pcap:lo'):
        d = Dump(name)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(('127.0.0.1', 0))
        for _ in range(100):
            s.sendto(b'x' * 100, s.getsockname())
            s.recv(200)
        t = d.stop()
        equal(name, (t['received'], t['received_bytes']), (100, 14200))


def test_filter_in_the_kernel_and_here():
    veth()
    for name in ('wb', 'any', 'pcap:wb'):
        d, s = Dump('-B', 'udp dst port 53 or (vlan and udp dst port 53)', '-w', '2', name), Sender('wa')
        for i in range(100):
            s.send(ether(ipv4('10.0.0.1', '10.0.0.2', dport=53 + i % 2)))
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2', dport=53), tags=[(0x8100, 5)]))
        t = d.stop()
        # `any` sees both ends of the pair.
        equal(name, t['received'], 102 if name == 'any' else 51)
        equal('dropped', t['dropped'], 0)


def test_snaplen_keeps_the_wire_length():
    veth()
    d, s = Dump('-l', '100', '-v', 'wb'), Sender('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2', size=1000)))
    t = d.stop()
    equal('bytes', t['received_bytes'], 1042)
    assert 'cap 100 wire 1042' in ''.join(d.lines), d.lines


def test_flood_is_counted_exactly():
    veth()
    frames = [ether(ipv4('10.0.%d.%d' % (i >> 8, i & 255), '10.9.9.9', size=400)) for i in range(2000)]
    for workers in ('1', '2'):
        # A reader that dawdles, over the smallest ring: most must be lost, and said to be lost.
        d, s = Dump('-r', '2', '-d', '25', '-w', workers, 'wb'), Sender('wa')
        for _ in range(20):
            for f in frames:
                s.send(f)
        time.sleep(1.5)  # until it has read the ring empty
        t = d.stop()
        equal('received + dropped', t['received'] + t['dropped'], 40000)
        assert t['dropped'] > 1000 and t['ring_full'] > 0, t


def test_down_and_up_again():
    veth()
    for workers in ('1', '2'):
        d, s = Dump('-w', workers, 'wb'), Sender('wa')
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
        ip('link', 'set', 'wb', 'down')
        d.wait_state('down', 1)
        before = d.cpu()
        time.sleep(2)
        assert d.cpu() - before <= 0.06, 'busy while the interface is down: %.3f s of 2' % (d.cpu() - before)
        ip('link', 'set', 'wb', 'up')
        d.wait_state('"up"', 1)
        wait_carrier('wa')
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
        t = d.stop()
        equal('received', (t['received'], t['dropped']), (20, 0))


def test_deleted_and_made_again():
    for workers in ('1', '3'):
        veth()
        d, s = Dump('-w', workers, 'wb'), Sender('wa')
        for i in range(30):
            s.send(ether(ipv4('10.0.0.%d' % i, '10.0.0.2')))
        ip('link', 'del', 'wb')
        d.wait_state('absent', 1)
        before = d.cpu()
        time.sleep(2)
        assert d.cpu() - before <= 0.06, 'busy while the interface is away'
        veth()
        d.wait_state('"up"', 3)
        time.sleep(0.5)
        s = Sender('wa')
        for i in range(30):
            s.send(ether(ipv4('10.0.0.%d' % i, '10.0.0.2')))
        t = d.stop()
        equal('received', (t['received'], t['dropped']), (60, 0))
        if workers == '3':
            assert len([w for w in t['per_worker'] if w]) == 3, t['per_worker']


def test_renamed():
    veth()
    d, s = Dump('wb'), Sender('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 5)
    ip('link', 'set', 'wb', 'down')
    ip('link', 'set', 'wb', 'name', 'wc')
    ip('link', 'set', 'wc', 'up')
    d.wait_state('now called wc', 2)
    wait_carrier('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 5)
    t = d.stop()
    equal('received', t['received'], 10)
    ip('link', 'del', 'wc')


def test_down_at_start():
    veth()
    ip('link', 'set', 'wb', 'down')
    d = Dump('-w', '2', 'wb')
    d.wait_state('down', 1)
    ip('link', 'set', 'wb', 'up')
    d.wait_state('"up"', 2)
    wait_carrier('wa')
    s = Sender('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
    equal('received', d.stop()['received'], 10)


def test_tun_is_raw_ip():
    if not os.path.exists('/dev/net/tun'):
        raise Skipped('no /dev/net/tun here')
    veth()
    tun = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', b'wtun', 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    ip('link', 'set', 'wtun', 'up')
    for name in ('wtun', 'any'):
        d = Dump('-v', '-B', 'udp', name)
        for i in range(10):
            os.write(tun, ipv4('10.0.0.1', '10.0.0.2'))
            os.write(tun, ipv6('2001:db8::1', '2001:db8::2'))
        t = d.stop()
        equal(name, (t['received'], t['links']), (20, {'101': 20}))
        equal('first byte', sorted({f[3][0] for f in d.frames()}), [0x45, 0x60])
    os.close(tun)


def test_directions_are_told():
    veth()
    d, there, back = Dump('wb'), Sender('wa'), Sender('wb')
    there.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 3)
    back.send(ether(ipv4('10.0.0.2', '10.0.0.1'), out=True), 4)
    t = d.stop()
    equal('received, outgoing', (t['received'], t['outgoing']), (7, 4))


def fails(*args, user=None):
    words = [DUMP, '-s', '1', *args]
    if user:
        words = ['setpriv', '--reuid', user, '--clear-groups', *words]
    p = subprocess.run(words, capture_output=True, text=True, timeout=10)
    equal('exit status of %s' % (args,), p.returncode, 1)
    equal('lines', len(p.stderr.strip().splitlines()), 1)
    return p.stderr


def test_what_cannot_be_opened_is_said():
    veth()
    text = fails('wx')
    assert 'wa' in text and 'wb' in text and 'any' in text, text
    assert 'syntax' in fails('-B', 'udp prt 5', 'wb')
    assert 'ring' in fails('-r', '9000', 'wb')
    text = fails('wb', user='65534')
    assert 'setcap' in text and DUMP in text, text


if __name__ == '__main__':
    run_tests(globals())
