#!/usr/bin/env python3
"""Writes targets, topics and headers to begin with: one file each, the first byte chooses."""
import os
import sys

SEEDS = [b"\x01/api/v1/flows?q=app%3DTLS&sort=-bps&limit=40&offset=0&fields=cli.ip,bytes",
         b"\x01/api/v1/hosts/192.168.1.10@0?if=0", b"\x01/api/v1/top?by=srv.port&format=ndjson",
         b"\x01/api/v1/timeseries?schema=iface:ndpi&seconds=60", b"\x01/lua/host_details.lua?host=1.2.3.4&page=x",
         b"\x01/assets/app.js", b"\x01/hosts/x", b"\x10/api/v1/stream/00?topics=totals",
         b"\x02totals%3Fif%3D0,flows%3Fq%3Da%252Cb,hosts", b"\x03[::1]:3000", b"\x03gzip, br;q=0.5, *;q=0",
         b"\x03localhost:3000", b"\x03text/html,application/json;q=0.9"]

for number, seed in enumerate(SEEDS):
    with open(os.path.join(sys.argv[1], "%02d" % number), "wb") as file:
        file.write(seed)
