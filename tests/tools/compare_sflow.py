#!/usr/bin/python3
"""compare_sflow.py - does the sFlow decoder read every sample of the corpus as an independent one does?

    compare_sflow.py [--dump build/tests/tools/sflow_dump]

Reads flows/*.pcap and flow-answers/*.json of $WEIR_CORPUS (or ../shared/corpus), skipped when there
is none. Compared per sample: sequence, source, rate, pool, drops, interfaces, discard reason, and of
the sampled header its protocol, length, stripped bytes and every byte. A header that the answer does
not have because a record's length is wrong there (a known fault of an exporter) is an extra, not an
error. The last line is `N passed, N failed` with `, N skipped`.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.environ.get("WEIR_CORPUS", os.path.join(ROOT, "..", "shared", "corpus"))
VALUE = 0x3FFFFFFF


def datagrams(path, ports):
    from scapy.all import IP, IPv6, UDP, PcapReader
    for number, packet in enumerate(PcapReader(path), 1):
        if packet.haslayer(UDP) and packet[UDP].dport in ports:
            yield number, bytes(packet[UDP].payload)


def expected(sample):
    """The line that the dump should print, without the header."""
    kind = sample["format"]
    if kind in (2, 4):
        return ["counters", sample["seq"], sample["source_type"], sample["source_index"]]
    out = [(sample.get("input_format", 0), sample["input"]), (sample.get("output_format", 0), sample["output"])]
    if kind == 1:
        out = [(v >> 30, v & VALUE) for _, v in out]
    line = ["flow", sample["seq"], sample["source_type"], sample["source_index"], sample.get("rate", 0),
            sample.get("pool", 0), sample["drops"], "%d:%d" % out[0], "%d:%d" % out[1],
            "discard" if kind == 5 else "sample", sample.get("reason", 0)]
    return line


def header(sample):
    for record in sample.get("records", []):
        if record["enterprise"] == 0 and record["format"] == 1 and "header" in record:
            wire = max(record["frame_length"] - record["stripped"], len(record["header"]) // 2)
            return [str(record["stripped"]), str(record["protocol"]), str(wire), record["header"]]
    return None


def compare(name, answer, dump):
    payloads = list(datagrams(os.path.join(CORPUS, "flows", answer["file"]), answer["ports"]))
    text = subprocess.run([dump], input="".join(p.hex() + "\n" for _, p in payloads), text=True,
                          stdout=subprocess.PIPE, check=True).stdout
    got = [l.split(" ") for l in text.splitlines() if l.startswith(("flow ", "counters "))]
    want = [s for s in answer["samples"] if s["enterprise"] == 0 and s["format"] <= 5]
    wrong, extra = [], 0
    if len(got) != len(want):
        wrong.append("%d samples instead of %d" % (len(got), len(want)))
    for g, w in zip(got, want):
        line = [str(x) for x in expected(w)]
        if g[:len(line)] != line:
            wrong.append("frame %d: %s instead of %s" % (w["n"], g[:len(line)], line))
        if g[0] == "flow":
            has, should = (g[11:] if len(g) > 13 else None), header(w)
            if should and has != should:
                wrong.append("frame %d: header %s instead of %s" % (w["n"], has, should))
            extra += has is not None and should is None
    print("%s: %d samples, %d headers more, %d wrong" % (name, len(got), extra, len(wrong)))
    for line in wrong[:5]:
        print("   ", line[:400])
    return not wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dump", default=os.path.join(ROOT, "build", "tests", "tools", "sflow_dump"))
    options = parser.parse_args()
    passed = failed = 0
    for path in sorted(glob.glob(os.path.join(CORPUS, "flow-answers", "*.json"))):
        with open(path) as f:
            answer = json.load(f)
        if not answer.get("samples"):
            continue
        if compare(os.path.basename(path), answer, options.dump):
            passed += 1
        else:
            failed += 1
    print("%d passed, %d failed%s" % (passed, failed, "" if passed + failed else ", 1 skipped"))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
