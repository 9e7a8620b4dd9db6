#!/usr/bin/env python3
"""compare_ndpi.py - do Weir's application names agree with ndpiReader's, flow by flow?

    compare_ndpi.py [--weir "build/weir read ..."] [--reader ndpiReader] [-v] [FILE.pcap...]

Without files: the captures of nDPI's own tests in $WEIR_CORPUS/packets or ../shared/corpus/packets,
skipped when there are none.

ndpiReader is libndpi's own program (Debian: libndpi-bin), so both use the same library; it looks at
up to 80 packets of a TCP flow and 24 of a UDP flow where Weir has its budget. A flow is matched by
protocol, addresses and ports in either direction; flows that only one side has (tunnels are taken
off by Weir alone) are counted apart. Exit status 1 when fewer than --least percent agree. The last
line is `N passed, N failed` with `, N skipped`.
"""
import argparse
import collections
import glob
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys

LINE = re.compile(r"^\s+\d+\s+(\S+) \[?([0-9a-fA-F.:]+?)\]?(?::(\d+))? (?:<->|->) "
                  r"\[?([0-9a-fA-F.:]+?)\]?(?::(\d+))?(?: \[VLAN: \d+\])? ?\[")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.environ.get("WEIR_CORPUS", os.path.join(ROOT, "..", "shared", "corpus"))
NUMBERS = {"TCP": 6, "UDP": 17, "ICMP": 1, "ICMPV6": 58, "IGMP": 2, "SCTP": 132, "GRE": 47,
           "ESP": 50, "AH": 51, "OSPF": 89, "PIM": 103, "VRRP": 112, "IPV4": 4, "IPV6": 41}


def key(proto, a, ap, b, bp):
    if proto not in (6, 17):
        ap = bp = 0
    one = (ipaddress.ip_address(a).packed, int(ap))
    two = (ipaddress.ip_address(b).packed, int(bp))
    return (proto,) + (one + two if one <= two else two + one)


def by_reader(reader, path):
    """Tuple -> list of (name, confidence) as ndpiReader prints them."""
    out = subprocess.run([reader, "-v", "2", "-i", path], capture_output=True, timeout=600).stdout
    flows = collections.defaultdict(list)
    for line in out.decode("utf-8", "replace").splitlines():
        at = LINE.match(line)
        name = re.search(r"\[proto: [\d.]+/([^\]]+)\]", line)
        if not at or not name:
            continue
        proto, a, ap, b, bp = at.groups()
        number = NUMBERS.get(proto) or (int(proto) if proto.isdigit() else None)
        if number is None:
            continue
        sure = re.search(r"\[Confidence: ([^\]]+)\]", line)
        try:
            flows[key(number, a, ap or 0, b, bp or 0)].append((name[1], sure[1] if sure else ""))
        except ValueError:
            continue
    return flows


def by_weir(weir, path):
    """Tuple -> list of (name, confidence) of `weir read`."""
    out = subprocess.run(weir + [path], capture_output=True, timeout=600).stdout
    flows = collections.defaultdict(list)
    for line in out.splitlines():
        r = json.loads(line)
        a = r.get("IPV4_SRC_ADDR") or r.get("IPV6_SRC_ADDR")
        b = r.get("IPV4_DST_ADDR") or r.get("IPV6_DST_ADDR")
        k = key(r["PROTOCOL"], a, r.get("L4_SRC_PORT", 0), b, r.get("L4_DST_PORT", 0))
        flows[k].append((r.get("L7_PROTO_NAME", "Unknown"), str(r.get("confidence", ""))))
    return flows


def show(k):
    a, b = ipaddress.ip_address(k[1]), ipaddress.ip_address(k[3])
    return f"{k[0]} {a}:{k[2]} {b}:{k[4]}"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--weir", default="build/weir read -o json --no-timeouts")
    p.add_argument("--reader", default="ndpiReader")
    p.add_argument("--least", type=float, default=97.0)
    p.add_argument("-v", action="store_true", help="print each flow that differs")
    p.add_argument("files", nargs="*")
    args = p.parse_args()
    files = args.files or sorted(glob.glob(os.path.join(CORPUS, "packets", "ndpi-*")))
    if not files or not shutil.which(args.reader):
        print("no captures, or no ndpiReader: nothing is compared")
        print("0 passed, 0 failed, 1 skipped")
        return 0

    same = differs = only_reader = only_weir = 0
    pairs = collections.Counter()
    for path in files:
        theirs, ours = by_reader(args.reader, path), by_weir(args.weir.split(), path)
        only_reader += len(theirs.keys() - ours.keys())
        only_weir += len(ours.keys() - theirs.keys())
        for k in sorted(theirs.keys() & ours.keys()):
            names = {name for name, _ in theirs[k]}
            mine = {name for name, _ in ours[k]}
            if names & mine:
                same += 1
                continue
            differs += 1
            pair = (theirs[k][0][0], ours[k][0][0])
            pairs[pair] += 1
            if args.v:
                print(f"{path.rsplit('/', 1)[-1]}: {show(k)}: ndpiReader {theirs[k][0]}, weir {ours[k][0]}")
    for (theirs, ours), n in pairs.most_common():
        print(f"{n:6} ndpiReader {theirs:30} weir {ours}")
    total = same + differs
    share = 100.0 * same / total if total else 100.0
    print(f"{total} flows on both sides, {same} agree ({share:.2f} %); "
          f"only ndpiReader {only_reader}, only weir {only_weir}")
    is_good = share >= args.least
    print("1 passed, 0 failed" if is_good else "0 passed, 1 failed")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
