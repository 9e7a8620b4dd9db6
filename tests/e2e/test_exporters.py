#!/usr/bin/env python3
"""Real exporters on loopback: what softflowd, pmacctd, fprobe, nfreplay and Open vSwitch tell Weir of made
packets is what these packets are, host by host and flow by flow, to the byte.

    test_exporters.py [only WORD...]      WEIR names the program, default build/weir

Every exporter counts bytes by a rule of its own, named at each test. One that is not installed is told and
left out.
"""
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from collecting import Weir, records
from live_net import Sender, Skipped, equal, ether, ip, ipv4, run_tests, wait_carrier
from traffic import (Tap, hosts, ip_length, length_with_padding, packets, uniflows, wait_udp,
                     write_capture)

folder = tempfile.TemporaryDirectory(prefix='weir-exporters-')
PAGES, COLLECTOR = 4100, 2055
FILLER = '203.0.113.'


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(program + ' is not installed')


def place(name):
    return os.path.join(folder.name, name)


def same(name, have, want):
    """Two tables; told is what differs."""
    differs = {k: (have.get(k), want.get(k)) for k in {**have, **want} if have.get(k) != want.get(k)}
    equal('%s: (have, want) of the first of %d that differ' % (name, len(differs)),
          dict(list(differs.items())[:3]), {})


def nothing_lost(weir):
    """Every record was accepted; nothing was missing, late or malformed."""
    for line in weir.get('/ledger')['data']['lines']:
        if line['id'] == 'L4':
            equal('what became of records: %r' % line, line['gap'], 0)
        if line['id'] == 'L4' and line['left_name'] == 'records received':
            equal('refused records in %r' % line, line['terms'][0]['value'], line['left'])
    for row in weir.rows('/exporters'):
        for key in ('lost_records', 'lost_messages', 'reordered', 'duplicate', 'no_template', 'malformed', 'restarts'):
            equal('%s of %r' % (key, row), row[key], 0)


def told(path):
    """[packets, bytes, first, last, flags] of each direction, as the records of a capture say."""
    sums = {}
    for r in records(path, '--collector-port', 'any', '--records', '--no-progress'):
        if 'RECORD_KIND' in r or r.get('IPV4_SRC_ADDR', '').startswith(FILLER):
            continue
        ends = [r.get('IPV4_%s_ADDR' % side) or r['IPV6_%s_ADDR' % side] for side in ('SRC', 'DST')]
        ports = [r.get('L4_SRC_PORT', 0), r.get('L4_DST_PORT', 0)]
        for turn, way in ((1, 'IN'), (-1, 'OUT')):
            if not r.get(way + '_PKTS'):
                continue
            one = sums.setdefault((*ends[::turn], *ports[::turn], r['PROTOCOL']), [0, 0, 1e15, 0, 0])
            one[0] += r[way + '_PKTS']
            one[1] += r[way + '_BYTES']
            one[2] = min(one[2], r['FIRST_MILLISECONDS'])
            one[3] = max(one[3], r['LAST_MILLISECONDS'])
            one[4] |= r.get('TCP_FLAGS' if way == 'IN' else 'REVERSE_TCP_FLAGS', 0)
    return sums


def without_icmp_ports(flows):
    """ICMP has no ports; exporters put type and code there, or nothing."""
    return {(k if k[4] in (6, 17) else (*k[:2], 0, 0, k[4])): v for k, v in flows.items()}


def stop(process):
    if process:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


def shown_hosts(weir):
    return {ip: sums for (ip, _), sums in weir.hosts().items() if not ip.startswith(FILLER)}


def through(name, export, made, length=ip_length, scale=1, is_told_once=True):
    """The exporter's datagrams, live into Weir and from their capture, against the packets. Each packet stands
    for as many as scale."""
    path = place(name + '.pcap')
    with Weir(PAGES, '-i', 'udp://127.0.0.1:%d' % COLLECTOR) as weir:
        tap = Tap(path, COLLECTOR)
        process = None
        try:
            process = export(tap.port)
            tap.wait_quiet()
        finally:
            tap.stop()
            stop(process)
        weir.wait_total('received', tap.count)
        weir.wait_total('ip_packets', len(made) * scale, 5)
        totals = weir.totals()
        equal('datagrams', totals['received'] + totals['kernel_dropped'], tap.count)
        want = {ip: [n * scale for n in sums] for ip, sums in hosts(made, length).items()}
        weir.wait(lambda: shown_hosts(weir) == want, 5)
        same('hosts', shown_hosts(weir), want)
        nothing_lost(weir)
    have, want = without_icmp_ports(told(path)), without_icmp_ports(uniflows(made, length))
    if is_told_once:
        same('flows', {k: v[:2] for k, v in have.items()}, {k: v[:2] for k, v in want.items()})
    return have, want, path


def same_life(have, want, slack_ms):
    """First and last packet of each flow, and its TCP flags."""
    for k, (_, _, first, last, flags) in want.items():
        for name, told_at, at in (('first', have[k][2], first), ('last', have[k][3], last)):
            equal('%s of %r, %d ms from the packet' % (name, k, told_at - at * 1000),
                  abs(told_at - at * 1000) <= slack_ms, True)
        equal('flags of %r' % (k,), have[k][4], flags)


def of_conversations(flows):
    """The same with first and last packet of either direction. ICMP has no ports by which they would meet."""
    both = {}
    for (src, dst, sport, dport, proto), one in flows.items():
        back = flows.get((dst, src, dport, sport, proto), one) if sport else one
        both[src, dst, sport, dport, proto] = [*one[:2], min(one[2], back[2]), max(one[3], back[3]), one[4]]
    return both


def softflowd(capture, *words):
    """softflowd answers questions on a socket by the side; from a file it must have none, else it waits."""
    def export(port):
        done = subprocess.run(['softflowd', '-d', '-a', '-r', capture, '-c', 'none', '-p', place('softflowd.pid'),
                               '-n', '127.0.0.1:%d' % port, *words], capture_output=True, timeout=60, text=True,
                              check=False)
        equal('status of softflowd: ' + done.stderr[-300:], done.returncode, 0)
    return export


def by_softflowd(version, *words, only_v4=False):
    """softflowd counts what stands behind the Ethernet header, padding included."""
    need('softflowd')
    made = packets(only_v4=only_v4)
    capture = write_capture(place('softflowd-in.pcap'), made)
    have, want, _ = through('softflowd', softflowd(capture, '-v', str(version), *words), made, length_with_padding)
    # Both directions are told with the times of the conversation. The header of NetFlow v9 knows whole
    # seconds only, and times are relative to it.
    same_life(have, of_conversations(want), 1000 if version == 9 else 10)


def test_softflowd_netflow_1():
    by_softflowd(1, only_v4=True)


def test_softflowd_netflow_5():
    by_softflowd(5, only_v4=True)


def test_softflowd_netflow_9():
    by_softflowd(9)


def test_softflowd_ipfix():
    by_softflowd(10)


def test_softflowd_biflow_with_addresses_of_ethernet():
    by_softflowd(10, '-b', '-T', 'ether', '-A', 'micro')


def test_softflowd_ipfix_over_tcp():
    need('softflowd')
    made = packets()
    capture = write_capture(place('softflowd-in.pcap'), made)
    with Weir(PAGES, '-i', 'ipfix://127.0.0.1:4739') as weir:
        softflowd(capture, '-v', '10', '-P', 'tcp')(4739)
        want = hosts(made, length_with_padding)
        weir.wait(lambda: shown_hosts(weir) == want)
        same('hosts', shown_hosts(weir), want)
        nothing_lost(weir)


def test_softflowd_sampled():
    """One packet in ten, counted: each stands for ten, and the rate is where the format has it."""
    need('softflowd')
    made = packets(flows=151, only_v4=True)
    capture = write_capture(place('softflowd-in.pcap'), made)
    seen = made[::10]
    for version, source in ((5, 'header'), (9, 'options'), (10, 'options')):
        _, _, path = through('softflowd', softflowd(capture, '-v', str(version), '-s', '10'), seen,
                             length_with_padding, scale=10)
        for r in records(path, '--collector-port', 'any', '--records'):
            if r.get('RECORD_KIND') == 'options':
                rate = r['SAMPLING_INTERVAL'] if version == 9 else r['samplingPacketSpace'] + 1
                equal('the rate told', rate, 10)
            else:
                equal('rate and source', (r['SAMPLING_INTERVAL'], r['SAMPLING_SOURCE']), (10, source))
        for f in records(path, '--collector-port', 'any', '--no-timeouts'):
            equal('packets as sent', f['RAW_IN_PKTS'] * 10, f['IN_PKTS'])
            equal('bytes as sent', f['RAW_IN_BYTES'] * 10, f['IN_BYTES'])


def test_softflowd_a_hundred_thousand_flows_at_once():
    """What the kernel could not keep for Weir is counted by it, and missed in the sequence; nothing else is."""
    need('softflowd')
    made = packets(count=120000, flows=100000)
    capture = write_capture(place('many.pcap'), made)
    with Weir(PAGES, '-i', 'udp://127.0.0.1:%d' % COLLECTOR) as weir:
        done = subprocess.run(['softflowd', '-d', '-a', '-r', capture, '-c', 'none', '-p', place('softflowd.pid'), '-v',
                               '9', '-m', '200000', '-n', '127.0.0.1:%d' % COLLECTOR], capture_output=True, timeout=60,
                              text=True, check=True)
        count, messages = map(int, re.search(r'\((\d+) records\) in (\d+) packets', done.stderr + done.stdout).groups())
        weir.wait(lambda: weir.totals()['received'] + weir.totals()['kernel_dropped'] >= messages)
        totals = weir.totals()
        equal('datagrams received and dropped by the kernel', totals['received'] + totals['kernel_dropped'], messages)
        weir.wait(lambda: weir.rows('/exporters')[0]['datagrams'] == totals['received'])
        exporter = weir.rows('/exporters')[0]
        equal('lost by sequence, unless the last ones', exporter['lost_messages'] <= totals['kernel_dropped'], True)
        if not totals['kernel_dropped']:
            equal('records', exporter['records'], count)
            nothing_lost(weir)
            weir.wait_total('ip_packets', len(made))
            equal('packets and bytes', [weir.totals()['ip_packets'], weir.totals()['ip_bytes']],
                  [len(made), sum(map(length_with_padding, made))])


def filler():
    """A packet between addresses that are compared with nothing."""
    return ether(ipv4(FILLER + '1', FILLER + '2'))


def pmacctd(capture, plugin, *lines):
    """pmacctd ends with the capture; its flows leave when it does."""
    def export(port):
        config = place('pmacctd.conf')
        with open(config, 'w', encoding='ascii') as f:
            f.write('daemonize: false\npcap_savefile: %s\nplugins: %s\n' % (capture, plugin))
            f.write('%s_receiver: 127.0.0.1:%d\n' % (plugin, port) + ''.join(line + '\n' for line in lines))
        subprocess.run(['pmacctd', '-f', config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                       check=False)
    return export


def by_nfprobe(version, only_v4=False):
    """nfprobe counts the length that the IP header says."""
    need('pmacctd')
    made = packets(only_v4=only_v4)
    capture = write_capture(place('pmacctd-in.pcap'), made)
    return through('nfprobe', pmacctd(
        capture, 'nfprobe', 'nfprobe_version: %d' % version,
        'aggregate: src_host, dst_host, src_port, dst_port, proto, tos, tcpflags',
        'nfprobe_timeouts: tcp=1:tcp.rst=1:tcp.fin=1:udp=1:icmp=1:general=1:maxlife=3600:expint=1'), made)
    same_life(have, want, 10)


def test_pmacctd_netflow_5():
    by_nfprobe(5, only_v4=True)


def test_pmacctd_netflow_9():
    by_nfprobe(9)


def test_pmacctd_ipfix():
    by_nfprobe(10)


def test_pmacctd_sflow():
    """Each packet is a sample with its header; Weir counts the length that its IP header says. sfprobe ends
    without sending its last datagram, so that packets of no interest stand behind."""
    need('pmacctd')
    made = packets()
    capture = write_capture(place('pmacctd-in.pcap'), made + [p._replace(frame=filler()) for p in made[-20:]])
    through('sfprobe', pmacctd(capture, 'sfprobe'), made)


def test_pmacctd_sampled():
    """One packet in ten, by lot: counters as sent stand beside those ten times as large, with the source of the
    rate."""
    need('pmacctd')
    made = packets(only_v4=True)
    capture, real = write_capture(place('pmacctd-in.pcap'), made), without_icmp_ports(uniflows(made))
    flows = ['aggregate: src_host, dst_host, src_port, dst_port, proto, tos, tcpflags', 'nfprobe_version: %d']
    for plugin, version, source in (('nfprobe', 5, 'header'), ('nfprobe', 9, 'options'), ('sfprobe', 0, 'header')):
        tap = Tap(place('sampled.pcap'))
        try:
            pmacctd(capture, plugin, 'sampling_rate: 10', *(flows[0], flows[1] % version) * (version > 0))(tap.port)
            tap.wait_quiet(0.5)
        finally:
            tap.stop()
        sent = without_icmp_ports(told(tap.path))
        equal('flows that are none of the packets', set(sent) - set(real), set())
        equal('flows with more packets than there were', [k for k in sent if sent[k][0] > real[k][0]], [])
        scaled = records(tap.path, '--collector-port', 'any', '--no-timeouts')
        equal('rates and sources', {(f['SAMPLING_INTERVAL'], f['SAMPLING_SOURCE']) for f in scaled}, {(10, source)})
        for at, key in ((0, 'PKTS'), (1, 'BYTES')):
            equal(key, sum(f['IN_' + key] + f['OUT_' + key] for f in scaled), 10 * sum(f[at] for f in sent.values()))


def send(name, made):
    """Sends the packets' frames through an interface, 2000 a second: slow enough for all to be metered."""
    sender = Sender(name)
    for i, p in enumerate(made):
        sender.send(p.frame)
        if i % 20 == 19:
            time.sleep(0.01)


@contextlib.contextmanager
def switch():
    """A bridge in user space with the ports vb, whose other end is va, and vd. The way to say something to it."""
    need('ovsdb-server', 'ovs-vswitchd', 'ovs-vsctl', 'ovs-appctl')
    home = tempfile.mkdtemp(dir=folder.name)
    at = functools.partial(os.path.join, home)
    os.environ.update({name: home for name in ('OVS_RUNDIR', 'OVS_LOGDIR', 'OVS_DBDIR', 'OVS_SYSCONFDIR')})

    def run(*words):
        subprocess.run(words, check=True, timeout=30, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    for pair in (('va', 'vb'), ('vc', 'vd')):
        ip('link', 'add', pair[0], 'type', 'veth', 'peer', 'name', pair[1])
        ip('link', 'set', pair[0], 'up')
        ip('link', 'set', pair[1], 'up')
    run('ovsdb-tool', 'create', at('conf.db'), '/usr/share/openvswitch/vswitch.ovsschema')
    run('ovsdb-server', at('conf.db'), '--remote=punix:' + at('db.sock'), '--pidfile=' + at('db.pid'),
        '--unixctl=' + at('db.ctl'), '--detach', '--no-chdir')
    try:
        run('ovs-vswitchd', 'unix:' + at('db.sock'), '--pidfile=' + at('vs.pid'), '--unixctl=' + at('vs.ctl'),
            '--detach', '--no-chdir')
        say = functools.partial(run, 'ovs-vsctl', '--db=unix:' + at('db.sock'), '--timeout=10')
        say('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev', '--', 'add-port', 'br0', 'vb',
            '--', 'add-port', 'br0', 'vd')
        wait_carrier('va')
        say.flush = functools.partial(run, 'ovs-appctl', '-t', at('vs.ctl'), 'revalidator/purge')
        yield say
    finally:
        for control in ('vs.ctl', 'db.ctl'):
            subprocess.run(['ovs-appctl', '-t', at(control), 'exit'], timeout=30, stderr=subprocess.DEVNULL,
                           check=False)
        ip('link', 'del', 'va')
        ip('link', 'del', 'vc')


def by_switch(kind, row, made, **how):
    with switch() as say:
        def export(port):
            target = 'targets="127.0.0.1:%d"' % port
            say('--', 'set', 'Bridge', 'br0', kind.lower() + '=@x', '--', '--id=@x', 'create', kind, target, *row)
            send('va', made)
            time.sleep(1)
            say.flush()
            time.sleep(1)
            say('clear', 'Bridge', 'br0', kind.lower())
        return through('switch-' + kind, export, made, **how)


def test_open_vswitch_netflow():
    """Bytes are those of whole frames."""
    by_switch('NetFlow', ['active-timeout=60'], packets(only_v4=True), length=lambda p: len(p.frame))


def test_open_vswitch_sflow():
    by_switch('sFlow', ['agent=lo', 'header=128', 'sampling=1', 'polling=0'], packets())


def test_open_vswitch_ipfix():
    """A bridge tells of a packet where it came in and again wherever it left; it counts once. Those that leave
    are few, as both ends are behind one port once this is learnt.
    Bytes are those behind the Ethernet header, padding included."""
    _, _, path = by_switch('IPFIX', ['obs_domain_id=123', 'obs_point_id=456', 'cache_active_timeout=60',
                                     'cache_max_flows=10000', 'sampling=1'], packets(), length=length_with_padding,
                           is_told_once=False)
    told_at = {r['DIRECTION'] for r in records(path, '--collector-port', 'any', '--records') if 'DIRECTION' in r}
    equal('directions told', told_at, {0, 1})


def by_nfreplay(version, only_v4=False):
    """What nfcapd kept of softflowd's records is sent once more, at its pace, in another format."""
    need('softflowd', 'nfcapd', 'nfreplay')
    made = packets(only_v4=only_v4)
    capture = write_capture(place('nfreplay-in.pcap'), made)
    kept = tempfile.mkdtemp(dir=folder.name)
    collector = subprocess.Popen(['nfcapd', '-w', kept, '-p', '9995', '-b', '127.0.0.1'], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
    wait_udp(9995)
    softflowd(capture, '-v', '9')(9995)
    time.sleep(0.5)
    stop(collector)
    files = [os.path.join(kept, name) for name in os.listdir(kept) if name.startswith('nfcapd.')]

    def export(port):
        for name in files:
            subprocess.run(['nfreplay', '-r', name, '-H', '127.0.0.1', '-p', str(port), '-v', str(version)],
                           capture_output=True, timeout=60, check=True)
    through('nfreplay', export, made, length_with_padding)


def test_nfreplay_netflow_5():
    by_nfreplay(5, only_v4=True)


def test_nfreplay_netflow_9():
    by_nfreplay(9)


def by_fprobe(version):
    """fprobe meters an interface and counts the length that the IP header says."""
    need('fprobe')
    made = packets(only_v4=True)
    ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb')
    ip('link', 'set', 'va', 'up')
    ip('link', 'set', 'vb', 'up')
    wait_carrier('va')

    def export(port):
        process = subprocess.Popen(['fprobe', '-i', 'vb', '-n', str(version), '-e', '60', '-d', '1', '-s', '1',
                                    '-q', '10000', '-B', '8192', '-f', 'ip', '-l', '2',
                                    '127.0.0.1:%d' % port], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(1)
        send('va', made)
        time.sleep(7)  # its last datagram is not full and waits
        return process
    try:
        through('fprobe', export, made)
    finally:
        ip('link', 'del', 'va')


def test_fprobe_netflow_5():
    by_fprobe(5)


def test_fprobe_netflow_7():
    by_fprobe(7)


if __name__ == '__main__':
    run_tests(globals())
