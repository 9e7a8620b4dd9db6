#!/usr/bin/env python3
"""Probe and collector over ZeroMQ: the collector shows the same hosts, protocols and bytes as reading the
capture does, in every form of the messages, and knows what never came.

    test_zmq.py [only WORD...]      WEIR names the program, default build/weir
"""
import json
import os
import struct
import subprocess
import tempfile
import time
import zlib

import zmq_raw
from collecting import CORPUS, WEIR, Weir, hosts_of, protocols_of, records
from live_net import equal, ether, ipv4, ipv6, run_tests

folder = tempfile.TemporaryDirectory(prefix='weir-zmq-')
PAGES, PORT, OTHER = 4100, 4200, 4300
DEEP = ('ndpi-teams.pcap', 'ndpi-netflix.pcap', 'ndpi-KakaoTalk_talk.pcap', 'pcpp-many-protocols.pcap')


def query(name):
    labels = b''.join(bytes([len(word)]) + word for word in name.encode().split(b'.'))
    return b'\0\7\1\0\0\1\0\0\0\0\0\0' + labels + b'\0\0\1\0\1'


def datagram(src, dst, sport, dport, payload):
    packet = ipv4(src, dst, sport, dport, len(payload))
    return packet[:-len(payload)] + payload


def capture(name='made.pcap', net=10):
    """Conversations of IPv4 and IPv6, some of one direction, some DNS, for 70 seconds."""
    path = os.path.join(folder.name, name)
    if os.path.exists(path):
        return path
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(2800):
            n = i % 140
            ends = ('10.0.%d.%d' % (net, n + 1), '192.0.2.%d' % (n % 7 + 1))
            if n % 5 == 0:
                frame = ether(ipv6('2001:db8:%x::%x' % (net, n + 1), '2001:db8::1', size=i % 700), 0x86dd)
            elif n % 5 == 1:
                frame = ether(datagram(*ends, 5000 + n, 53, query('host%d.example.net' % n)))
            elif i % 4 == 3 and n % 3:
                frame = ether(ipv4(*ends[::-1], 2000, 1000, size=i % 900), out=True)
            else:
                frame = ether(ipv4(*ends, 1000, 2000, size=i % 900))
            f.write(struct.pack('<IIII', 1700000000 + i // 40, i % 40 * 25000, len(frame), len(frame)) + frame)
    return path


def captures():
    """The made one, and where the corpus is there some with many applications."""
    deep = [os.path.join(CORPUS, 'packets', name) for name in DEEP]
    return [capture()] + [path for path in deep if os.path.exists(path)]


def probe(path, *args):
    done = subprocess.run([WEIR, 'probe', '-i', path, '--data-dir', folder.name, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, text=True, check=False)
    equal('status of the probe: ' + done.stderr[-300:], done.returncode, 0)
    return done.stdout


def same(name, have, want):
    """Two tables; told is what differs."""
    differs = {k: (have.get(k), want.get(k)) for k in {**have, **want} if have.get(k) != want.get(k)}
    equal('%s: (have, want) of the first of %d that differ' % (name, len(differs)),
          dict(list(differs.items())[:3]), {})


def check(weir, flows, interfaces=1):
    """What the collector shows is what these flows sum to."""
    weir.wait_total('ip_packets', sum(f['IN_PKTS'] + f['OUT_PKTS'] for f in flows))
    weir.wait(lambda: protocols_of(flows) == weir.protocols(), 3)
    totals = weir.totals()
    equal('bytes', totals.get('ip_bytes'), sum(f['IN_BYTES'] + f['OUT_BYTES'] for f in flows))
    equal('packets', totals.get('ip_packets'), sum(f['IN_PKTS'] + f['OUT_PKTS'] for f in flows))
    equal('flows', totals.get('flows_created'), len({f['FLOW_ID'] for f in flows}))
    same('protocols', weir.protocols(), protocols_of(flows))
    if interfaces == 1:
        same('hosts', weir.hosts(), hosts_of(flows))


def by_probe(listen, publish, *args):
    """Each capture through a probe and a collector."""
    for path in captures():
        with Weir(PAGES, '-i', listen) as weir:
            probe(path, '--zmq', publish, *args)
            check(weir, records(path))


def test_tlv_gives_what_reading_the_capture_gives():
    by_probe('tcp://127.0.0.1:%d' % PORT, 'tcp://*:%d' % PORT)


def test_json_gives_what_reading_the_capture_gives():
    by_probe('tcp://127.0.0.1:%d' % PORT, 'tcp://*:%d' % PORT, '--zmq-format', 'json')


def test_a_collector_may_bind_and_the_probe_connect():
    by_probe('tcp://*:%dc' % PORT, 'tcp://127.0.0.1:%d' % PORT, '--zmq-probe-mode')


def test_probes_in_a_list_are_one_interface_and_others_are_their_own():
    first, second = capture(), capture('second.pcap', 11)
    both = records(first) + records(second)
    ends = ['tcp://127.0.0.1:%d' % port for port in (PORT, OTHER)]
    for args, interfaces in ((('-i', ','.join(ends)), 1), (('-i', ends[0], '-i', ends[1]), 2)):
        with Weir(PAGES, *args) as weir:
            for path, port in ((first, PORT), (second, OTHER)):
                probe(path, '--zmq', 'tcp://*:%d' % port)
            check(weir, both, interfaces)
            equal('interfaces', len(weir.get('/interfaces')['data']), interfaces)
            for number, path in enumerate((first, second) if interfaces == 2 else ()):
                equal('bytes of interface %d' % number, weir.totals(number)['ip_bytes'],
                      sum(f['IN_BYTES'] + f['OUT_BYTES'] for f in records(path)))


FLOW = {'IPV4_SRC_ADDR': '10.9.0.1', 'IPV4_DST_ADDR': '10.9.0.2', 'L4_SRC_PORT': 1000, 'L4_DST_PORT': 2000,
        'PROTOCOL': 17, 'IN_PKTS': 3, 'IN_BYTES': 300, 'FIRST_SWITCHED': 1700000000, 'LAST_SWITCHED': 1700000001}
NUMBERS = {'IPV4_SRC_ADDR': 8, 'IPV4_DST_ADDR': 12, 'L4_SRC_PORT': 7, 'L4_DST_PORT': 11, 'PROTOCOL': 4, 'IN_PKTS': 2,
           'IN_BYTES': 1, 'FIRST_SWITCHED': 22, 'LAST_SWITCHED': 21}


def forms():
    """(header version, is TLV, payload, size before compression): a flow each."""
    n = 0
    for version in range(4):
        for shape in ('names', 'numbers', 'dotted', 'array', 'zlib', 'tlv', 'tlv numbers', 'packed', 'packed tlv'):
            if (shape.startswith('packed') and version < 3) or ('tlv' in shape and version == 0):
                continue
            n += 1
            flow = dict(FLOW, IN_BYTES=1000 + n, L4_SRC_PORT=1000 + n)
            numbered = {NUMBERS[key]: value for key, value in flow.items()}
            text = {'numbers': {str(k): v for k, v in numbered.items()}, 'array': [flow],
                    'dotted': {'0.%d' % k: v for k, v in numbered.items()}}.get(shape, flow)
            plain = zmq_raw.tlv(numbered if 'numbers' in shape else flow) if 'tlv' in shape else json.dumps(text).encode()
            if shape == 'zlib':
                yield version, False, b'\0' + zlib.compress(plain), None
            elif shape.startswith('packed'):
                yield version, 'tlv' in shape, zlib.compress(plain), len(plain)
            else:
                yield version, 'tlv' in shape, plain, None


def test_every_header_takes_every_form_of_a_flow():
    with Weir(PAGES, '-i', 'tcp://127.0.0.1:%d' % PORT) as weir:
        s = zmq_raw.publisher(PORT)
        zmq_raw.settle()
        all_forms = list(forms())
        for i, (version, is_tlv, payload, plain) in enumerate(all_forms):
            s.send(zmq_raw.header(version, payload, i, tlv=is_tlv, packed=plain), payload)
        n = len(all_forms)
        weir.wait_total('flows_created', n)
        equal('flows', weir.totals()['flows_created'], n)
        equal('bytes', weir.totals()['ip_bytes'], sum(1000 + i for i in range(1, n + 1)))
        s.close()


def exporter(weir, **wanted):
    """The first exporter row in which these keys have these values."""
    rows = weir.rows('/exporters')
    return next((r for r in rows if all(r.get(k) == v for k, v in wanted.items())), None)


def test_messages_that_never_came_are_counted_for_each_source():
    with Weir(PAGES, '-i', 'tcp://127.0.0.1:%d' % PORT) as weir:
        s = zmq_raw.publisher(PORT)
        zmq_raw.settle()
        payload = json.dumps(FLOW).encode()
        for source, numbers in ((7, (1, 2, 5, 6, 10)), (8, (100, 101)), (9, (50, 3))):
            for number in numbers:
                s.send(zmq_raw.header(2, payload, number, source=source), payload)
        weir.wait(lambda: exporter(weir, datagrams=9), 10)
        x = weir.rows('/exporters')[0]
        equal('messages', x['datagrams'], 9)
        equal('lost messages', x['lost_messages'], 5)
        equal('restarts', x['restarts'], 1)
        s.close()


def test_a_probe_that_is_killed_and_comes_again_goes_on():
    first, second = capture(), capture('second.pcap', 11)
    with Weir(PAGES, '-i', 'tcp://127.0.0.1:%d' % PORT) as weir:
        slow = subprocess.Popen([WEIR, 'probe', '-i', first, '--data-dir', folder.name, '--zmq', 'tcp://*:%d' % PORT,
                                 '--export-rate', '20', '-l', '0'], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        weir.wait_total('flows_created', 10)
        slow.kill()
        slow.wait()
        before = weir.still()
        probe(second, '--zmq', 'tcp://*:%d' % PORT)
        flows = records(second)
        weir.wait_total('ip_packets', before['ip_packets'] + sum(f['IN_PKTS'] + f['OUT_PKTS'] for f in flows))
        totals = weir.totals()
        equal('bytes of the second', totals['ip_bytes'] - before['ip_bytes'],
              sum(f['IN_BYTES'] + f['OUT_BYTES'] for f in flows))
        weir.wait(lambda: exporter(weir, restarts=1), 5)
        equal('restarts', weir.rows('/exporters')[0]['restarts'], 1)


def test_what_is_no_flow_keeps_all_its_fields():
    firewall = {'time': 1700000000, 'action': 'DROP', 'chain': 'INPUT', 'SRC': '10.0.0.9', 'len': 60}
    registry = {'client': 'REG-EXAMPLE', 'command': 'domain:create', 'domain': 'example.it', 'result': {'code': 1000}}
    with Weir(PAGES, '-i', 'tcp://127.0.0.1:%d' % PORT) as weir:
        s = zmq_raw.publisher(PORT)
        zmq_raw.settle()
        for number, (topic, event) in enumerate(((b'event', firewall), (b'message', registry), (b'flow', registry))):
            payload = json.dumps(event).encode()
            s.send(zmq_raw.header(2, payload, number, topic=topic), payload)
        weir.wait(lambda: len(weir.rows('/told')) == 3, 10)
        told = [row['fields'] for row in weir.rows('/told')]
        for key, value in firewall.items():
            equal(key, [t[key] for t in told if key in t][:1], [str(value)])
        equal('of the registry', [t['domain'] for t in told if t.get('result.code') == '1000'], ['example.it'] * 2)
        s.close()


def test_what_probes_tell_beside_flows_is_used():
    def send(number, topic, told):
        payload = json.dumps(told).encode()
        s.send(zmq_raw.header(2, payload, number, topic=topic), payload)

    with Weir(PAGES, '-i', 'tcp://127.0.0.1:%d' % PORT) as weir:
        s = zmq_raw.publisher(PORT)
        zmq_raw.settle()
        send(1, b'hello', 'any text')
        send(2, b'event', {'iface': {'name': 'eth7'}, 'probe': {'version': '10.1'}, 'time': 1, 'zmq': {}})
        send(3, b'snmp-ifaces', {'127.0.0.1': {'3': 'Gi0/3'}})
        send(4, b'template', [{'PEN': 8741, 'field': 22, 'name': 'APP'}])
        send(5, b'option', {'PEN': 8741, 'field': 22, 'value': 1, 'map': {'name': 'Skype'}})
        send(6, b'counter', {'deviceIP': '127.0.0.1', 'ifIndex': 3, 'ifSpeed': 1000, 'ifInOctets': 77,
                             'ifOperStatus': 'Up'})
        send(7, b'flow', dict(FLOW, INPUT_SNMP=3, **{'8741.22': 1}))
        weir.wait_total('flows_created', 1)
        equal('the probe is known as eth7', exporter(weir, name='eth7') is not None, True)
        flow = weir.get('/flows/' + weir.rows('/flows')[0]['flow_id'])['data']
        equal('other fields', flow['other_fields'], 'APP=Skype')
        equal('messages', len(weir.rows('/told')), 0)
        interfaces = weir.get('/exporters/127.0.0.1')['data']['interfaces']
        equal('the interface', [i['name'] for i in interfaces if i['index'] == 3], ['Gi0/3'])
        s.close()


class Replay:
    """A probe of a file in the background, which ends by itself; what it says is in a file."""

    running = None

    def __init__(self, path, *args):
        if Replay.running and Replay.running.poll() is None:  # of a test that failed
            Replay.running.kill()
            Replay.running.wait()
        self.log = os.path.join(folder.name, 'replay.log')
        with open(self.log, 'wb') as log:
            self.p = subprocess.Popen([WEIR, 'probe', '-i', path, '--data-dir', folder.name, *args],
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        Replay.running = self.p

    def said(self):
        with open(self.log, encoding='utf-8') as f:
            return f.read()

    def says(self, word):
        end = time.monotonic() + 10
        while word not in self.said() and time.monotonic() < end:
            time.sleep(0.05)
        return word in self.said()

    def waits(self, seconds):
        try:
            self.p.wait(timeout=seconds)
            return False
        except subprocess.TimeoutExpired:
            return True

    def done(self):
        self.p.wait(timeout=60)
        equal('status of the probe: ' + self.said()[-300:], self.p.returncode, 0)
        return self.said()

    def stop(self):
        self.p.terminate()
        return self.done()


def test_a_file_waits_for_its_first_subscriber():
    p = Replay(capture(), '--zmq', 'tcp://*:%d' % PORT)
    equal('the probe waits', p.waits(2), True)
    with Weir(PAGES, '-i', 'tcp://127.0.0.1:%d' % PORT) as weir:
        check(weir, records(capture()))
        p.done()


def test_a_file_without_a_subscriber_ends_when_it_is_told_to():
    p = Replay(capture(), '--zmq', 'tcp://*:%d' % PORT)
    equal('the probe waits', p.waits(2), True)
    said = p.stop()
    n = len(records(capture()))
    equal('what is told in ' + said, '%d not sent. Nobody was subscribed' % n in said, True)


def test_two_collectors_get_all_of_one_probe():
    with Weir(PAGES, '-i', 'tcp://*:%dc' % PORT) as one, Weir(PAGES + 1, '-i', 'tcp://*:%dc' % OTHER) as other:
        ends = 'tcp://127.0.0.1:%d,tcp://127.0.0.1:%d' % (PORT, OTHER)
        probe(capture(), '--zmq-probe-mode', '--zmq', ends)
        for weir in (one, other):
            check(weir, records(capture()))


def said_keys(text):
    return [line.split("'")[1] for line in text.splitlines() if 'must encrypt' in line]


def test_encrypted_flows_are_taken_with_the_right_key_alone():
    public, secret = (key.decode() for key in zmq_raw.keypair())
    wrong = zmq_raw.keypair()[0].decode()
    flows = records(capture())
    for listen, publish, mode in (('tcp://127.0.0.1:%d' % PORT, 'tcp://*:%d' % PORT, ()),
                                  ('tcp://*:%dc' % PORT, 'tcp://127.0.0.1:%d' % PORT, ('--zmq-probe-mode',))):
        weir = Weir(PAGES, '-i', listen, '--zmq-encryption-key-priv', secret)
        with weir:
            for key in ((), ('--zmq-encryption-key', wrong)):
                p = Replay(capture(), '--zmq', publish, *mode, *key)
                why = 'does not take what is published'
                equal('%s with key %s: the probe says why' % (publish, key), p.says(why), True)
                equal('the collector refuses', weir.wait(lambda: 'refused' in weir.state(), 10), True)
                p.stop()
                equal('packets', weir.totals().get('ip_packets', 0), 0)
            probe(capture(), '--zmq', publish, *mode, '--zmq-encryption-key', public)
            check(weir, flows)
            said = weir.stop()
        equal('keys told', said_keys(said)[:1], [public])
        equal('the reason is told', 'does not encrypt with the key' in said, True)


def test_keys_are_made_at_the_first_start_and_kept():
    weir = Weir(PAGES, '-i', 'tcp://127.0.0.1:%d' % PORT, '--zmq-encryption')
    with weir:
        with open(os.path.join(weir.folder, 'zmq-key.pub'), encoding='ascii') as f:
            public = f.read()
        probe(capture(), '--zmq', 'tcp://*:%d' % PORT, '--zmq-encryption-key', public)
        check(weir, records(capture()))
        equal('the key is told', said_keys(weir.stop())[:1], [public])
    equal('the mode of the secret key', os.stat(os.path.join(weir.folder, 'zmq-key.priv')).st_mode & 0o777, 0o600)


def test_json_travels_compressed_unless_it_is_not_to():
    for args, first in (((), b'\0\x78'), (('--zmq-disable-compression',), b'[{')):
        s = zmq_raw.Socket(zmq_raw.SUB, ((zmq_raw.SUBSCRIBE, b'flow'), (zmq_raw.RCVTIMEO, 10000)))
        s.connect('tcp://127.0.0.1:%d' % PORT)
        p = Replay(capture(), '--zmq', 'tcp://*:%d' % PORT, '--zmq-format', 'json', *args)
        head, payload = s.receive()
        equal('topic and version', (head[:17], len(head)), (b'flow' + bytes(12) + b'\2', 28))
        equal('how the payload begins', payload[:2], first)
        flows = json.loads(zlib.decompress(payload[1:]) if payload[0] == 0 else payload)
        equal('an address', 'IPV4_SRC_ADDR' in flows[0] or 'IPV6_SRC_ADDR' in flows[0], True)
        s.close()
        p.stop()


def test_a_probe_tells_how_it_is_and_what_its_fields_are_called():
    s = zmq_raw.Socket(zmq_raw.SUB, ((zmq_raw.SUBSCRIBE, b''), (zmq_raw.RCVTIMEO, 10000)))
    s.connect('tcp://127.0.0.1:%d' % PORT)
    p = Replay(capture(), '--zmq', 'tcp://*:%d' % PORT, '--export-rate', '100', '-N', 'here')
    told, number = {}, None
    while 'event' not in told:
        head, payload = s.receive()
        told.setdefault(head[:16].rstrip(b'\0').decode(), payload)
        now = int.from_bytes(head[20:24] if len(head) == 28 else head[28:32], 'big')
        equal('numbers without a gap', number is None or now == number + 1, True)
        number = now
    equal('hello', told['hello'], b'here')
    names = json.loads(told['template'])
    equal('IN_BYTES', [(f['PEN'], f['field']) for f in names if f['name'] == 'IN_BYTES'], [(0, 1)])
    equal('L7_PROTO', [(f['PEN'], f['field']) for f in names if f['name'] == 'L7_PROTO'], [(35632, 57590)])
    status = json.loads(told['event'])
    equal('interface', status['iface']['name'], 'here')
    for key in ('time', 'bytes', 'packets', 'packet_drops', 'avg', 'timeout', 'drops', 'zmq', 'probe'):
        equal('%s is told' % key, key in status, True)
    s.close()
    p.stop()


def test_the_top_of_a_tree_has_the_sums_of_its_leaves():
    leaves = [capture(), capture('second.pcap', 11)]
    flows = [f for path in leaves for f in records(path)]
    ports = (PORT, PORT + 1)
    for scheme, args in (('zmq', ()), ('ipfix', ()), ('ipfix+tcp', ())):
        if scheme == 'zmq':
            listen = ['-i', ','.join('tcp://127.0.0.1:%d' % port for port in ports)]
        else:
            listen = ['-i', '%s://127.0.0.1:%d' % ('udp' if scheme == 'ipfix' else 'ipfix', OTHER)]
        with Weir(PAGES, *listen) as top:
            for path, port in zip(leaves, ports):
                probe(path, *(('--zmq', 'tcp://*:%d' % port) if scheme == 'zmq' else
                              ('--export', '%s://127.0.0.1:%d' % (scheme, OTHER))), *args)
            check(top, flows)


def test_a_chain_of_three_shows_the_same_at_its_top():
    flows = records(capture())
    ends = ['tcp://127.0.0.1:%d' % (PORT + i) for i in range(2)]
    with Weir(PAGES, '-i', ends[1]) as top:
        with Weir(PAGES + 1, '-i', ends[0], '--zmq', 'tcp://*:%d' % (PORT + 1)) as middle:
            probe(capture(), '--zmq', 'tcp://*:%d' % PORT)
            check(middle, flows)
            check(top, flows)


def test_names_of_interfaces_climb_a_chain():
    ends = ['tcp://127.0.0.1:%d' % (PORT + i) for i in range(2)]
    with Weir(PAGES + 1, '-i', ends[0], '--zmq', 'tcp://*:%d' % (PORT + 1)) as middle:
        s = zmq_raw.publisher(PORT)
        zmq_raw.settle()
        for number, (topic, told) in enumerate(((b'snmp-ifaces', {'192.0.2.9': {'3': 'Gi0/3'}}),
                                                (b'flow', dict(FLOW, EXPORTER_IPV4_ADDRESS='192.0.2.9', INPUT_SNMP=3)))):
            payload = json.dumps(told).encode()
            s.send(zmq_raw.header(2, payload, number, topic=topic), payload)
        middle.wait_total('flows_created', 1)
        with Weir(PAGES, '-i', ends[1]) as top:
            top.wait(lambda: any(r['ip'] == '192.0.2.9' for r in top.rows('/exporters')))
            interfaces = top.get('/exporters/192.0.2.9')['data']['interfaces']
            equal('names', [i['name'] for i in interfaces if i['index'] == 3], ['Gi0/3'])
        s.close()


if __name__ == '__main__':
    run_tests(globals())
