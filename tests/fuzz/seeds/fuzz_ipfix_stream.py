#!/usr/bin/env python3
"""fuzz_ipfix_stream.py DIR - streams of IPFIX messages of random exporters, whole and cut."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools"))
sys.dont_write_bytecode = True
import random_exporters  # noqa: E402


def main():
    for seed in range(12):
        sent = [p for _, _, p in random_exporters.World(seed).run(120) if p[:2] == b"\0\x0a" and len(p) < 1500][:6]
        stream = b"".join(sent)
        stream = stream[:-7] if seed % 3 == 0 else stream + b"\0\x09tail" if seed % 3 == 1 else stream
        with open(os.path.join(sys.argv[1], "stream%02d" % seed), "wb") as file:
            file.write(bytes([seed]) + stream)


if __name__ == "__main__":
    main()
