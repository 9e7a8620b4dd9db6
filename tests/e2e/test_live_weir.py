#!/usr/bin/env python3
"""The live monitor against itself reading the same packets from a file: the same totals and the same
flows, nothing lost at moderate rates, drops counted exactly when flooded, equations that close.

    test_live_weir.py [only WORD...]      WEIR names the program, default build/weir
"""
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from live_net import Sender, Skipped, equal, ether, ip, ipv4, run_tests, veth, wait_carrier

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEIR = os.path.abspath(os.environ.get('WEIR', os.path.join(ROOT, 'build/weir')))
CAPTURES = os.path.join(ROOT, 'tests/golden/captures')
CORPUS = os.environ.get('WEIR_CORPUS', os.path.join(os.path.dirname(ROOT), 'shared/corpus'))
PORT = 3979
MOST_BYTES = 1514


def frames_of(path):
    """(bytes) of a little-endian microsecond pcap over Ethernet, [] for any other file."""
    with open(path, 'rb') as f:
        data = f.read()
    if len(data) < 24 or data[:4] != b'\xd4\xc3\xb2\xa1' or struct.unpack_from('<H', data, 20)[0] != 1:
        return []
    found, at = [], 24
    while at + 16 <= len(data):
        captured, length = struct.unpack_from('<II', data, at + 8)
        if at + 16 + captured > len(data):
            break
        # Only what was captured whole and fits the wire can be sent again as it was.
        if captured == length and 14 <= captured <= MOST_BYTES:
            frame = data[at + 16:at + 16 + captured]
            # The kernel throws away, before anybody sees it, what ends right behind a VLAN tag.
            if captured >= 20 or frame[12:14] not in (b'\x81\0', b'\x88\xa8'):
                found.append(frame)
        at += 16 + captured
    return found


def write_pcap(path, frames):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(frames):
            f.write(struct.pack('<IIII', 1700000000, i, len(frame), len(frame)) + frame)


class Monitor:
    """weir in the background on an interface, with a data directory of its own."""

    def __init__(self, *args):
        self.folder = tempfile.mkdtemp(prefix='weir-e2e-')
        self.p = subprocess.Popen([WEIR, '-w', '127.0.0.1:%d' % PORT, '-d', self.folder, *args],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(200):
            try:
                self.get('/health')
                return
            except (urllib.error.URLError, OSError):
                if self.p.poll() is not None:
                    raise AssertionError('weir ended: ' + self.p.stdout.read()) from None
                time.sleep(0.05)
        raise AssertionError('weir does not answer')

    def get(self, path):
        with urllib.request.urlopen('http://127.0.0.1:%d/api/v1%s' % (PORT, path), timeout=5) as r:
            return json.load(r)

    def totals(self):
        return self.get('/totals')['data']

    def settle(self, frames, seconds=10):
        """Totals once as many frames were received or dropped."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            t = self.totals()
            if t['received'] + t['kernel_dropped'] >= frames:
                break
            time.sleep(0.1)
        time.sleep(0.3)
        return self.totals()

    def flows(self):
        rows, offset = [], 0
        while True:
            page = self.get('/flows?limit=500&offset=%d&sort=first_seen' % offset)
            rows += page['data']
            offset += 500
            if offset >= page['page']['total']:
                return rows

    def state(self):
        return self.get('/interfaces')['data'][0]['state']

    def wait_state(self, pattern, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, self.state()):
                return
            time.sleep(0.02)
        raise AssertionError('the state is %r, not %r' % (self.state(), pattern))

    def stop(self):
        """Ends it as Ctrl-C does; the ledger it leaves must close."""
        live = subprocess.run([WEIR, 'ledger', '--check', '-w', '127.0.0.1:%d' % PORT, '-d', self.folder],
                              capture_output=True, text=True, check=False)
        self.p.terminate()
        said = self.p.communicate(timeout=20)[0]
        left = subprocess.run([WEIR, 'ledger', '--check', '-d', self.folder], capture_output=True, text=True,
                              check=False)
        shutil.rmtree(self.folder)
        equal('exit status', self.p.returncode, 0)
        equal('weir ledger --check of the running monitor', live.returncode, 0)
        equal('weir ledger --check of the last run', left.returncode, 0)
        return said


def sums_of_file(path):
    p = subprocess.run([WEIR, 'read', '-o', 'json', '--no-timeouts', '--no-progress', path], capture_output=True,
                       text=True, check=True)
    rows = [json.loads(line) for line in p.stdout.splitlines()]
    return sorted((r.get('PROTOCOL', 0), r.get('IPV4_SRC_ADDR') or r.get('IPV6_SRC_ADDR'), r.get('L4_SRC_PORT', 0),
                   r.get('IPV4_DST_ADDR') or r.get('IPV6_DST_ADDR'), r.get('L4_DST_PORT', 0), r.get('IN_PKTS', 0),
                   r.get('IN_BYTES', 0), r.get('OUT_PKTS', 0), r.get('OUT_BYTES', 0)) for r in rows)


def same_as_file(frames, *args, interface='wb'):
    """Sends the frames to a monitor and compares its flows and totals with those of a file."""
    path = os.path.join(tempfile.gettempdir(), 'weir-e2e-%d.pcap' % os.getpid())
    write_pcap(path, frames)
    veth()
    subprocess.run(['ethtool', '-K', 'wb', 'rxvlan', 'off'], check=True, capture_output=True)
    m, s = Monitor('-i', interface, *args), Sender('wa')
    try:
        for frame in frames:
            s.send(frame)
            time.sleep(0.00005)
        t = m.settle(len(frames))
        want = sums_of_file(path)
        equal('received', (t['received'], t['received_bytes'], t['kernel_dropped']),
              (len(frames), sum(map(len, frames)), 0))
        equal('IP packets and bytes of flows', (t['ip_packets'], t['ip_bytes']),
              (sum(r[5] + r[7] for r in want), sum(r[6] + r[8] for r in want)))
        have = sorted((r['c2s_packets'], r['c2s_bytes'], r['s2c_packets'], r['s2c_bytes'], r['cli']['ip'], r['srv']['ip'])
                      for r in m.flows())
        equal('flows', have, sorted((r[5], r[6], r[7], r[8], r[1], r[3]) for r in want))
    finally:
        m.stop()
        os.unlink(path)


def test_captures_give_the_same_flows_live_as_from_a_file():
    frames = []
    for name in sorted(os.listdir(CAPTURES)):
        frames += frames_of(os.path.join(CAPTURES, name))
    assert len(frames) > 100, len(frames)
    same_as_file(frames, '--flow-active', '86400')


def test_real_traffic_over_two_workers():
    frames = []
    for name in ('arkime-6-4-gre-ppp-udp-4-dns.pcap', 'pcpp-many-protocols.pcap', 'ndpi-activision.pcap'):
        path = os.path.join(CORPUS, 'packets', name)
        frames += frames_of(path) if os.path.exists(path) else []
    if not frames:
        raise Skipped('no corpus at ' + CORPUS)
    same_as_file(frames, '--workers', '2', '--flow-active', '86400')


def test_a_flood_is_counted_exactly():
    veth()
    count = 60000
    frames = [ether(ipv4('10.%d.%d.1' % (i >> 8 & 255, i & 255), '10.9.9.9', size=i % 1000)) for i in range(2000)]
    for stopped in (False, True):
        m, s = Monitor('-i', 'wb', '--ring', '2M', '--workers', '2'), Sender('wa')
        try:
            # A monitor that gets no time at all must lose packets, and must know how many.
            if stopped:
                m.p.send_signal(19)
            for i in range(count):
                s.send(frames[i % len(frames)])
            if stopped:
                time.sleep(0.2)
                m.p.send_signal(18)
            t = m.settle(count)
            equal('received + dropped', t['received'] + t['kernel_dropped'], count)
            if stopped:
                assert t['kernel_dropped'] > 10000, t['kernel_dropped']
        finally:
            m.stop()


def test_interfaces_come_and_go():
    veth()
    m, s = Monitor('-i', 'wb'), Sender('wa')
    try:
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
        ip('link', 'set', 'wb', 'down')
        m.wait_state('^down', 1)
        ip('link', 'set', 'wb', 'up')
        m.wait_state('^up', 1)
        wait_carrier('wa')
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
        ip('link', 'del', 'wb')
        m.wait_state('^absent', 1.5)
        veth()
        m.wait_state('^up', 3)
        Sender('wa').send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
        equal('received', m.settle(30)['received'], 30)
    finally:
        m.stop()


def test_several_interfaces_and_any():
    veth()
    m, s = Monitor('-i', 'wb', '-i', 'lo', '-i', 'any'), Sender('wa')
    try:
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 25)
        time.sleep(1)
        rows = m.get('/interfaces')['data']
        equal('names', [r['name'] for r in rows], ['wb', 'lo', 'any'])
        equal('wb', rows[0]['totals']['received'], 25)
        # `any` sees both ends of the pair, and what the pages themselves send over loopback.
        assert rows[2]['totals']['received'] >= 50 + rows[1]['totals']['received'] // 2, rows
    finally:
        m.stop()


def test_filter_and_snap_length():
    veth()
    m, s = Monitor('-i', 'wb', '-B', 'udp dst port 53', '--snaplen', '80'), Sender('wa')
    try:
        for i in range(100):
            s.send(ether(ipv4('10.0.0.1', '10.0.0.2', dport=53 + i % 2, size=500)))
        t = m.settle(50)
        equal('received', (t['received'], t['received_bytes'], t['ip_bytes']), (50, 50 * 542, 50 * 528))
    finally:
        m.stop()


def test_sockets_of_this_machine_are_seen_once():
    m = Monitor('-i', 'lo', '-B', 'udp port 7777')
    try:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(('127.0.0.1', 7777))
        for _ in range(50):
            s.sendto(b'hello', ('127.0.0.1', 7777))
            s.recv(100)
        t = m.settle(50)
        equal('received', t['received'], 50)
    finally:
        m.stop()


if __name__ == '__main__':
    run_tests(globals())
