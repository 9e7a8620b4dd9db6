#!/usr/bin/python3
"""damage_flows.py - does the collector's ledger close over exports that were cut, flipped and mixed up?

    damage_flows.py [--dump build/tests/tools/collect_dump] [--seed N] [--rounds N] [NAME...]

Takes the datagrams of flows/*.pcap of $WEIR_CORPUS (or ../shared/corpus), skipped when there is none, and
damages most of them: cut short, bits flipped, octets set to 0 or 255, lengths made wrong, pieces of others put
in, doubled, sent from another port. One run of the dump tool takes all of them; equation L4 must close and
nothing may crash. The last line is `N passed, N failed`.
"""
import argparse
import glob
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import compare_flows  # noqa: E402


def flip(rng, b, others):
    for _ in range(rng.randint(1, 8)):
        b[rng.randrange(len(b))] ^= 1 << rng.randrange(8)
    return b


def cut(rng, b, others):
    return b[:rng.randrange(len(b))]


def fill(rng, b, others):
    at, n = rng.randrange(len(b)), rng.randint(1, 8)
    b[at:at + n] = bytes([rng.choice((0, 255))]) * len(b[at:at + n])
    return b


def lengths(rng, b, others):
    """A word of two octets, where lengths, counts and ids stand."""
    at = rng.randrange(0, max(1, len(b) - 1), 2)
    b[at:at + 2] = rng.choice((0, 1, 3, 4, 5, 255, 256, 32767, 65535)).to_bytes(2, "big")
    return b


def splice(rng, b, others):
    other = rng.choice(others)
    at, start = rng.randrange(len(b)), rng.randrange(len(other))
    b[at:at + rng.randint(1, 64)] = other[start:start + rng.randint(1, 64)]
    return b


def damaged(rng, lines):
    """Lines of the dump tool: number, sender, port, milliseconds, octets."""
    rows = [line.split() for line in lines]
    others = [bytes.fromhex(row[4]) for row in rows if len(row) > 4]
    for row in rows:
        if len(row) < 5:
            continue
        octets = bytearray.fromhex(row[4])
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            if octets:
                octets = rng.choice((flip, cut, fill, lengths, splice))(rng, octets, others)
        if rng.random() < 0.1:
            row[2] = str(rng.randint(1, 65535))
        for _ in range(2 if rng.random() < 0.05 else 1):
            if octets:
                yield " ".join(row[:4]) + " " + octets.hex() + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dump", default=os.path.join(compare_flows.ROOT, "build", "tests", "tools", "collect_dump"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    passed = failed = datagrams = 0
    for path in sorted(glob.glob(os.path.join(compare_flows.CORPUS, "flow-answers", "*.json"))):
        name = os.path.basename(path)[:-5]
        with open(path) as f:
            answer = json.load(f)
        if options.names and name not in options.names:
            continue
        lines = list(compare_flows.payloads(name, answer))
        for round_ in range(options.rounds):
            rng = random.Random("%d %d %s" % (options.seed, round_, name))
            text = list(damaged(rng, lines))
            datagrams += len(text)
            done = subprocess.run([options.dump], input="".join(text), text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=300)
            passed, failed = passed + (done.returncode == 0), failed + (done.returncode != 0)
            if done.returncode:
                print("%s, round %d: exit code %d: %s%s" % (name, round_, done.returncode, done.stdout[-200:],
                                                           done.stderr[-2000:]))
    print("%d datagrams" % datagrams)
    print("%d passed, %d failed%s" % (passed, failed, "" if passed + failed else ", 1 skipped"))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
