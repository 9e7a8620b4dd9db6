"""collecting.py - what tests of collectors share: Weir in the background with its questions, and what `weir
read` says of the same capture."""
import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WEIR = os.path.abspath(os.environ.get('WEIR', os.path.join(ROOT, 'build/weir')))
CORPUS = os.environ.get('WEIR_CORPUS', os.path.join(os.path.dirname(ROOT), 'shared/corpus'))
STOP_S = 20


class Weir:
    """A Weir that collects, on a port of its own: `with Weir(...) as weir` ends it as stop() does."""

    def __init__(self, port, *args):
        self.port = port
        self.folder = tempfile.mkdtemp(prefix='weir-collect-')
        self.p = subprocess.Popen([WEIR, '-w', '127.0.0.1:%d' % port, '--data-dir', self.folder, *args],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True)
        self.wait(lambda: self.get('/health') is not None)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.p.kill()
            self.p.wait()
        elif self.p.poll() is None:
            self.stop()

    def get(self, path):
        """The answer, None while nobody answers."""
        try:
            with urllib.request.urlopen('http://127.0.0.1:%d/api/v1%s' % (self.port, path), timeout=5) as r:
                return json.load(r)
        except (urllib.error.URLError, OSError):
            if self.p.poll() is not None:
                raise AssertionError('weir ended: ' + self.p.stdout.read()) from None
            return None

    def wait(self, is_so, seconds=20):
        """Until is_so() is true; what it was in the end."""
        end = time.monotonic() + seconds
        while not is_so() and time.monotonic() < end:
            time.sleep(0.05)
        return is_so()

    def totals(self, iface=None):
        answer = self.get('/totals' + ('' if iface is None else '?if=%d' % iface))
        return answer['data'] if answer else {}

    def wait_total(self, key, least, seconds=20):
        self.wait(lambda: self.totals().get(key, 0) >= least, seconds)

    def still(self):
        """Totals once no more messages come."""
        seen = None
        while seen != self.totals().get('received'):
            seen = self.totals().get('received')
            time.sleep(1.2)
        return self.totals()

    def state(self):
        return self.get('/interfaces')['data'][0]['state']

    def rows(self, path):
        """All rows of a list, page by page, once the last second is published."""
        rows = []
        while True:
            page = self.get('%s%slimit=500&offset=%d' % (path, '&' if '?' in path else '?', len(rows)))
            rows += page['data']
            if not page['data'] or len(rows) >= page['page']['total']:
                return rows

    def hosts(self):
        """Without the row of all others while nobody is among them."""
        hosts = {(r['ip'], r['vlan']): [r[k] for k in ('bytes_sent', 'packets_sent', 'bytes_rcvd', 'packets_rcvd')]
                 for r in self.rows('/hosts')}
        return {host: sums for host, sums in hosts.items() if any(sums)}

    def protocols(self):
        return {r['name']: [r['bytes'], r['packets'], r['total_flows']] for r in self.rows('/protocols')}

    def stop(self):
        """Ends it as Ctrl-C does; the ledger it leaves must close. What it said."""
        self.p.terminate()
        said = self.p.communicate(timeout=STOP_S)[0]
        left = subprocess.run([WEIR, 'ledger', '--check', '-d', self.folder], capture_output=True, text=True,
                              check=False)
        if left.returncode:
            raise AssertionError('the ledger does not close: ' + left.stdout + left.stderr)
        return said


def records(capture, *args):
    """The flows of a capture, as objects with the seeds' names."""
    out = subprocess.run([WEIR, 'read', '-o', 'json', *args, capture], capture_output=True, timeout=60, check=False)
    return [json.loads(line) for line in out.stdout.splitlines()]


def hosts_of(flows):
    """Bytes and packets sent and received of each address and VLAN."""
    hosts = {}
    for f in flows:
        for side, sent, rcvd in (('SRC', 'IN', 'OUT'), ('DST', 'OUT', 'IN')):
            ip = f.get('IPV4_%s_ADDR' % side) or f['IPV6_%s_ADDR' % side]
            sums = hosts.setdefault((ip, f['SRC_VLAN']), [0, 0, 0, 0])
            for i, key in enumerate((sent + '_BYTES', sent + '_PKTS', rcvd + '_BYTES', rcvd + '_PKTS')):
                sums[i] += f[key]
    return hosts


def protocols_of(flows):
    """Bytes, packets and flows of each application. A flow that was told in several records is one."""
    names, ids = {}, set()
    for f in flows:
        sums = names.setdefault(f['L7_PROTO_NAME'], [0, 0, 0])
        sums[0] += f['IN_BYTES'] + f['OUT_BYTES']
        sums[1] += f['IN_PKTS'] + f['OUT_PKTS']
        sums[2] += f['FLOW_ID'] not in ids
        ids.add(f['FLOW_ID'])
    return names
