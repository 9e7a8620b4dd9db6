#!/usr/bin/env python3
"""telemetry_peers.py - Weir beside nfcapd, nfacctd and softflowd, as lines for benchmarks.py.

    telemetry_peers.py BUILD [only WORD...]

The same datagrams (BUILD/tests/tools/send_train) go to each collector at the same rates, and the same capture
goes through each probe. CPU is user and system time of all threads and child processes of the
program from the first datagram until it has taken the last one; lost is what was sent and is not in what
the program wrote down. Every program has a receive buffer of the same size. What is not installed is
left out and said.
"""
import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

BUFFER = 32 << 20
FLOWS, MESSAGES = 10000, 40000
RATES = (5000, 20000, 50000, 0)
PCAP_PACKETS, PCAP_FLOWS = 1000000, 20000
PATIENCE_S = 60


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_for(true, what, most=PATIENCE_S):
    end = time.monotonic() + most
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f'{what}: nothing in {most} s')
        time.sleep(0.02)


def udp_socket(port):
    """Octets that wait at the socket and datagrams that it had no room for; None when there is none."""
    for path in ('/proc/net/udp', '/proc/net/udp6'):
        with open(path, encoding='ascii') as file:
            for line in file.readlines()[1:]:
                word = line.split()
                if int(word[1].rsplit(':', 1)[1], 16) == port:
                    return int(word[4].split(':')[1], 16), int(word[-1])
    return None


def family(pid):
    """The process, and its children's children."""
    all_of_it = [pid]
    for path in glob.glob(f'/proc/{pid}/task/*/children'):
        try:
            with open(path, encoding='ascii') as file:
                for child in file.read().split():
                    all_of_it += family(int(child))
        except OSError:
            pass
    return all_of_it


def cpu_of(pid):
    """Seconds of all its threads that are still there."""
    total = 0
    for member in family(pid):
        for path in glob.glob(f'/proc/{member}/task/*/schedstat'):
            try:
                with open(path, encoding='ascii') as file:
                    total += int(file.read().split()[0])
            except OSError:
                pass
    return total / 1e9


def is_quiet(pid, port):
    """Nothing waits, and the program has stopped working."""
    if udp_socket(port)[0]:
        return False
    before = cpu_of(pid)
    time.sleep(0.25)
    return cpu_of(pid) - before < 0.01


class Nfcapd:
    name, programs, stop = 'nfcapd', ('nfcapd', 'nfdump'), signal.SIGTERM

    def start(self, port, place):
        self.place = place
        return subprocess.Popen(['nfcapd', '-w', place, '-p', str(port), '-b', '127.0.0.1', '-B', str(BUFFER)],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def records(self):
        n = 0
        for path in glob.glob(self.place + '/nfcapd.*'):
            out = subprocess.run(['nfdump', '-I', '-r', path], capture_output=True, text=True, timeout=PATIENCE_S)
            n += sum(int(word) for word in re.findall(r'^Flows:\s*(\d+)', out.stdout, re.M))
        return n


class Nfacctd:
    name, programs, stop = 'nfacctd', ('nfacctd',), signal.SIGINT

    def start(self, port, place):
        self.out = os.path.join(place, 'out.json')
        config = os.path.join(place, 'nfacctd.conf')
        with open(config, 'w', encoding='ascii') as file:
            file.write(f'nfacctd_ip: 127.0.0.1\nnfacctd_port: {port}\nnfacctd_pipe_size: {BUFFER}\nplugins: print\n'
                       'aggregate: src_host, dst_host, src_port, dst_port, proto, flows\nprint_output: json\n'
                       f'print_output_file: {self.out}\nprint_refresh_time: 3600\nprint_history: 1h\n'
                       'nfacctd_time_new: true\nprint_output_file_append: true\n'
                       f'plugin_pipe_size: {BUFFER}\nplugin_buffer_size: 65536\nprint_cache_entries: 65537\n')
        return subprocess.Popen(['nfacctd', '-f', config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def records(self):
        with open(self.out, encoding='utf-8') as file:
            return sum(json.loads(line).get('flows', 0) for line in file if line.startswith('{'))


class Weir:
    name, programs, stop = 'weir', (), signal.SIGTERM

    def __init__(self, build):
        self.weir = os.path.join(build, 'weir')

    def start(self, port, place):
        self.place = place
        return subprocess.Popen([self.weir, '-i', f'udp://127.0.0.1:{port}', '--data-dir', place,
                                 '-w', str(free_port(socket.SOCK_STREAM))],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def records(self):
        with open(os.path.join(self.place, 'last-ledger.json'), encoding='utf-8') as file:
            lines = json.load(file)['interfaces'][0]['ledger']['lines']
        terms = [term for line in lines if line['id'] == 'L4' for term in line['terms']]
        return next((term['value'] for term in terms if term['name'] == 'counted at flows'), 0)


def line_of(variant, **more):
    """All members that a line of the bench has."""
    line = {'bench': 'peers', 'variant': variant, 'packet_bytes': 0, 'hosts': 0, 'pps': 0, 'ns_p5': 0, 'ns_p50': 0,
            'floor_pps': 0, 'rss_bytes': 0, 'bytes_per_flow': 0, 'bytes_per_host': 0}
    line.update(more)
    return line


def peak_of(pid):
    total = 0
    for member in family(pid):
        with open(f'/proc/{member}/status', encoding='ascii') as file:
            total += int(re.search(r'VmHWM:\s*(\d+)', file.read()).group(1)) * 1024
    return total


def collect(build, peer, rate):
    """One collector, all datagrams at one rate."""
    with tempfile.TemporaryDirectory(prefix='weir-peers-') as place:
        port = free_port()
        program = peer.start(port, place)
        try:
            wait_for(lambda: udp_socket(port) or program.poll() is not None, f'{peer.name} to listen')
            if program.poll() is not None:
                raise RuntimeError(f'{peer.name} ended at once')
            wait_for(lambda: is_quiet(program.pid, port), f'{peer.name} to be ready')
            before = cpu_of(program.pid)
            out = subprocess.run([f'{build}/tests/tools/send_train', str(port), 'v9', str(FLOWS), str(MESSAGES),
                                  str(rate)], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
            sent, records, took = (float(word) for word in out.stdout.split()[:3])
            wait_for(lambda: is_quiet(program.pid, port), f'{peer.name} to be done')
            cpu, peak, dropped = cpu_of(program.pid) - before, peak_of(program.pid), udp_socket(port)[1]
        finally:
            program.send_signal(peer.stop)
            try:
                program.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                program.kill()
        told = peer.records()
    taken = records * (sent - dropped) / sent if told is None else told
    return line_of(f'{peer.name} collects', pps=round(taken / cpu), rss_bytes=peak,
                   offered_rate=rate or round(sent / took), is_most=rate == 0, records=int(records), records_lost=int(records - taken),
                   datagrams_dropped=dropped, cpu_s_per_million=cpu / taken * 1e6 if taken else 0)


# ---- Probes -----------------------------------------------------------------------------------------------------


def make_capture(path):
    """Short frames of two-way traffic, flows in any order."""
    luck = random.Random(4)
    heads = []
    for i in range(PCAP_FLOWS):
        a, b = 0x0a000000 + i, 0x0b000000 + (i * 2654435761 + 12345) % PCAP_FLOWS
        ports = (1024 + luck.randrange(60000), 443)
        for (src, dst), (sport, dport) in (((a, b), ports), ((b, a), ports[::-1])):
            ip = struct.pack('>BBHHHBBHII', 0x45, 0, 46, 1, 0, 64, 17, 0, src, dst)
            udp = struct.pack('>HHHH', sport, dport, 26, 0) + bytes(18)
            heads.append(b'\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0' + ip + udp)
    with open(path, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(PCAP_PACKETS):
            frame = heads[i % len(heads)] if i < len(heads) else luck.choice(heads)
            stamp = (1700000000 + i // 100000, i % 100000 * 10)
            file.write(struct.pack('<IIII', *stamp, len(frame), len(frame)) + frame)


class Counter:
    """A NetFlow v5 collector that only counts."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.flows = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            data = self.socket.recv(65536)
            if not data:
                return
            self.flows += struct.unpack('>H', data[2:4])[0]

    def end(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b'', ('127.0.0.1', self.port))
        self.thread.join(PATIENCE_S)
        self.socket.close()
        return self.flows


def probe(name, command):
    counter = Counter()
    program = subprocess.Popen([word.replace('PORT', str(counter.port)) for word in command],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode:
        raise RuntimeError(f'{name} ended with status {program.returncode}')
    flows, cpu = counter.end(), used.ru_utime + used.ru_stime
    return line_of(f'{name} exports', packet_bytes=60, hosts=PCAP_FLOWS, pps=round(PCAP_PACKETS / cpu),
                   rss_bytes=used.ru_maxrss * 1024, cpu_s_per_million=cpu / PCAP_PACKETS * 1e6, flows_exported=flows,
                   flows_there=2 * PCAP_FLOWS)


def probes(build, wanted):
    with tempfile.TemporaryDirectory(prefix='weir-peers-') as place:
        capture = os.path.join(place, 'made.pcap')
        make_capture(capture)
        commands = {
            # With a control socket it never ends.
            'softflowd': ['softflowd', '-d', '-r', capture, '-n', '127.0.0.1:PORT', '-v', '5',
                          '-m', str(4 * PCAP_FLOWS), '-p', place + '/pid', '-c', 'none'],
            'weir': [f'{build}/weir', 'probe', '-i', capture, '-n', '127.0.0.1:PORT', '-V', '5', '--data-dir', place]}
        for name, command in commands.items():
            if wanted(f'{name} exports') and (name == 'weir' or shutil.which(name)):
                yield probe(name, command)
            elif wanted(f'{name} exports'):
                yield line_of(f'{name} exports', note='not installed')


def lines(build, wanted):
    for peer in (Weir(build), Nfcapd(), Nfacctd()):
        if not wanted(f'{peer.name} collects'):
            continue
        if not all(shutil.which(program) for program in peer.programs):
            yield line_of(f'{peer.name} collects', note='not installed')
            continue
        for rate in RATES:
            yield collect(build, peer, rate)
    yield from probes(build, wanted)


def main():
    if len(sys.argv) < 2 or (len(sys.argv) > 2 and sys.argv[2] != 'only'):
        sys.exit(__doc__)
    words = sys.argv[3:]
    for line in lines(sys.argv[1], lambda name: not words or any(word in name for word in words)):
        print(json.dumps(line), flush=True)


if __name__ == '__main__':
    main()
