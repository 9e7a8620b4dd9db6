#!/usr/bin/env python3
"""The collector as a program, on loopback: exporters at several workers, restarts, overrun sockets; after each
run the ledger must close.

    test_collector.py [only WORD...]      WEIR names the program, default build/weir
"""
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from live_net import equal, run_tests

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEIR = os.path.abspath(os.environ.get('WEIR', os.path.join(ROOT, 'build/weir')))
folder = tempfile.TemporaryDirectory(prefix='weir-collector-')


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Monitor:
    """A weir that collects on a port of its own."""

    def __init__(self, *arguments, data=None, port=None):
        self.data = data or tempfile.mkdtemp(dir=folder.name)
        self.port = port or free_port(socket.SOCK_DGRAM)
        self.http = free_port(socket.SOCK_STREAM)
        self.process = subprocess.Popen(
            [WEIR, '-i', f'udp://127.0.0.1:{self.port}', '-w', f'127.0.0.1:{self.http}', '-d', self.data,
             '--memory', '1G', *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.wait(lambda: self.get('/summary'))

    def get(self, path):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.http}/api/v1{path}', timeout=5) as r:
            return json.load(r)

    def wait(self, done, seconds=20):
        """What done() says as soon as it says anything."""
        end = time.monotonic() + seconds
        while True:
            try:
                got = done()
                if got:
                    return got
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    raise AssertionError(self.process.stderr.read())
            if time.monotonic() > end:
                raise AssertionError('waited in vain')
            time.sleep(0.02)

    def ledger(self):
        return self.get('/ledger')['data']

    def received(self, n):
        """Waits until so many datagrams were received or dropped by the kernel."""
        self.wait(lambda: term(self.ledger(), 'L1', 'packets', None) == n)

    def flows(self):
        return self.get('/flows?limit=100')['data']

    def stop(self):
        """Ends it as Ctrl-C does. The ledger that it leaves, which closes."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=20)
        equal('status', self.process.returncode, 0)
        return self.left_by(f'udp://127.0.0.1:{self.port}')

    def left_by(self, name):
        """One ledger of the last run."""
        left = subprocess.run([WEIR, 'ledger', '--check', '--json', '-w', '127.0.0.1:1', '-d', self.data],
                              capture_output=True, text=True, timeout=20)
        if left.returncode:
            raise AssertionError('the ledger does not close: ' + left.stdout)
        all_of_it = [json.loads(line) for line in left.stdout.splitlines()]
        return next(one['ledger'] for one in all_of_it if one['name'] == name)


def term(ledger, line_id, unit, name):
    """A term of the first such line of the ledger, None: its left side."""
    for line in ledger['lines']:
        if line['id'] == line_id and line['unit'] == unit:
            return line['left'] if name is None else next(t['value'] for t in line['terms'] if t['name'] == name)
    return None


def v5(sequence, client=1, octets=6000, packets=10):
    """One flow of client 10.0.0.N to 192.0.2.1, which lasted from 10 to 5 seconds ago."""
    head = struct.pack('>HHIIIIBBH', 5, 1, 1000000, int(time.time()), 0, sequence, 0, 0, 0)
    return head + struct.pack('>4s4s4sHHIIIIHHBBBBHHBBH', bytes([10, 0, 0, client]), bytes([192, 0, 2, 1]),
                              bytes(4), 3, 7, packets, octets, 990000, 995000, 50000, 443, 0, 0x10, 6, 0, 0, 0,
                              0, 0, 0)


def v9(sequence, template=True, data=True):
    """A template of four fields and a record of it: 1000 octets in 4 packets."""
    sets = b''
    if template:
        fields = struct.pack('>10H', 8, 4, 12, 4, 1, 4, 2, 4, 4, 1)
        sets += struct.pack('>HHHH', 0, 8 + len(fields), 300, 5) + fields
    if data:
        record = bytes([10, 0, 0, 1, 192, 0, 2, 1]) + struct.pack('>IIB', 1000, 4, 17)
        sets += struct.pack('>HH', 300, 4 + len(record) + 3) + record + bytes(3)
    return struct.pack('>HHIIII', 9, template + data, 1000000, int(time.time()), sequence, 7) + sets


def exporter(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 0))
    return s


def test_a_flow_on_eight_routers_counts_once_over_four_workers():
    m = Monitor('--workers', '4')
    routers = [exporter(f'127.0.0.{n}') for n in range(1, 9)]
    for client in range(20):
        for r in routers:
            r.sendto(v5(client, client), ('127.0.0.1', m.port))
    m.received(160)
    rows = m.wait(lambda: len(m.flows()) == 20 and m.flows())
    equal('bytes of all flows', sum(f['bytes'] for f in rows), 20 * 6000)
    ledger = m.stop()
    equal('records', term(ledger, 'L4', 'records', None), 160)
    equal('told twice', [r['packets'] for r in ledger['reasons'] if r['name'] == 'record_dup'], [140])


def test_templates_survive_a_restart_at_whichever_worker():
    data = tempfile.mkdtemp(dir=folder.name)
    routers = [exporter(f'127.0.0.{n}') for n in range(1, 5)]
    port = free_port(socket.SOCK_DGRAM)
    m = Monitor(data=data, port=port)
    for r in routers:
        r.sendto(v9(1, data=False), ('127.0.0.1', port))
    m.received(4)
    equal('records', term(m.stop(), 'L4', 'records', None), 0)
    # Once more without a word of the exporters: what is remembered is kept on.
    Monitor(data=data, port=port).stop()
    m = Monitor('--workers', '3', data=data, port=port)
    for r in routers:
        r.sendto(v9(2, template=False), ('127.0.0.1', port))
    m.received(4)
    ledger = m.stop()
    equal('accepted', term(ledger, 'L4', 'records', 'accepted'), 4)
    equal('without template', term(ledger, 'L4', 'records', 'without template'), 0)


def test_data_that_still_waits_for_its_template_at_the_end_is_counted():
    m = Monitor()
    exporter('127.0.0.1').sendto(v9(1, template=False), ('127.0.0.1', m.port))
    m.received(1)
    equal('while it waits', term(m.ledger(), 'L4', 'records', None), 0)
    equal('without template', term(m.stop(), 'L4', 'records', 'without template'), 1)


def overrun(*arguments):
    """More than a small socket buffer holds, while Weir is stopped: the kernel drops the most."""
    sent = 0
    m = Monitor('--ring', '16K', *arguments)
    routers = [exporter(f'127.0.0.{n}') for n in range(1, 9)]
    for dense in (False, True):
        if dense:
            m.process.send_signal(signal.SIGSTOP)
        for n in range(1000):
            routers[n % 8].sendto(v5(n // 8, n % 250), ('127.0.0.1', m.port))
        sent += 1000
        m.process.send_signal(signal.SIGCONT)
    ledger = m.stop()
    received, dropped = (term(ledger, 'L1', 'packets', name) for name in ('handed to Weir', 'dropped by the kernel'))
    equal('received and dropped', received + dropped, sent)
    equal('that it was too much', 900 < dropped < 2000, True)
    equal('records', term(ledger, 'L4', 'records', None), received)


def test_received_and_dropped_by_the_kernel_are_what_was_sent():
    overrun()


def test_received_and_dropped_are_what_was_sent_to_three_workers():
    overrun('--workers', '3')


def lines_of(ledger, line_id):
    return {line['left_name']: line for line in ledger['lines'] if line['id'] == line_id}


def test_every_record_for_an_export_is_sent_or_dropped_under_a_reason():
    """One collector is there, one is not."""
    port = free_port(socket.SOCK_DGRAM)
    there = exporter('127.0.0.1')
    m = Monitor('--export', f'ipfix://127.0.0.1:{there.getsockname()[1]},ipfix+tcp://127.0.0.1:{port}')
    s = exporter('127.0.0.2')
    for client in range(50):
        s.sendto(v5(client, client), ('127.0.0.1', m.port))
    m.received(50)
    equal('exports in the running ledger', len(lines_of(m.ledger(), 'L5')), 2)
    m.stop()
    left = m.left_by('exports')
    lines = lines_of(left, 'L5')
    equal('closes', left['closes'], True)
    equal('for both exports', lines['told by flows, for each export']['left'], 100)
    terms = [{t['name']: t['value'] for t in line['terms']} for name, line in lines.items() if '://' in name]
    equal('of the first', terms[0], {'sent': 50})
    equal('of the second', terms[1], {'sent': 0, 'not_connected': 50})


if __name__ == '__main__':
    run_tests(globals())
