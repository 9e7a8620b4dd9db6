#!/usr/bin/env python3
"""What `weir probe` sends is what other programs read: nfcapd and nfacctd get the packets and bytes of the
capture, in every format.

    test_export.py [only WORD...]      WEIR names the program, default build/weir

A collector that is not installed is told and left out.
"""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from live_net import Skipped, equal, ether, ipv4, ipv6, run_tests

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEIR = os.path.abspath(os.environ.get('WEIR', os.path.join(ROOT, 'build/weir')))
folder = tempfile.TemporaryDirectory(prefix='weir-export-')


def capture():
    """Conversations of IPv4 and IPv6, some of one direction."""
    path = os.path.join(folder.name, 'made.pcap')
    if os.path.exists(path):
        return path
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(3000):
            n = i % 150
            ends = ('10.0.0.%d' % (n + 1), '192.0.2.%d' % (n % 7 + 1))
            if i % 4 == 3 and n % 3:
                ends = ends[::-1]
            frame = ether(ipv4(*ends, *((1000, 2000) if ends[0][:2] == '10' else (2000, 1000)), size=i % 900))
            if n % 5 == 0:
                frame = ether(ipv6('2001:db8::%x' % (n + 1), '2001:db8:1::1', size=i % 700), 0x86dd)
            f.write(struct.pack('<IIII', 1700000000 + i // 200, i % 200 * 5000, len(frame), len(frame)) + frame)
    return path


def truth(only_v4=False):
    """Packets and bytes of the capture's flows, as `weir read` says."""
    out = subprocess.run([WEIR, 'read', '-o', 'json', capture()], capture_output=True, timeout=60)
    flows = [json.loads(line) for line in out.stdout.splitlines()]
    flows = [f for f in flows if not only_v4 or 'IPV4_SRC_ADDR' in f]
    return {'packets': sum(f['IN_PKTS'] + f['OUT_PKTS'] for f in flows),
            'bytes': sum(f['IN_BYTES'] + f['OUT_BYTES'] for f in flows)}


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def probe(*arguments):
    done = subprocess.run([WEIR, 'probe', '-i', capture(), '--export-rate', '20000', *arguments],
                          capture_output=True, timeout=60, text=True)
    equal('status of the probe', done.returncode, 0)
    return done.stdout


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(program + ' is not installed')


def by_nfcapd(version, only_v4):
    need('nfcapd', 'nfdump')
    port, place = free_port(), tempfile.mkdtemp(dir=folder.name)
    collector = subprocess.Popen(['nfcapd', '-w', place, '-p', str(port), '-b', '127.0.0.1'],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    probe('-n', f'127.0.0.1:{port}', '-V', str(version))
    time.sleep(1)
    collector.send_signal(signal.SIGTERM)
    said = collector.communicate(timeout=20)[1]
    equal('holes in the sequence: ' + said[-300:], 'Sequence Errors: 0' not in said, False)
    out = subprocess.run(['nfdump', '-R', place, '-q', '-N', '-o', 'fmt:%pkt %byt'],
                         capture_output=True, timeout=60, text=True).stdout
    rows = [line.split() for line in out.splitlines() if line.split()]
    got = {'packets': sum(int(r[0]) for r in rows), 'bytes': sum(int(r[1]) for r in rows)}
    equal('what nfcapd has', got, truth(only_v4))


def test_nfcapd_reads_netflow_5():
    by_nfcapd(5, True)


def test_nfcapd_reads_netflow_9():
    by_nfcapd(9, False)


def test_nfcapd_reads_ipfix():
    by_nfcapd(10, False)


def test_nfacctd_reads_ipfix():
    need('nfacctd')
    port, out = free_port(), os.path.join(folder.name, 'nfacctd.json')
    config = os.path.join(folder.name, 'nfacctd.conf')
    with open(config, 'w', encoding='ascii') as f:
        f.write(f'nfacctd_ip: 127.0.0.1\nnfacctd_port: {port}\nplugins: print\naggregate: proto\n'
                f'print_output: json\nprint_output_file: {out}\nprint_refresh_time: 2\n'
                'print_history: 1M\nnfacctd_time_new: true\nprint_output_file_append: true\n')
    collector = subprocess.Popen(['nfacctd', '-f', config], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
    time.sleep(2)
    probe('-n', f'127.0.0.1:{port}')
    time.sleep(5)
    collector.send_signal(signal.SIGINT)
    collector.wait(timeout=20)
    with open(out, encoding='ascii') as f:
        rows = [json.loads(line) for line in f]
    got = {'packets': sum(r['packets'] for r in rows), 'bytes': sum(r['bytes'] for r in rows)}
    equal('what nfacctd has', got, truth())


def test_a_collector_over_tcp_gets_whole_messages():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        server.listen(1)
        server.settimeout(20)
        port = server.getsockname()[1]
        sender = subprocess.Popen([WEIR, 'probe', '-i', capture(), '--export',
                                   f'ipfix+tcp://127.0.0.1:{port}'], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        peer, _ = server.accept()
        stream = b''
        while True:
            more = peer.recv(65536)
            if not more:
                break
            stream += more
        equal('status of the probe', sender.wait(timeout=20), 0)
    sequence = 0
    while stream:
        equal('the version where a message begins', stream[:2], b'\0\x0a')
        equal('a sequence that rises', int.from_bytes(stream[8:12], 'big') >= sequence, True)
        sequence = int.from_bytes(stream[8:12], 'big')
        stream = stream[int.from_bytes(stream[2:4], 'big'):]


def test_unknown_fields_are_told_with_what_is_near():
    done = subprocess.run([WEIR, 'probe', '-i', capture(), '-n', '127.0.0.1:9', '-T', '%IN_PKT'],
                          capture_output=True, timeout=20, text=True)
    equal('status', done.returncode, 2)
    equal('the nearest name in ' + done.stderr, 'did you mean %IN_PKTS' in done.stderr, True)


if __name__ == '__main__':
    run_tests(globals())
