#!/usr/bin/env python3
"""Independent decoders read what `weir probe` sends of made packets: tshark, libfixbuf's ipfixDump and the
ipfix module of Python find each flow with its packets, bytes, times and flags, and nothing malformed.

    test_collectors.py [only WORD...]      WEIR names the program, default build/weir

A decoder that is not installed is told and left out.
"""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import xml.etree.ElementTree as tree

from collecting import WEIR
from live_net import Skipped, equal, run_tests
from traffic import Tap, packets, uniflows, wait_udp, write_capture

folder = tempfile.TemporaryDirectory(prefix='weir-collectors-')


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(program + ' is not installed')


def exported(made, *words):
    """What the probe sends of the packets: a capture, and the port it was sent to."""
    path = os.path.join(folder.name, 'sent.pcap')
    capture = write_capture(os.path.join(folder.name, 'in.pcap'), made)
    tap = Tap(path)
    try:
        done = subprocess.run([WEIR, 'probe', '-i', capture, '-n', '127.0.0.1:%d' % tap.port, '--export-rate', '20000',
                               '--data-dir', folder.name, *words], capture_output=True, timeout=60, text=True,
                              check=False)
        equal('status of the probe: ' + done.stderr[-300:], done.returncode, 0)
        tap.wait_quiet(0.5)
    finally:
        tap.stop()
    return path, tap.port


def payloads(path):
    """The datagrams of a capture that a tap wrote."""
    with open(path, 'rb') as f:
        data = f.read()
    at = 24
    while at < len(data):
        length = struct.unpack_from('<I', data, at + 8)[0]
        yield data[at + 16 + 28:at + 16 + length]
        at += 16 + length


def in_full(made):
    """[packets, bytes, first and last in milliseconds, TCP flags, type of service] of each direction."""
    flows = {}
    for p in made:
        flows[p.src, p.dst, p.sport, p.dport, p.proto] = p.tos
    for k, (n, octets, first, last, flags) in uniflows(made).items():
        flows[k] = [n, octets, round(first * 1000), round(last * 1000), flags, flows[k]]
    return flows


def conversation_times(flows, key):
    both = flows[key], flows.get((key[1], key[0], key[3], key[2], key[4]), flows[key])
    return min(f[2] for f in both), max(f[3] for f in both)


def same(have, made):
    """Flows as a decoder found them. Both directions are told with the times of their conversation."""
    want = in_full(made)
    equal('flows', sorted(have), sorted(want))
    for k, flow in want.items():
        equal('packets, bytes, flags and type of service of %r' % (k,), have[k][:2] + have[k][4:], flow[:2] + flow[4:])
        first, last = conversation_times(want, k)
        equal('times of %r in milliseconds: %r, not %r' % (k, have[k][2:4], [first, last]),
              abs(have[k][2] - first) <= 1 and abs(have[k][3] - last) <= 1, True)


def flow_key(src, dst, sport, dport, proto):
    """ICMP has no ports; its type and code stand elsewhere."""
    addresses = [socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, a)) if ':' in a else a
                 for a in (src, dst)]
    return (*addresses, *((int(sport), int(dport)) if int(proto) in (6, 17) else (0, 0)), int(proto))


def tshark_flows(path, port):
    """Each flow as tshark names its fields."""
    done = subprocess.run(['tshark', '-r', path, '-d', 'udp.port==%d,cflow' % port, '-T', 'pdml'],
                          capture_output=True, timeout=60, check=True)
    root = tree.fromstring(done.stdout)
    for field in root.iter():
        name = field.get('name', '')
        equal('%s: %s' % (name, field.get('showname')), name.startswith(('_ws.malformed', '_ws.expert')), False)
    for field in root.iter('field'):
        if re.match(r'(pdu|Flow) \d+', field.get('show', '')):
            yield {f.get('name'): f.get('show') for f in field.iter('field')}


def by_tshark(version, only_v4=False):
    need('tshark')
    made = packets(count=600, flows=61, only_v4=only_v4)
    path, port = exported(made, '-V', str(version))
    have = {}
    for f in tshark_flows(path, port):
        ends = [f.get('cflow.%saddr' % side) or f['cflow.%saddrv6' % side] for side in ('src', 'dst')]
        key = flow_key(*ends, f['cflow.srcport'], f['cflow.dstport'], f['cflow.protocol'])
        have[key] = [int(f['cflow.packets']), int(f['cflow.octets']), f, 0, int(f['cflow.tcpflags'], 16),
                     int(f['cflow.tos'], 16)]
    want = in_full(made)
    equal('flows', sorted(have), sorted(want))
    for k, flow in want.items():
        equal('packets, bytes, flags and type of service of %r' % (k,), have[k][:2] + have[k][4:], flow[:2] + flow[4:])
        length = float(have[k][2]['cflow.timedelta'])
        first, last = conversation_times(want, k)
        equal('length of %r: %r' % (k, length), abs(length * 1000 - (last - first)) <= 2, True)


def test_tshark_netflow_5():
    by_tshark(5, only_v4=True)


def test_tshark_netflow_9():
    by_tshark(9)


def test_tshark_ipfix():
    by_tshark(10)


def dumped(path):
    """Records of a file of IPFIX messages as ipfixDump prints them: element names and texts."""
    done = subprocess.run(['ipfixDump', '-i', path], capture_output=True, timeout=60, text=True, check=True,
                          env={**os.environ, 'TZ': 'UTC'})
    equal('what ipfixDump complains of', done.stderr, '')
    rows = []
    for line in done.stdout.splitlines():
        if line.startswith('---'):
            rows.append({} if 'data record' in line else None)
        found = re.match(r'\s*\([\d/]+\)\s+(\w+) : (.*)', line)
        if found and rows[-1] is not None:
            rows[-1][found.group(1)] = found.group(2)
    return [row for row in rows if row]


def milliseconds(text):
    whole, part = text.split('.')
    return int(subprocess.run(['date', '-u', '-d', whole, '+%s'], capture_output=True, text=True,
                              check=True).stdout) * 1000 + int(part)


def ipfix_file(made, *words):
    sent, _ = exported(made, '-V', '10', *words)
    path = os.path.join(folder.name, 'sent.ipfix')
    with open(path, 'wb') as f:
        f.write(b''.join(payloads(sent)))
    return path


def row_flow(r, reverse=False):
    """Key and numbers of one direction of a record by the names of the registry."""
    version = 'IPv6' if 'sourceIPv6Address' in r else 'IPv4'
    ends = [r['source%sAddress' % version], r['destination%sAddress' % version]]
    ports = [r['sourceTransportPort'], r['destinationTransportPort']]

    def name(word):
        return 'reverse' + word[0].upper() + word[1:] if reverse else word
    turn = -1 if reverse else 1
    key = flow_key(*ends[::turn], *ports[::turn], r['protocolIdentifier'])
    return key, [int(r[name('packetDeltaCount')]), int(r[name('octetDeltaCount')]),
                 milliseconds(r['flowStartMilliseconds']), milliseconds(r['flowEndMilliseconds']),
                 int(r[name('tcpControlBits')]), int(r[name('ipClassOfService')])]


def test_ipfixdump_reads_each_direction():
    need('ipfixDump')
    made = packets(count=600, flows=61)
    same(dict(row_flow(r) for r in dumped(ipfix_file(made))), made)


def test_ipfixdump_reads_biflows():
    """One record for both directions, with the times of the conversation, the initiator first."""
    need('ipfixDump')
    made = packets(count=600, flows=61)
    have = {}
    for r in dumped(ipfix_file(made, '--biflow')):
        equal('biflowDirection', r['biflowDirection'], '1')
        equal('the type of what comes back over %s' % r['ipVersion'],
              ('reverseIcmpTypeCodeIPv6' if r['ipVersion'] == '6' else 'reverseIcmpTypeCodeIPv4') in r, True)
        for reverse in (False, True):
            key, flow = row_flow(r, reverse)
            if flow[0]:
                have[key] = flow
    same(have, made)


def kept(made, *words):
    """[packets, bytes] that nfcapd keeps of what the probe sends, either direction, and its complaints."""
    home = tempfile.mkdtemp(dir=folder.name)
    collector = subprocess.Popen(['nfcapd', '-w', home, '-p', '9995', '-b', '127.0.0.1', '-B', '20000000'],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wait_udp(9995)
    capture = write_capture(os.path.join(folder.name, 'in.pcap'), made)
    done = subprocess.run([WEIR, 'probe', '-i', capture, '-n', '127.0.0.1:9995', '--export-rate', '50000', '--data-dir',
                           folder.name, *words], capture_output=True, timeout=100, text=True, check=False)
    equal('status of the probe: ' + done.stderr[-300:], done.returncode, 0)
    time.sleep(1)
    collector.send_signal(signal.SIGTERM)
    said = collector.communicate(timeout=30)[1]
    out = subprocess.run(['nfdump', '-R', home, '-q', '-N', '-o', 'fmt:%pkt %byt %opkt %obyt'], capture_output=True,
                         timeout=60, text=True, check=True).stdout
    rows = [list(map(int, line.split())) for line in out.splitlines() if line.split()]
    equal('holes in the sequence: ' + said[-300:], 'Sequence Errors: 0' in said, True)
    return [sum(r[0] + r[2] for r in rows), sum(r[1] + r[3] for r in rows)]


def test_nfcapd_keeps_a_hundred_thousand_flows():
    need('nfcapd', 'nfdump')
    made = packets(count=120000, flows=100000)
    for version in ('9', '10'):
        equal('packets and bytes in version ' + version, kept(made, '-V', version),
              [len(made), sum(p.length for p in made)])


def test_nfcapd_keeps_both_directions_of_one_record():
    """NetFlow v9 tells the way back as OUT_BYTES and OUT_PKTS."""
    need('nfcapd', 'nfdump')
    made = packets(count=600, flows=61)
    equal('packets and bytes', kept(made, '-V', '9', '--biflow'), [len(made), sum(p.length for p in made)])


PYTHON_IPFIX = """
import ipfix.ie, ipfix.reader, json, sys
ipfix.ie.use_iana_default()
ipfix.ie.use_5103_default()
for r in ipfix.reader.from_stream(open(sys.argv[1], 'rb')).namedict_iterator():
    print(json.dumps({k: str(v) for k, v in r.items()}))
"""


def test_the_ipfix_module_of_python_reads_as_much():
    """It knows no elements of ntop, so that only those of IANA are sent."""
    if subprocess.run(['/usr/bin/python3', '-c', 'import ipfix'], capture_output=True, check=False).returncode:
        raise Skipped('python3-ipfix is not installed')
    made = packets(count=600, flows=61, only_v4=True)
    path = ipfix_file(made, '-T', '%IPV4_SRC_ADDR %IPV4_DST_ADDR %L4_SRC_PORT %L4_DST_PORT %PROTOCOL %IN_PKTS '
                      '%IN_BYTES')
    done = subprocess.run(['/usr/bin/python3', '-c', PYTHON_IPFIX, path], capture_output=True, timeout=60, text=True,
                          check=False)
    equal('status of Python: ' + done.stderr[-500:], done.returncode, 0)
    have = {}
    for r in map(json.loads, done.stdout.splitlines()):
        key = flow_key(r['sourceIPv4Address'], r['destinationIPv4Address'], r['sourceTransportPort'],
                       r['destinationTransportPort'], r['protocolIdentifier'])
        have[key] = [int(r['packetDeltaCount']), int(r['octetDeltaCount'])]
    equal('flows', have, {k: v[:2] for k, v in in_full(made).items()})


if __name__ == '__main__':
    run_tests(globals())
