#!/usr/bin/python3
"""compare_flows.py - does the collector read every record of the corpus as an independent decoder does?

    compare_flows.py [--dump build/tests/tools/collect_dump] [NAME...]

Reads flows/*.pcap and flow-answers/*.json of $WEIR_CORPUS (or ../shared/corpus), skipped when there
is none. Per message, in order: source, destination, ports, protocol, bytes and packets (where the
template has elements 1 and 2), and the times of records that the collector did not have to move. A
message is received at the moment its header says. The last line is `N passed, N failed`.
"""
import argparse
import collections
import glob
import importlib.util
import ipaddress
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.environ.get("WEIR_CORPUS", os.path.join(ROOT, "..", "shared", "corpus"))
HAS_TIMES, CLAMPED, OPTIONS = 4, 8, 3


def plain(text):
    a = ipaddress.ip_address(text)
    return str(getattr(a, "ipv4_mapped", None) or a)


def payloads(name, answer):
    spec = importlib.util.spec_from_file_location("flow_answers", os.path.join(CORPUS, "tools", "flow_answers.py"))
    tools = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(tools)
    known = {d["n"]: d for d in answer["datagrams"]}
    for number, link, ms, frame in tools.frames(os.path.join(CORPUS, "flows", name + ".pcap")):
        if number not in known:
            continue
        found = tools.udp(link, frame)
        if found:
            when = known[number].get("time", 0) * 1000 or ms
            yield "%d %s %d %d %s\n" % (number, found[0], found[1], when, found[5].hex())


def wanted(record):
    c = record["c"]
    return (plain(c["src"]), plain(c["dst"]), c.get("sport", 0), c.get("dport", 0), c.get("proto", 0), c.get("bytes"),
            c.get("pkts"), c.get("first_ms"), c.get("last_ms"))


def same(want, got):
    if want[:5] != got[:5]:
        return False
    counters = all(w is None or w == g for w, g in zip(want[5:7], got[5:7]))
    if got[9] & CLAMPED or not got[9] & HAS_TIMES:
        return counters
    return counters and all(w is None or abs(w - g) <= 1 for w, g in zip(want[7:9], got[7:9]))


def compare(name, answer, dump):
    done = subprocess.run([dump], input="".join(payloads(name, answer)), text=True, stdout=subprocess.PIPE)
    if done.returncode:
        return ["exit code %d: %s" % (done.returncode, done.stdout[-300:])]
    got = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "end" or words[1] == "frame" or int(words[1]) == OPTIONS:
            continue
        got[int(words[0])].append((plain(words[2]), plain(words[3])) + tuple(int(w) for w in words[4:12]))
    wrong = []
    want = [r for r in answer["records"] if not r.get("options") and "src" in r["c"] and "dst" in r["c"]]
    for record in want:
        w = wanted(record)
        rest = got[record["n"]]
        hit = next((g for g in rest if same(w, g)), None)
        if hit is None:
            wrong.append("frame %d: no %s among %s" % (record["n"], w, rest[:2]))
        else:
            rest.remove(hit)
    if wrong:
        wrong.append(done.stdout.splitlines()[-1])
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dump", default=os.path.join(ROOT, "build", "tests", "tools", "collect_dump"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    passed = failed = 0
    for path in sorted(glob.glob(os.path.join(CORPUS, "flow-answers", "*.json"))):
        name = os.path.basename(path)[:-5]
        with open(path) as f:
            answer = json.load(f)
        if options.names and name not in options.names or not answer.get("records"):
            continue
        wrong = compare(name, answer, options.dump)
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print("%s: %d wrong of %d" % (name, len(wrong), len(answer["records"])))
            for line in wrong[:3] + wrong[3:][-1:]:
                print("   ", line[:500])
    print("%d passed, %d failed%s" % (passed, failed, "" if passed + failed else ", 1 skipped"))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
