#!/usr/bin/env python3
"""Flows of any kind leave in every format, and a Weir that collects them shows the same hosts, bytes,
packets and flows as the one that sends them, by the names of the exporters that counted them.

    test_convert.py [only WORD...]      WEIR names the program, default build/weir
"""
import os
import socket
import struct
import subprocess
import tempfile
import time

from collecting import CORPUS, WEIR, Weir, hosts_of, protocols_of, records
from live_net import equal, ether, ipv4, ipv6, run_tests

folder = tempfile.TemporaryDirectory(prefix='weir-convert-')
PAGES, TOP_PAGES, IN, OUT = 4100, 4101, 4200, 4300
DEEP = ('ndpi-teams.pcap', 'ndpi-netflix.pcap', 'ndpi-KakaoTalk_talk.pcap', 'pcpp-many-protocols.pcap')
# What the sender exports to and the collector listens to, in one order; v5 knows IPv4 alone.
TARGETS = ['netflow5://127.0.0.1:%d', 'netflow9://127.0.0.1:%d', 'ipfix://127.0.0.1:%d',
           'ipfix+tcp://127.0.0.1:%d', 'zmq+json://127.0.0.1:%d', 'zmq+tlv://127.0.0.1:%d']
SOURCES = ['udp://127.0.0.1:%d', 'udp://127.0.0.1:%d', 'udp://127.0.0.1:%d', 'ipfix://127.0.0.1:%d',
           'tcp://127.0.0.1:%d', 'tcp://127.0.0.1:%d']
NETFLOW5 = 0


def capture():
    """Conversations of IPv4 and IPv6 within five seconds, some of one direction."""
    path = os.path.join(folder.name, 'made.pcap')
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        now = int(time.time()) - 60
        for i in range(2000):
            n = i % 100
            ends = ('10.0.0.%d' % (n + 1), '192.0.2.%d' % (n % 7 + 1))
            frame = ether(ipv4(*ends, 1000, 2000, size=i % 900))
            if i % 4 == 3 and n % 3:
                frame = ether(ipv4(*ends[::-1], 2000, 1000, size=i % 900), out=True)
            if n % 5 == 0:
                frame = ether(ipv6('2001:db8::%x' % (n + 1), '2001:db8:1::1', size=i % 700), 0x86dd)
            f.write(struct.pack('<IIII', now + i // 400, i % 400 * 2500, len(frame), len(frame)) + frame)
    return path


# --- What exporters send: octets of one message ------------------------------------------------------

def addresses(i):
    return socket.inet_aton('10.1.0.%d' % (i % 50 + 1)) + socket.inet_aton('192.0.2.%d' % (i % 9 + 1))


def netflow5(first, n=20):
    """Sampled 1 in 10, which the header says."""
    now = int(time.time())
    out = struct.pack('>HHIIIIBBH', 5, n, 1000000, now, 0, first, 0, 3, 1 << 14 | 10)
    for i in range(first, first + n):
        out += addresses(i) + bytes(4) + struct.pack('>HHIIIIHHBBBBHHBBH', 3, 7, i % 5 + 1, 100 * (i + 1), 990000,
                                                     995000, 50000, 443, 0, 0x1b, 6, 0, 64500, 64501, 24, 16, 0)
    return out


FIELDS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8))
FIELDS6 = ((27, 16), (28, 16), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8))


def template(number, fields, v9):
    body = struct.pack('>HH', number, len(fields)) + b''.join(struct.pack('>HH', *f) for f in fields)
    return struct.pack('>HH', 0 if v9 else 2, 4 + len(body)) + body


def data(number, first, n=10):
    rows = b''
    for i in range(first, first + n):
        ends = addresses(i) if number == 300 else socket.inet_pton(socket.AF_INET6, '2001:db8:2::%x' % (i % 40)) + \
            socket.inet_pton(socket.AF_INET6, '2001:db8::1')
        rows += ends + struct.pack('>HHBQQ', 40000, 53, 17, 1000 + i, i % 7 + 1)
    rows += bytes(-len(rows) % 4)
    return struct.pack('>HH', number, 4 + len(rows)) + rows


def netflow9(first):
    """Sampled 1 in 100, which an options record says."""
    fields = struct.pack('>HHHH', 34, 4, 35, 1)
    options = struct.pack('>HHHHH', 1, 10 + 4 + len(fields) + 2, 310, 4, 8) + struct.pack('>HH', 1, 4) + fields + bytes(2)
    told = struct.pack('>HHIIB', 310, 16, 0, 100, 1) + bytes(3)
    sets = template(300, FIELDS, True) + template(301, FIELDS6, True) + options + told
    sets += data(300, first) + data(301, first)
    return struct.pack('>HHIIII', 9, 24, 1000000, int(time.time()), first // 10, 7) + sets


def ipfix(first):
    sets = template(300, FIELDS, False) + template(301, FIELDS6, False) + data(300, first) + data(301, first)
    return struct.pack('>HHIII', 10, 16 + len(sets), int(time.time()), 2 * first, 7) + sets


def sflow(first, n=5):
    """Frames, one of a hundred."""
    out = struct.pack('>III4sIIII', 5, 1, 0, b'', 0, 0, 0, 0)
    out = struct.pack('>II', 5, 1) + socket.inet_aton('198.51.100.9') + struct.pack('>IIII', 0, first // 5, 100000, n)
    for i in range(first, first + n):
        frame = ether(ipv4('10.2.0.%d' % (i % 60 + 1), '192.0.2.77', 1000, 2000, size=i % 90))
        frame += bytes(-len(frame) % 4)
        header = struct.pack('>IIII', 1, len(frame) + 4, 4, len(frame)) + frame
        record = struct.pack('>II', 1, len(header)) + header
        sample = struct.pack('>IIIIIIII', i, 3, 100, 100 * i, 0, 3, 7, 1) + record
        out += struct.pack('>II', 1, len(sample)) + sample
    return out


def send(messages, host='127.0.0.1', own='127.0.0.5', port=IN):
    with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((own, 0))
        for message in messages:
            s.sendto(message, (host, port))
            time.sleep(0.002)


# --- What is shown on both sides -----------------------------------------------------------------------

def shown(weir, iface=None):
    """Bytes and packets sent and received and the flows of each host."""
    keys = ('bytes_sent', 'packets_sent', 'bytes_rcvd', 'packets_rcvd')
    return {r['ip']: [r[k] for k in keys] + [r['total_flows_client'] + r['total_flows_server']]
            for r in weir.rows('/hosts' + ('' if iface is None else '?if=%d' % iface))}


def same(name, have, want):
    differs = {k: (have.get(k), want.get(k)) for k in {**have, **want} if have.get(k) != want.get(k)}
    equal('%s: (have, want) of the first of %d that differ' % (name, len(differs)),
          dict(list(differs.items())[:3]), {})


def only_v4(hosts):
    return {ip: sums for ip, sums in hosts.items() if ':' not in ip}


def exporters(weir, iface):
    return {r.get('exporter') for r in weir.rows('/flows?if=%d' % iface)}


def converted(name, source, feed, octets=None, told_by=None, args=()):
    """What a Weir shows that collects from `source`, and what one shows in each format that it exports."""
    listen = [arg for i, s in enumerate(SOURCES) for arg in ('-i', s % (OUT + i))]
    targets = ','.join(t % (OUT + i) for i, t in enumerate(TARGETS))
    # Flows are told each second while they last, and again at the end.
    brief = ('--flow-idle', '600', '--flow-active', '1', '--remote-host-idle', '600', '--local-host-idle', '600')
    with Weir(TOP_PAGES, *listen, '--flow-idle', '600', '--flow-active', '600', '--remote-host-idle', '600',
              '--local-host-idle', '600') as top:
        with Weir(PAGES, '-i', source, '--export', targets, *brief, *args) as middle:
            feed()
            middle.wait(lambda: middle.totals().get('ip_packets', 0) > 0)
            time.sleep(1)
            want, all_of = shown(middle), middle.totals()
            if octets:
                equal(name + ': scaled once', all_of['ip_bytes'], octets)
            if told_by:
                equal(name + ': who told', exporters(middle, 0), told_by)
            middle.stop()
        equal(name + ': there is something', len(want) > 5, True)
        for i, target in enumerate(TARGETS):
            part = only_v4(want) if i == NETFLOW5 else want
            top.wait(lambda: shown(top, i) == part, 6)
            same('%s to %s' % (name, target.split(':')[0]), shown(top, i), part)
            if i == NETFLOW5:
                continue
            for key in ('ip_bytes', 'ip_packets', 'flows_created'):
                top.wait(lambda: top.totals(i)[key] == all_of[key], 3)
                equal('%s to %s: %s' % (name, target.split(':')[0], key), top.totals(i)[key], all_of[key])
            if told_by:
                equal('%s to %s: who told' % (name, target.split(':')[0]), exporters(top, i), told_by)


def test_packets_to_every_format():
    converted('capture', capture(), lambda: None)


def test_packets_to_every_format_in_one_record_a_flow():
    converted('biflow', capture(), lambda: None, args=('--biflow',))


def test_packets_to_every_format_with_chosen_fields():
    fields = ('%IPV4_SRC_ADDR %L4_SRC_PORT %IPV4_DST_ADDR %L4_DST_PORT %IN_PKTS %IN_BYTES %FIRST_SWITCHED %LAST_SWITCHED '
              '%TCP_FLAGS %PROTOCOL @PROCESS@ %L7_PROTO %SAMPLING_INTERVAL')
    converted('-T', capture(), lambda: None, args=('-T', fields + ' %OUT_PKTS %OUT_BYTES'))


def test_netflow_5_to_every_format():
    converted('v5', 'udp://127.0.0.1:%d' % IN, lambda: send([netflow5(i) for i in range(0, 400, 20)]),
              10 * sum(100 * (i + 1) for i in range(400)), {'127.0.0.5'})


def test_netflow_9_to_every_format():
    converted('v9', 'udp://127.0.0.1:%d' % IN, lambda: send([netflow9(i) for i in range(0, 300, 10)]),
              100 * 2 * sum(1000 + i for i in range(300)), {'127.0.0.5'})


def test_ipfix_of_an_exporter_with_an_ipv6_address_to_every_format():
    with open('/proc/sys/net/ipv6/conf/lo/disable_ipv6', 'w', encoding='ascii') as f:
        f.write('0')
    converted('IPFIX', 'udp://[::1]:%d' % IN, lambda: send([ipfix(i) for i in range(0, 300, 10)], '::1', '::1'),
              2 * sum(1000 + i for i in range(300)), {'::1'})


def test_sflow_to_every_format():
    converted('sFlow', 'udp://127.0.0.1:%d' % IN, lambda: send([sflow(i) for i in range(0, 500, 5)]),
              100 * sum(28 + i % 90 for i in range(500)), {'198.51.100.9'})


def probe(*args):
    done = subprocess.run([WEIR, 'probe', '-i', capture(), '--data-dir', folder.name, *args],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True, check=False)
    equal('status of the probe: ' + done.stderr[-300:], done.returncode, 0)


def test_json_of_a_probe_to_every_format():
    converted('JSON', 'tcp://127.0.0.1:%d' % IN, lambda: probe('--export', 'zmq+json://*:%d' % IN))


def test_tlv_of_a_probe_to_every_format():
    converted('TLV', 'tcp://127.0.0.1:%d' % IN, lambda: probe('--zmq', 'tcp://*:%d' % IN))


# --- IPFIX over TCP ------------------------------------------------------------------------------------

def connect(own):
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.bind((own, 0))
    s.connect(('127.0.0.1', IN))
    return s


def data_alone(first):
    body = data(300, first)
    return struct.pack('>HHIII', 10, 16 + len(body), int(time.time()), 0, 7) + body


def test_two_exporters_over_tcp_cut_at_every_octet_lose_nothing():
    with Weir(PAGES, '-i', 'ipfix://127.0.0.1:%d' % IN, '--no-dedup') as weir:
        # Only the first message has the templates: a connection is a session.
        ends = [connect('127.0.0.5'), connect('127.0.0.6')]
        sent = 0
        for s in ends:
            s.sendall(ipfix(0))
            sent += sum(1000 + i for i in range(10)) * 2
        for cut in range(1, len(data_alone(0))):
            for s in ends:
                s.sendall(data_alone(cut)[:cut])
            for s in ends:
                s.sendall(data_alone(cut)[cut:])
                sent += sum(1000 + cut + i for i in range(10))
        # One goes away inside a message and comes again: what was whole counts, and templates come anew.
        ends[0].sendall(data_alone(0)[:-1])
        ends[0].close()
        again = connect('127.0.0.5')
        again.sendall(ipfix(0))
        sent += sum(1000 + i for i in range(10)) * 2
        weir.wait(lambda: weir.totals().get('ip_bytes') == sent, 10)
        equal('bytes', weir.totals()['ip_bytes'], sent)
        weir.wait(lambda: weir.totals()['damaged'] == 1, 3)
        equal('streams that ended inside a message', weir.totals()['damaged'], 1)
        for s in (ends[1], again):
            s.close()


def test_dead_and_deaf_collectors_do_not_hold_the_others():
    with socket.socket() as deaf, Weir(TOP_PAGES, '-i', 'udp://127.0.0.1:%d' % OUT) as top:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.bind(('127.0.0.1', OUT + 1))
        deaf.listen(1)
        targets = ['ipfix+tcp://127.0.0.1:%d' % (OUT + 1), 'ipfix+tcp://127.0.0.1:%d' % (OUT + 2),
                   'netflow9://127.0.0.1:%d' % (OUT + 2), 'ipfix://127.0.0.1:%d' % OUT]
        with Weir(PAGES, '-i', 'udp://127.0.0.1:%d' % IN, '--export', ','.join(targets), '--flow-active', '1') as middle:
            send([netflow5(20 * i) for i in range(50)])
            want = 10 * sum(100 * (i + 1) for i in range(1000))
            middle.wait(lambda: middle.totals()['ip_bytes'] == want, 10)
            # What the good one shows comes while the others still hang.
            top.wait(lambda: top.totals()['ip_bytes'] == want, 10)
            equal('bytes', top.totals()['ip_bytes'], want)
            told = {row['name']: row for row in middle.get('/exports')['data']}
            equal('exports', sorted(told), sorted(targets))
            said = middle.stop()
        good = [line.split() for line in said.splitlines() if line.startswith(targets[3])]
        equal('records of the good one that were sent: ' + said, good[0][1], good[0][3])


# --- Probe and collector against reading the capture ---------------------------------------------------

def test_a_collector_shows_what_reading_the_capture_shows():
    deep = [os.path.join(CORPUS, 'packets', name) for name in DEEP]
    for path in [capture()] + [p for p in deep if os.path.exists(p)]:
        flows = records(path)
        targets, listen = TARGETS[1:4], [arg for i, s in enumerate(SOURCES[1:4]) for arg in ('-i', s % (OUT + i))]
        with Weir(TOP_PAGES, *listen, '--no-dedup') as top:
            file = os.path.join(folder.name, 'out.ipfix')
            where = ','.join(t % (OUT + i) for i, t in enumerate(targets)) + ',' + file
            done = subprocess.run([WEIR, 'probe', '-i', path, '--data-dir', folder.name, '--export', where,
                                   '--export-rate', '50000'], capture_output=True, timeout=60, text=True, check=False)
            equal('status of the probe: ' + done.stderr[-300:], done.returncode, 0)
            same(path + ' in a file', hosts_of(records(file)), hosts_of(flows))
            for i, target in enumerate(targets):
                name = '%s over %s' % (os.path.basename(path), target)
                def sums():
                    return {(r['ip'], r['vlan']): [r[k] for k in ('bytes_sent', 'packets_sent', 'bytes_rcvd',
                                                                  'packets_rcvd')] for r in top.rows('/hosts?if=%d' % i)}
                def protocols():
                    return {r['name']: [r['bytes'], r['packets'], r['total_flows']]
                            for r in top.rows('/protocols?if=%d' % i)}
                top.wait(lambda: protocols() == protocols_of(flows), 5)
                same(name, sums(), hosts_of(flows))
                same(name + ', protocols', protocols(), protocols_of(flows))


# --- Flows that last -----------------------------------------------------------------------------------

def steady(seconds):
    """A flow of 2000 bytes a second, four packets each. Where it is and when it begins."""
    path, begin = os.path.join(folder.name, 'steady.pcap'), int(time.time()) - 300
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(4 * seconds):
            frame = ether(ipv4('10.0.0.1', '192.0.2.1', 1000, 2000, size=472))
            f.write(struct.pack('<IIII', begin + i // 4, i % 4 * 250000, len(frame), len(frame)) + frame)
    return path, begin


def seconds_of(weir, iface, name):
    """Second since 1970 -> value, where it is known and not 0."""
    data = weir.get('/timeseries?if=%d&seconds=900' % iface)['data']
    values = next(s['v'] for s in data['series'] if s['name'] == name)
    end = data['end'] // 1000
    return {end - len(values) + i: v for i, v in enumerate(values) if v}


def test_long_flows_are_in_the_seconds_in_which_they_were():
    path, begin = steady(60)
    targets, listen = TARGETS[:4], [arg for i, s in enumerate(SOURCES[:4]) for arg in ('-i', s % (OUT + i))]
    with Weir(TOP_PAGES, *listen, '--flow-idle', '600') as top:
        with Weir(PAGES, '-i', path) as direct:
            direct.wait(lambda: direct.totals().get('ip_packets', 0) == 240)
            truth = seconds_of(direct, 0, 'upload')
        equal('seconds of the capture', truth, {begin + i: 2000 for i in range(60)})
        where = ','.join(t % (OUT + i) for i, t in enumerate(targets))
        done = subprocess.run([WEIR, 'probe', '-i', path, '--data-dir', folder.name, '--export', where, '-t', '5'],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True, check=False)
        equal('status of the probe: ' + done.stderr[-300:], done.returncode, 0)
        # Each record tells of 5 seconds, from its first packet to its last one 4.75 s later; its bytes are
        # spread evenly between them.
        rule = {begin + i: 1580 if i % 5 == 4 else 2105 for i in range(60)}
        for i, target in enumerate(targets):
            top.wait(lambda: seconds_of(top, i, 'upload') == rule, 5)
            have = seconds_of(top, i, 'upload')
            equal('bytes over ' + target, sum(have.values()), 120000)
            equal('packets over ' + target, sum(seconds_of(top, i, 'packets').values()), 240)
            equal('seconds over ' + target, {t: v for t, v in have.items() if rule.get(t) != v}, {})


if __name__ == '__main__':
    run_tests(globals())
