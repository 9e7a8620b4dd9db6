#!/usr/bin/env python3
"""AF_XDP on veth in a network namespace of its own: every frame counted once, in the driver's mode and the
kernel's, over one queue and several; drops exact; interfaces that come and go survived; nothing left behind.

    test_live_xdp.py [only WORD...]      SOURCE_DUMP and WEIR name other programs than those in build/
"""
import json
import os
import subprocess
import time

from live_net import Sender, Skipped, equal, ether, ip, ipv4, run_tests, veth, wait_carrier
from test_live_capture import DUMP, Dump, fails
from test_live_weir import CAPTURES, Monitor, frames_of, same_as_file


def needs_xdp():
    """A pair of interfaces, on kernels and builds that know AF_XDP."""
    veth()
    p = subprocess.run([DUMP, '-s', '0.1', 'xdp:wb'], capture_output=True, text=True, check=False)
    for word in ('built without', 'Linux 5.9', 'not permitted', 'may not load', 'no AF_XDP socket'):
        if word in p.stderr:
            raise Skipped(p.stderr.strip())
    subprocess.run(['ethtool', '-K', 'wb', 'rxvlan', 'off'], check=True, capture_output=True)


def pair(queues, peers):
    """A pair whose end wb has so many receive queues, and wa so many to send from."""
    for name in ('wa', 'wb'):
        subprocess.run(['ip', 'link', 'del', name], stderr=subprocess.DEVNULL, check=False)
    # A veth that hears on fewer queues than its peer sends from takes no program in its driver.
    ip('link', 'add', 'wa', 'numtxqueues', str(peers), 'numrxqueues', str(peers), 'type', 'veth', 'peer', 'name', 'wb',
       'numtxqueues', str(queues), 'numrxqueues', str(queues))
    ip('link', 'set', 'wa', 'up')
    ip('link', 'set', 'wb', 'up')
    wait_carrier('wa')
    subprocess.run(['ethtool', '-K', 'wb', 'rxvlan', 'off'], check=True, capture_output=True)


def programs_on(name):
    show = subprocess.run(['ip', '-j', 'link', 'show', name], capture_output=True, text=True, check=True).stdout
    return 'xdp' in json.loads(show)[0]


def lost_on_the_way():
    """Frames that wa gave up because wb's receive queue, of 256 frames, was full: they never arrived."""
    show = subprocess.run(['ip', '-s', '-j', 'link', 'show', 'wa'], capture_output=True, text=True, check=True).stdout
    return json.loads(show)[0]['stats64']['tx']['dropped']


def send_mixture(sender, n):
    """n frames of many addresses and lengths; their bytes."""
    total = 0
    for i in range(n):
        frame = ether(ipv4('10.0.%d.%d' % (i >> 8 & 255, i & 255), '10.9.9.9', size=i % 900))
        sender.send(frame)
        total += len(frame)
        if i % 100 == 99:
            time.sleep(0.001)
    return total


def test_every_frame_is_counted_once_in_the_driver():
    needs_xdp()
    d, s = Dump('xdp:wb'), Sender('wa')
    equal('kind', d.open['kind'], 'xdp')
    d.wait_state('up: copied by the driver, 1 queue"', 2)
    total = send_mixture(s, 20000)
    t = d.stop()
    equal('received', (t['received'], t['received_bytes'], t['dropped']), (20000, total, 0))


def test_every_frame_is_counted_once_in_the_kernel():
    needs_xdp()
    pair(1, 4)
    d, s = Dump('xdp:wb'), Sender('wa')
    d.wait_state('up: copied by the kernel, 1 queue"', 2)
    total = send_mixture(s, 20000)
    t = d.stop()
    equal('received', (t['received'], t['received_bytes'], t['dropped']), (20000, total, 0))


def test_queues_are_dealt_out_to_workers():
    needs_xdp()
    for workers in (1, 2, 4):
        pair(4, 4)
        d, s = Dump('-w', str(workers), 'xdp:wb'), Sender('wa')
        equal('workers', d.open['workers'], workers)
        d.wait_state('up: copied by the driver, 4 queues"', 2)
        total = send_mixture(s, 8000)
        t = d.stop()
        equal('received', (t['received'], t['received_bytes'], t['dropped']), (8000, total, 0))
    pair(2, 2)
    text = fails('-w', '3', 'xdp:wb')
    assert '3 workers' in text and '2 receive queues' in text, text


def test_queues_that_are_added_are_read():
    needs_xdp()
    pair(4, 4)
    for name in ('wa', 'wb'):
        subprocess.run(['ethtool', '-L', name, 'rx', '1', 'tx', '1'], check=True, capture_output=True)
    d, s = Dump('xdp:wb'), Sender('wa')
    send_mixture(s, 100)
    d.wait_state('1 queue"', 2)
    for name in ('wb', 'wa'):
        subprocess.run(['ethtool', '-L', name, 'rx', '4', 'tx', '4'], check=True, capture_output=True)
    d.wait_state('4 queues"', 3)
    wait_carrier('wa')
    send_mixture(s, 4000)
    t = d.stop()
    equal('received', (t['received'], t['dropped']), (4100, 0))


def test_frames_are_seen_as_they_were_sent():
    needs_xdp()
    sent = [ether(ipv4('10.0.0.1', '10.0.0.2'), tags=tags)
            for tags in ([(0x8100, 5)], [(0x88a8, 0x2007)], [(0x8100, 9), (0x8100, 10)], [])]
    d, s = Dump('-v', 'xdp:wb'), Sender('wa')
    for frame in sent:
        s.send(frame)
    d.stop()
    equal('frames', [f[3][:60] for f in d.frames()], [f[:60] for f in sent])


def test_a_frame_of_several_chunks_keeps_its_length():
    needs_xdp()
    for name in ('wa', 'wb'):
        ip('link', 'set', name, 'mtu', '9000')
    d, s = Dump('-v', 'xdp:wb'), Sender('wa')
    sizes = [1000, 1472, 3000, 8000, 100, 8958]
    for size in sizes:
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2', size=size)))
    t = d.stop()
    equal('received', (t['received'], t['received_bytes'], t['dropped']), (6, sum(sizes) + 6 * 42, 0))
    assert ' wire 9000 ' in ''.join(d.lines), d.lines


def test_filter_and_snaplen():
    needs_xdp()
    d, s = Dump('-B', 'udp dst port 53', '-l', '100', '-v', 'xdp:wb'), Sender('wa')
    for i in range(200):
        s.send(ether(ipv4('10.0.0.1', '10.0.0.2', dport=53 + i % 2, size=500)))
    t = d.stop()
    equal('received', (t['received'], t['received_bytes'], t['filtered'], t['dropped']), (100, 100 * 542, 100, 0))
    assert 'cap 100 wire 542' in ''.join(d.lines), d.lines


def test_flood_is_counted_exactly():
    needs_xdp()
    frames = [ether(ipv4('10.0.%d.%d' % (i >> 8, i & 255), '10.9.9.9', size=400)) for i in range(2000)]
    for queues, peers, workers in ((1, 1, '1'), (1, 4, '1'), (2, 2, '2')):
        pair(queues, peers)
        # A reader that dawdles, over the smallest ring: most must be lost, and said to be lost.
        d, s = Dump('-r', '1', '-d', '25', '-w', workers, 'xdp:wb'), Sender('wa')
        for _ in range(20):
            for f in frames:
                s.send(f)
        time.sleep(1.5)  # until it has read the ring empty
        t = d.stop()
        equal('received + dropped + lost on the way', t['received'] + t['dropped'] + lost_on_the_way(), 40000)
        assert t['dropped'] > 1000 and t['ring_full'] > 0, t


def test_down_and_up_again():
    needs_xdp()
    d, s = Dump('xdp:wb'), Sender('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
    ip('link', 'set', 'wb', 'down')
    d.wait_state('down', 1)
    before = d.cpu()
    time.sleep(2)
    assert d.cpu() - before <= 0.06, 'busy while the interface is down: %.3f s of 2' % (d.cpu() - before)
    ip('link', 'set', 'wb', 'up')
    d.wait_state('"up', 1)
    wait_carrier('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
    t = d.stop()
    equal('received', (t['received'], t['dropped']), (20, 0))


def test_down_at_start():
    needs_xdp()
    ip('link', 'set', 'wb', 'down')
    d = Dump('xdp:wb')
    d.wait_state('down', 1)
    ip('link', 'set', 'wb', 'up')
    d.wait_state('"up', 2)
    wait_carrier('wa')
    Sender('wa').send(ether(ipv4('10.0.0.1', '10.0.0.2')), 10)
    equal('received', d.stop()['received'], 10)


def test_deleted_and_made_again():
    needs_xdp()
    for workers in ('1', '2'):
        pair(2, 2)
        d = Dump('-w', workers, 'xdp:wb')
        send_mixture(Sender('wa'), 300)
        ip('link', 'del', 'wb')
        d.wait_state('absent', 1)
        before = d.cpu()
        time.sleep(2)
        assert d.cpu() - before <= 0.06, 'busy while the interface is away'
        pair(2, 2)
        d.wait_state('"up', 3)
        time.sleep(1.2)
        send_mixture(Sender('wa'), 300)
        t = d.stop()
        equal('received', (t['received'], t['dropped']), (600, 0))


def test_renamed():
    needs_xdp()
    d, s = Dump('xdp:wb'), Sender('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 5)
    ip('link', 'set', 'wb', 'down')
    ip('link', 'set', 'wb', 'name', 'wc')
    ip('link', 'set', 'wc', 'up')
    d.wait_state('now called wc', 2)
    wait_carrier('wa')
    s.send(ether(ipv4('10.0.0.1', '10.0.0.2')), 5)
    equal('received', d.stop()['received'], 10)
    ip('link', 'del', 'wc')


def test_quiet_interface_costs_nothing():
    needs_xdp()
    d = Dump('xdp:wb')
    before = d.cpu()
    time.sleep(3)
    assert d.cpu() - before <= 0.03, 'busy while nothing comes: %.3f s of 3' % (d.cpu() - before)
    d.stop()


def test_nothing_stays_on_the_interface():
    needs_xdp()
    d = Dump('xdp:wb')
    equal('a program while it runs', programs_on('wb'), True)
    d.stop()
    equal('a program after it stopped', programs_on('wb'), False)
    d = Dump('xdp:wb')
    d.p.kill()
    d.p.communicate()
    time.sleep(0.3)
    equal('a program after it was killed', programs_on('wb'), False)


def test_promiscuous_while_it_runs():
    needs_xdp()

    def promiscuity():
        show = subprocess.run(['ip', '-d', '-j', 'link', 'show', 'wb'], capture_output=True, text=True, check=True)
        return json.loads(show.stdout)[0]['promiscuity']
    d = Dump('xdp:wb')
    equal('while it runs', promiscuity(), 1)
    d.stop()
    equal('afterwards', promiscuity(), 0)
    d = Dump('-q', 'xdp:wb')
    equal('when not wanted', promiscuity(), 0)
    d.stop()


def test_what_cannot_be_opened_is_said():
    needs_xdp()
    assert 'interfaces are' in fails('xdp:wx')
    assert 'syntax' in fails('-B', 'udp prt 5', 'xdp:wb').lower()
    text = fails('xdp:wb', user='65534').splitlines()[-1]
    assert 'setcap' in text and DUMP in text, text
    d = Dump('xdp:wb')
    text = fails('xdp:wb')
    assert 'another program' in text, text
    d.stop()


def test_the_machine_is_not_cut_off():
    needs_xdp()
    ip('addr', 'add', '10.77.0.1/24', 'dev', 'wb')
    d = Dump('xdp:wb')
    d.wait_state('takes what is for 10.77.0.1"', 2)
    d.stop()
    assert 'takes all packets away' in d.err, d.err
    ip('route', 'add', 'default', 'via', '10.77.0.2')
    text = fails('xdp:wb')
    assert 'default route' in text and '-i wb' in text, text
    ip('route', 'del', 'default')
    ip('addr', 'del', '10.77.0.1/24', 'dev', 'wb')
    # The same through a bridge that the interface is a member of.
    ip('link', 'add', 'wbr', 'type', 'bridge')
    ip('link', 'set', 'wb', 'master', 'wbr')
    ip('addr', 'add', '10.77.0.1/24', 'dev', 'wbr')
    ip('link', 'set', 'wbr', 'up')
    ip('route', 'add', 'default', 'via', '10.77.0.2')
    # The files of /sys are those of the namespace in which they were mounted.
    p = subprocess.run(['unshare', '-m', 'sh', '-c', 'mount -t sysfs none /sys && exec "$0" -s 0.1 xdp:wb', DUMP],
                       capture_output=True, text=True, check=False)
    ip('link', 'del', 'wbr')
    assert 'default route' in p.stderr, p.stderr


def test_a_user_with_capabilities_may_capture():
    needs_xdp()
    may = '+net_raw,+net_admin,+bpf'
    for more, ring, word in ((',+ipc_lock', '32', '"open"'), ('', '4', '"open"'), ('', '64', 'cap_ipc_lock')):
        p = subprocess.run(['prlimit', '--memlock=8388608', 'setpriv', '--reuid', '65534', '--clear-groups', '--inh-caps',
                            may + more, '--ambient-caps', may + more, DUMP, '-r', ring, '-s', '0.1', 'xdp:wb'],
                           capture_output=True, text=True, check=False)
        assert word in p.stdout + p.stderr, (more, ring, p.stdout, p.stderr)


def test_captures_give_the_same_flows_as_from_a_file():
    needs_xdp()
    frames = []
    for name in sorted(os.listdir(CAPTURES)):
        frames += frames_of(os.path.join(CAPTURES, name))
    same_as_file(frames, '--flow-active', '86400', interface='xdp:wb')


def test_the_monitor_tells_what_it_lost():
    needs_xdp()
    m, s = Monitor('-i', 'xdp:wb', '--ring', '1M'), Sender('wa')
    try:
        row = m.get('/interfaces')['data'][0]
        equal('name and kind', (row['name'], row['kind']), ('wb', 'xdp'))
        m.p.send_signal(19)
        for _ in range(20000):
            s.send(ether(ipv4('10.0.0.1', '10.9.9.9')))
        time.sleep(0.2)
        m.p.send_signal(18)
        lost = lost_on_the_way()
        t = m.settle(20000 - lost)
        equal('received + dropped + lost on the way', t['received'] + t['kernel_dropped'] + lost, 20000)
        assert t['kernel_dropped'] > 10000, t['kernel_dropped']
    finally:
        m.stop()


if __name__ == '__main__':
    run_tests(globals())
