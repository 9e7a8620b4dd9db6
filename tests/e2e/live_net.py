"""live_net.py - what tests on live interfaces share: a network namespace of their own, a pair of
interfaces, frames made byte by byte, and a sender."""
import os
import signal
import socket
import struct
import subprocess
import sys
import time

MAC_A, MAC_B = bytes.fromhex('020000000001'), bytes.fromhex('020000000002')


class Skipped(Exception):
    """Raised by a test that cannot be run here, with the reason."""


def ip(*words):
    subprocess.run(['ip', *words], check=True)


def ether(payload, kind=0x0800, tags=(), out=False):
    head = (MAC_B + MAC_A) if out else (MAC_A + MAC_B)
    for tpid, vid in tags:
        head += struct.pack('>HH', tpid, vid)
    frame = head + struct.pack('>H', kind) + payload
    return frame + bytes(max(0, 60 - len(frame)))


def ipv4(src, dst, sport=1000, dport=2000, size=20, fragment=0, proto=17):
    body = struct.pack('>HHHH', sport, dport, 8 + size, 0) + bytes(size)
    flags = 0x2000 if fragment == 0 and proto == 0 else fragment
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(body), 7, flags, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head + body


def ipv6(src, dst, size=20):
    body = struct.pack('>HHHH', 1000, 2000, 8 + size, 0) + bytes(size)
    return struct.pack('>IHBB16s16s', 0x60000000, len(body), 17, 64, socket.inet_pton(socket.AF_INET6, src),
                       socket.inet_pton(socket.AF_INET6, dst)) + body


class Sender:
    def __init__(self, name):
        self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.s.bind((name, 0))

    def send(self, frame, times=1):
        for _ in range(times):
            while True:
                try:
                    self.s.send(frame)
                    break
                except OSError as e:
                    if e.errno != 105:  # ENOBUFS
                        raise
                    time.sleep(0.0005)


def equal(name, have, want):
    if have != want:
        raise AssertionError('%s is %r, not %r' % (name, have, want))


def wait_carrier(name):
    """Until the kernel sends through the interface again, which it decides a moment after its peer is up."""
    for _ in range(200):
        show = subprocess.run(['ip', '-br', 'link', 'show', name], capture_output=True, text=True, check=True).stdout
        if show.split()[1] == 'UP':
            break
        time.sleep(0.02)
    time.sleep(0.05)


def veth():
    subprocess.run(['ip', 'link', 'del', 'wa'], stderr=subprocess.DEVNULL)
    subprocess.run(['ip', 'link', 'del', 'wb'], stderr=subprocess.DEVNULL)
    ip('link', 'add', 'wa', 'type', 'veth', 'peer', 'name', 'wb')
    ip('link', 'set', 'wa', 'up')
    ip('link', 'set', 'wb', 'up')
    wait_carrier('wa')


def run_tests(names):
    """Runs every test_* of names in a network namespace of its own and leaves the process. The last
    line is `N passed, N failed, N skipped`. Words behind `only` choose tests by a part of their name."""
    # A shell that runs this in the background ignores SIGINT, and what is started here would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    words = sys.argv[sys.argv.index('only') + 1:] if 'only' in sys.argv else []
    tests = [(n, f) for n, f in names.items()
             if n.startswith('test_') and (not words or any(w in n for w in words))]
    why = None
    if os.geteuid() != 0:
        why = 'needs root for network namespaces'
    elif subprocess.run(['unshare', '-n', 'true'], stderr=subprocess.DEVNULL, check=False).returncode:
        why = 'no network namespaces here'
    if why:
        print('skipped: ' + why)
        print('0 passed, 0 failed, %d skipped' % len(tests))
        sys.exit(0)
    if os.environ.get('WEIR_IN_NAMESPACE') != '1':
        os.environ['WEIR_IN_NAMESPACE'] = '1'
        sys.stdout.flush()
        os.execvp('unshare', ['unshare', '-n', sys.executable, *sys.argv])
    ip('link', 'set', 'lo', 'up')
    # The kernel's own neighbour discovery would be counted too.
    for which in ('all', 'default'):
        try:
            with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % which, 'w', encoding='ascii') as f:
                f.write('1')
        except OSError:
            pass
    failed = skipped = 0
    for name, test in tests:
        start = time.monotonic()
        try:
            test()
            print('ok   %s (%.1f s)' % (name, time.monotonic() - start), flush=True)
        except Skipped as e:
            skipped += 1
            print('skip %s: %s' % (name, e), flush=True)
        except Exception as e:  # a test that breaks is a test that fails
            failed += 1
            print('FAIL %s: %s: %s' % (name, type(e).__name__, e), flush=True)
    print('%d passed, %d failed, %d skipped' % (len(tests) - failed - skipped, failed, skipped))
    sys.exit(1 if failed else 0)
