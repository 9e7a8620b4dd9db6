#!/usr/bin/env python3
"""compare_random.py - does Weir read what random exporters send as a slow decoder in another language does?

    compare_random.py [--seed N] [--datagrams N] [--captures N] [--verbose]

Each capture (random_exporters.py) is read by `weir read --records -o json` and by slow_decoder.py: every
line with every pair of it must be the same, and the sums of equation L4 too. Half of the captures have
damaged datagrams; those are read by port, the others found by content. Then every element in every
width with the values at the edges (boundary_elements.py), and valid exporters among as many damaged
datagrams of others, which must not cost them a record. WEIR names another program than build/weir.
2,000 datagrams and a 30th of the elements unless told otherwise, with WEIR_LONG=1 100,000 and all. A
capture that differs is left in build/check/. The last line is `N passed, N failed`.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

import boundary_elements
import random_exporters
from slow_decoder import ROOT
from slow_frame import ANY
from slow_sflow import Decoder

WEIR = os.path.abspath(os.environ.get("WEIR", os.path.join(ROOT, "build", "weir")))
LONG = bool(os.environ.get("WEIR_LONG"))
FATES = {"records received": "received", "accepted": "accepted", "malformed": "malformed",
         "without template": "no_template", "sent twice": "duplicate", "denied": "denied"}


def weir(*arguments):
    done = subprocess.run([WEIR, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
    if done.returncode or "Sanitizer" in done.stderr:
        raise AssertionError("weir %s: status %d\n%s" % (" ".join(arguments), done.returncode, done.stderr[-3000:]))
    return done.stdout


def key(pairs):
    """The same for the same pairs in any order; reals are equal when six digits are."""
    return sorted((k, "%.6g" % v if isinstance(v, float) else json.dumps(v)) for k, v in pairs)


def read(line):
    return json.loads(line, object_pairs_hook=lambda pairs: pairs)


def difference(want, got):
    """Rows of one datagram that only one of the two has."""
    rest = [key(g) for g in got]
    only = []
    for row in (w for w in want if w is not ANY):
        if key(row) in rest:
            rest.remove(key(row))
        else:
            only.append(key(row))
    return only, rest if len(rest) != sum(w is ANY for w in want) or only else []


def tell(number, only, rest):
    said = ["datagram %d: %d rows only here, %d only of Weir" % (number, len(only), len(rest))]
    for row in only[:2]:
        near = max(rest, key=lambda r: len(set(r) & set(row)), default=[])
        said.append("    here  %s" % [p for p in row if p not in near][:9])
        said.append("    Weir  %s" % [p for p in near if p not in row][:9])
        said.append("    both  %s" % [p for p in row if p in near][:6])
    for row in rest[:2] if not only else []:
        said.append("    Weir  %s" % row[:16])
    return said


def compare(path, datagrams, port):
    lines = weir("read", "--collector-port", port, "--records", "-o", "json", path).split("\n")[:-1]
    decoder, at, wrong = Decoder(), 0, []
    for number, (when, addr, payload) in enumerate(datagrams):
        want = decoder.take(when, addr, payload)
        got = [read(line) for line in lines[at:at + len(want)]]
        at += len(want)
        only, rest = difference(want, got)
        if only or rest:
            return tell(number, only, rest), decoder
    decoder.finish()
    if at != len(lines):
        wrong.append("%d lines more than expected" % (len(lines) - at))
    return wrong + compare_ledger(path, port, decoder.counts), decoder


def compare_ledger(path, port, counts):
    counts["received"] = sum(counts[k] for k in ("accepted", "malformed", "no_template", "duplicate"))
    ledger = json.loads(weir("ledger", "--check", "--json", "--collector-port", port, path))["ledger"]
    line = next(l for l in ledger["lines"] if l["id"] == "L4")
    told = {line["left_name"]: line["left"], **{t["name"]: t["value"] for t in line["terms"]}}
    return ["L4, %s: %d here, %d by Weir" % (name, counts[fate], told[name])
            for name, fate in FATES.items() if counts[fate] != told[name]]


def judge(name, datagrams, port, folder, verbose):
    path = os.path.join(folder, name + ".pcap")
    random_exporters.write(path, datagrams)
    wrong, decoder = compare(path, datagrams, port)
    if verbose or wrong:
        print("%s: %d datagrams, %s" % (name, len(datagrams), dict(decoder.counts)))
    for line in wrong:
        print("   ", line)
    if not wrong:
        os.unlink(path)
    return not wrong


def run_random(seed, n, folder, verbose):
    damaged = seed % 2 == 0
    datagrams = random_exporters.World(seed, damaged).run(n)
    return judge("random-%d" % seed, datagrams, str(random_exporters.PORT) if damaged else "any", folder, verbose)


def records_of(path):
    return weir("read", "--collector-port", str(random_exporters.PORT), "--records", "-o", "json", path).split("\n")[:-1]


def run_mixed(seed, n, folder):
    """Valid exporters alone, and among damaged datagrams of others: the same records (F15)."""
    valid = [d for d in random_exporters.World(seed).run(n) if d[2][:2] != b"\0\0"]
    damaged = [(when, "198.51.100.7", payload) for when, _, payload in random_exporters.World(seed + 1, True).run(n)
               if payload[:2] != b"\0\0"]  # sFlow names its agent inside
    alone, mixed = (os.path.join(folder, "%s-%d.pcap" % (word, seed)) for word in ("alone", "mixed"))
    random_exporters.write(alone, valid)
    random_exporters.write(mixed, sorted(valid + damaged, key=lambda d: d[0]))
    want = records_of(alone)
    lost = collections.Counter(want) - collections.Counter(records_of(mixed))
    weir("ledger", "--check", "--collector-port", str(random_exporters.PORT), mixed)
    if lost or not want:
        print("mixed: %d of %d records of valid exporters are lost among damaged ones" % (sum(lost.values()), len(want)))
        return False
    os.unlink(alone)
    os.unlink(mixed)
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--datagrams", type=int, default=1000)
    parser.add_argument("--captures", type=int, default=100 if LONG else 2)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    folder = os.path.join(ROOT, "build", "check")
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        good = [run_random(options.seed + i, options.datagrams, folder, options.verbose) for i in range(options.captures)]
        for part in range(30 if LONG else 1):
            part = (part + options.seed) % 30
            datagrams = boundary_elements.datagrams(part, 30)
            good.append(judge("boundary-%d" % part, datagrams, str(random_exporters.PORT), folder, options.verbose))
        for i in range(10 if LONG else 1):
            good.append(run_mixed(options.seed + 1000 + 2 * i, options.datagrams, folder))
    print("%d passed, %d failed" % (sum(good), len(good) - sum(good)))
    return not all(good)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
