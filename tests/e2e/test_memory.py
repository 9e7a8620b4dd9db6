#!/usr/bin/env python3
"""--memory is a ceiling of the whole process: a flood of SYNs is read from a file with little memory,
and what the kernel says of the process stays below it, the books close, conversations are whole.

    test_memory.py [only WORD...]      WEIR names the program, default build/weir
"""
import json
import os
import random
import struct
import subprocess
import tempfile

from live_net import equal, run_tests

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEIR = os.path.abspath(os.environ.get('WEIR', os.path.join(ROOT, 'build/weir')))
MB = 1024 * 1024
STEADY, STRANGERS = 500, 400000
SERVER = 0xc0000201
SYN, ACK = 2, 16

folder = tempfile.TemporaryDirectory(prefix='weir-memory-')


def frame(src, dst, sport, dport, flags):
    ip = struct.pack('>BBHHHBBHII', 0x45, 0, 40, 0, 0, 64, 6, 0, src, dst)
    tcp = struct.pack('>HHIIBBHHH', sport, dport, 1, 0, 0x50, flags, 1000, 0, 0)
    return b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + tcp


def flood():
    """Conversations, then five seconds of SYNs from everywhere with a packet of them here and there."""
    path = os.path.join(folder.name, 'flood.pcap')
    if os.path.exists(path):
        return path
    seed = random.Random(7)
    with open(path, 'wb', buffering=MB) as f:
        def write(t, data):
            f.write(struct.pack('<IIII', int(t), int(t % 1 * 1e6), len(data), len(data)) + data)
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(STEADY):
            t, client = 1700000000.1 + i * 1e-4, 0x0a000000 + i
            write(t, frame(client, SERVER, 40000, 443, SYN))
            write(t + 1e-5, frame(SERVER, client, 443, 40000, SYN | ACK))
            write(t + 2e-5, frame(client, SERVER, 40000, 443, ACK))
        for i in range(STRANGERS):
            t = 1700000001 + 5.0 * i / STRANGERS
            write(t, frame(seed.randrange(0x10000000, 0xdf000000), SERVER,
                           seed.randrange(1024, 65000), 80, SYN))
            if i % 20 == 0:
                write(t, frame(0x0a000000 + i // 20 % STEADY, SERVER, 40000, 443, ACK))
    return path


def run(*words):
    """Exit code, output, complaints and highest resident memory of one run."""
    out = os.path.join(folder.name, 'out')
    errors = os.path.join(folder.name, 'errors')
    with open(out, 'wb') as o, open(errors, 'wb') as e:
        child = subprocess.Popen([WEIR, *words], stdout=o, stderr=e)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    with open(out, encoding='utf-8') as o, open(errors, encoding='utf-8') as e:
        return child.returncode, o.read(), e.read(), usage.ru_maxrss * 1024


def test_a_flood_is_read_below_the_ceiling_and_the_books_close():
    for size in (40, 64):
        code, out, errors, peak = run('ledger', '--check', '--json', '--memory', '%dM' % size, flood())
        equal('exit code', code, 0)
        equal('complaints', errors, '')
        assert peak < size * MB * 1.01, 'peak %d of %d MB' % (peak / MB, size)
        equal('closes', json.loads(out.splitlines()[-1])['ledger']['closes'], True)


def test_conversations_are_whole_and_told_once():
    code, out, errors, peak = run('read', '-o', 'json', '--filter', 'srv.port=443',
                                  '--memory', '48M', flood())
    equal('exit code and complaints', (code, errors), (0, ''))
    assert peak < 48 * MB * 1.01, 'peak %d MB' % (peak / MB)
    flows = [json.loads(line) for line in out.splitlines()]
    equal('conversations', len(flows), STEADY)
    packets = sum(f['IN_PKTS'] + f['OUT_PKTS'] for f in flows)
    equal('their packets', packets, 3 * STEADY + STRANGERS // 20)


def test_records_have_room_beside_the_tables():
    code, _, errors, peak = run('read', '-o', 'report', '--memory', '300M', flood())
    equal('exit code and complaints', (code, errors), (0, ''))
    assert peak < 300 * MB * 1.01, 'peak %d MB' % (peak / MB)


def test_too_little_memory_is_an_error_that_says_how_much_is_needed():
    code, _, errors, _ = run('read', '-o', 'none', '--memory', '8M', flood())
    equal('exit code', code, 2)
    assert '--memory 8M is too little: at least ' in errors, errors
    least = errors.split('at least ')[1].split('M ')[0]
    equal('with that', run('read', '-o', 'none', '--memory', '%dM' % (int(least) + 4), flood())[0], 0)


if __name__ == '__main__':
    run_tests(globals())
