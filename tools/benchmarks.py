#!/usr/bin/env python3
"""benchmarks.py - docs/benchmarks.md out of what `weir bench all --json` says.

    benchmarks.py LINES OUT      read the JSON lines, write the page
    benchmarks.py --check LINES  every line has the members that programs rely on

The page sets our figures beside those of others and judges each goal.
"""
import json
import os
import platform
import re
import sys

MEMBERS = ("bench", "packet_bytes", "hosts", "pps", "ns_p5", "ns_p50", "floor_pps", "rss_bytes",
           "bytes_per_flow", "bytes_per_host")

# ntopng's paper: 64-byte packets a second on one core by number of hosts.
PAPER = {100: 8.1e6, 1000: 7.2e6, 10000: 5.09e6, 100000: 2.08e6, 1000000: 17.8e3}

# Thousand packets a second and core, peak MB; 64-byte frames from a capture in the page cache.
PEERS = [
    ("ntopng 6.3-dev, flow creation included", "737 (173)", "561 (190)", "338 (303)", "222 (1,443)", "63 (12,700)"),
    ("ntopng 6.3-dev, steady state", "720", "572", "351", "305", "138"),
    ("ntopng without its per-packet select()", "2,677", "1,724", "522", "299", "76"),
    ("softflowd 1.1.0", "4,000 (3)", "3,077 (4)", "1,852 (6)", "450 (32)", "196 (286)"),
    ("nfpcapd 1.7.1", "4,211 (160)", "4,396 (160)", "2,920 (161)", "935 (172)", "353 (652)"),
    ("pmacctd nfprobe", "990 (112)", "842", "532", "673 (146)", "503 (255)"),
    ("ndpiReader 4.11 (detection only)", "6,897 (16)", "3,571 (22)", "763 (79)", "267 (648)", "78 (6,385)"),
    ("ipfixprobe 4.11 with 4 plugins", "2,395 (31)", "2,260", "1,587", "1,379", "516 (316)"),
    ("ipfixprobe without plugins", "3,509 (31)", "3,774", "3,030", "2,210", "727 (316)"),
]
# Forms of exporters' records; the first ones have a floor.
DECODED = ("v9, 19 fields", "ipfix, 8 fields", "ipfix, 40 fields", "v9, reduced", "v5", "sflow, 128 B")

SIZES = (100, 1000, 10000, 100000, 1000000)

MPPS, MB, GB = 1e6, 1e6, 1e9


class Goal:
    """One promise: which line, which member of it, and its limit. Busy machines get 60 % of a rate."""

    def __init__(self, text, want, member, limit, most=False, unit=1, busy=False):
        self.text, self.want, self.member, self.limit = text, want, member, limit
        self.most, self.unit, self.busy = most, unit, busy


def goals():
    rows = []
    for bench, limits in (("engine", (30, 30, 30, 25, 15, 6)), ("file", (15, 15, 15, 12, 10, 5))):
        for hosts, limit in zip(SIZES + (10000000,), limits):
            rows.append(Goal(f"{bench}: {limit} Mpps with {hosts:,} hosts",
                             {"bench": bench, "packet_bytes": 64, "hosts": hosts}, "pps",
                             limit * MPPS, unit=MPPS, busy=True))
    for variant, limit in (("ipv6", 1.4), ("vlan", 1.05), ("tunnel", 1.6)):
        for hosts in (1000, 100000, 1000000):
            rows.append(Goal(f"{variant}: at most {limit} of plain IPv4, {hosts:,} hosts",
                             {"bench": "engine", "variant": variant, "hosts": hosts},
                             "ratio_to_ipv4", limit, most=True))
    for hosts, limit in ((100, 20), (100000, 80), (1000000, 600), (10000000, 6000)):
        rows.append(Goal(f"memory: at most {limit:,} MB with {hosts:,} hosts and flows",
                         {"bench": "memory", "hosts": hosts}, "rss_bytes", limit * MB, most=True, unit=MB))
    rows += [
        Goal("flood: 3 M new flows/s", {"bench": "flood", "variant": "nearly all new"}, "new_flows_per_s",
             3e6, unit=MPPS, busy=True),
        Goal("flood: no established flow lost", {"bench": "flood", "variant": "half new"},
             "established_lost", 0, most=True),
        Goal("detection: 150,000 mixed new flows/s", {"bench": "dpi"}, "new_flows_per_s", 150e3,
             unit=1e3, busy=True),
        Goal("live: at most 100 ns of the worker a packet", {"bench": "live", "variant": "afpacket"},
             "user_ns_per_packet", 100, most=True),
        Goal("live: no frame dropped", {"bench": "live", "variant": "afpacket"}, "dropped", 0, most=True),
        Goal("live: every frame accounted for", {"bench": "live", "variant": "afpacket"}, "unaccounted", 0,
             most=True),
        Goal("reading once a second: at most 10 ms of CPU", {"bench": "read", "hosts": 1000000},
             "reader_cpu_ms", 10, most=True),
        Goal("reading once a second: no measurable loss (at most 2 %)", {"bench": "read", "hosts": 1000000},
             "loss_percent", 2, most=True),
        Goal("idle: at most 20 MB", {"bench": "memory", "variant": "idle"}, "rss_bytes", 20 * MB, most=True,
             unit=MB),
        Goal("idle: less than 1 % of a core", {"bench": "memory", "variant": "idle"}, "cpu_percent", 1,
             most=True),
    ]
    return rows + telemetry_goals()


def telemetry_goals():
    rows = [Goal(f"decoding: 5 M records/s ({form})", {"bench": "collect", "variant": form}, "pps", 5e6, unit=MPPS,
                 busy=True) for form in DECODED]
    rows += [Goal(f"decoding: at most twice the floor ({form})", {"bench": "collect", "variant": form},
                  "ratio_to_floor", 2, most=True) for form in DECODED[:-1]]
    rows += [
        Goal("collecting: 3 M records/s by UDP", {"bench": "collect", "variant": "udp, v9"},
             "records_per_s_and_core", 3e6, unit=MPPS, busy=True),
        Goal("collecting: every datagram accounted for", {"bench": "collect", "variant": "udp, v9"}, "unaccounted", 0,
             most=True),
        Goal("collecting: 500,000 JSON flows/s by ZMQ", {"bench": "collect", "variant": "zmq, json"},
             "records_per_s_and_core", 5e5, unit=MPPS, busy=True),
        Goal("collecting: 1,000,000 TLV flows/s by ZMQ", {"bench": "collect", "variant": "zmq, tlv"},
             "records_per_s_and_core", 1e6, unit=MPPS, busy=True),
        Goal("exporting: 1 M records/s of IPFIX, sent", {"bench": "export", "variant": "ipfix, sent"},
             "records_per_s", 1e6, unit=MPPS, busy=True),
    ]
    return rows


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def load(path):
    lines = [json.loads(line) for line in read_text(path).splitlines() if line.startswith("{")]
    if not lines:
        sys.exit(f"benchmarks: {path} has no lines")
    for line in lines:
        missing = [member for member in MEMBERS if member not in line]
        if missing:
            sys.exit(f"benchmarks: {line} lacks {', '.join(missing)}")
    return lines


def was_measured(line):
    return line["pps"] or line["rss_bytes"]


def find(lines, want):
    """The first line that was measured and has all of these members."""
    for line in lines:
        if all(line.get(key) == value for key, value in want.items()) and was_measured(line):
            return line
    return None


def siblings():
    """Which processors share a core, as the kernel sees it; a virtual machine may hide it."""
    pairs = set()
    base = "/sys/devices/system/cpu"
    for name in sorted(os.listdir(base)) if os.path.isdir(base) else []:
        if re.fullmatch(r"cpu\d+", name):
            pairs.add(read_text(f"{base}/{name}/topology/thread_siblings_list").strip())
    shared = [pair for pair in sorted(pairs) if re.search(r"[,-]", pair)]
    return "share cores: " + ", ".join(shared) if shared else "no two share a core, as far as the kernel knows"


def machine(lines):
    cpu = re.search(r"^model name\s*: (.*)$", read_text("/proc/cpuinfo"), re.M)
    total = re.search(r"^MemTotal:\s*(\d+)", read_text("/proc/meminfo"), re.M)
    huge = read_text("/sys/kernel/mm/transparent_hugepage/enabled").strip()
    had = max((line.get("huge_bytes", 0) for line in lines), default=0)
    return [
        f"- processor: {cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} of them ({siblings()})",
        f"- memory: {int(total.group(1)) / 1e6:.0f} GB" if total else "- memory: unknown",
        f"- kernel: {platform.system()} {platform.release()}",
        f"- transparent huge pages: {huge or 'unknown'}; at most {had / MB:,.0f} MB were had in one run",
        f"- load when the page was made: {os.getloadavg()[0]:.1f}",
    ]


def cell(value, decimals=1):
    return f"{value:,.{decimals}f}" if value else ""


def peer_rows(lines, program):
    found = [line for line in lines if line["bench"] == "peers" and line.get("variant") == f"{program} collects"]
    return [line for line in found if was_measured(line)]


def peers(lines):
    """Collectors at the same rates, probes over the same capture."""
    programs = ("weir", "nfcapd", "nfacctd")
    rates = [f"{line['offered_rate']:,}/s" if not line["is_most"] else "as fast as can be"
             for line in peer_rows(lines, "weir")]
    if not rates:
        return []
    rows = ["Datagrams of NetFlow v9 with 22 records of 10,000 flows each; CPU seconds of all of the program for a",
            "million records, and how many of the records sent were lost. `nfcapd` writes them to a file, `nfacctd`",
            "adds them up by addresses, ports and protocol, Weir also by host, application, exporter and second.", "",
            f"| CPU s a million records (lost) | {' | '.join(rates)} | peak MB |", "|" + "---|" * (len(rates) + 2)]
    for program in programs:
        found = peer_rows(lines, program)
        cells = [f"{line['cpu_s_per_million']:.2f} ({line['records_lost'] / line['records']:.0%})" for line in found]
        if found:
            peak = max(line["rss_bytes"] for line in found) / MB
            rows.append(f"| {program} | {' | '.join(cells)} | {peak:,.0f} |")
    rows += ["", "A capture of a million short packets of 20,000 two-way flows, exported as NetFlow v5:", "",
             "| | CPU s a million packets | flows exported | peak MB |", "|---|---|---|---|"]
    for program in ("weir", "softflowd"):
        line = find(lines, {"bench": "peers", "variant": f"{program} exports"})
        if line:
            rows.append(f"| {program} | {line['cpu_s_per_million']:.2f} | {line['flows_exported']:,} of "
                        f"{line['flows_there']:,} | {line['rss_bytes'] / MB:,.0f} |")
    return rows


def speed_table(lines):
    rows = ["| | bytes | hosts = flows | Mpps | ns p5 | ns p50 | ns mean | floor p5 | floor p50 | bytes/flow | "
            "bytes/host | peak MB | huge MB |", "|" + "---|" * 13]
    for line in lines:
        name = f"{line['bench']} {line.get('variant', '')}".strip()
        rows.append(
            f"| {name} | {line['packet_bytes'] or ''} | {line['hosts'] or '':,} | {cell(line['pps'] / MPPS, 2)} | "
            f"{cell(line['ns_p5'])} | {cell(line['ns_p50'])} | {cell(line.get('ns_mean', 0))} | "
            f"{cell(line.get('floor_ns_p5', 0))} | {cell(line.get('floor_ns_p50', 0))} | "
            f"{cell(line['bytes_per_flow'], 0)} | {cell(line['bytes_per_host'], 0)} | "
            f"{cell(line['rss_bytes'] / MB)} | {cell(line.get('huge_bytes', 0) / MB, 0)} |"
            if line["hosts"] else
            f"| {name} | {line['packet_bytes'] or ''} | | {cell(line['pps'] / MPPS, 2)} | {cell(line['ns_p5'])} | "
            f"{cell(line['ns_p50'])} | {cell(line.get('ns_mean', 0))} | {cell(line.get('floor_ns_p5', 0))} | "
            f"{cell(line.get('floor_ns_p50', 0))} | | | {cell(line['rss_bytes'] / MB)} | |")
    return rows


USUAL = set(MEMBERS) | {"variant", "flows", "ns_mean", "packets", "cpu_s", "floor_ns_p5", "floor_ns_p50",
                        "huge_bytes", "index_bytes", "note"}


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.2f}"


def more(lines):
    """What only some modes say, a line of the list each."""
    rows = []
    for line in lines:
        own = [f"{key} {number(value)}" for key, value in line.items() if key not in USUAL]
        said = ", ".join(own + ([line["note"]] if "note" in line else []))
        if said:
            name = " ".join(str(line[key]) for key in ("bench", "variant") if line.get(key))
            hosts = f", {line['hosts']:,} hosts" if line["hosts"] else ""
            rows.append(f"- {name}{hosts}: {said}")
    return rows


def beside(lines):
    heads = " | ".join(f"{hosts:,}" for hosts in SIZES)
    rows = [f"| thousand packets/s and core (peak MB), 64 bytes | {heads} |", "|" + "---|" * 6]
    for bench, name in (("engine", "**weir**, from memory"), ("file", "**weir**, from a capture")):
        found = [find(lines, {"bench": bench, "packet_bytes": 64, "hosts": hosts}) for hosts in SIZES]
        rows.append(f"| {name} | " + " | ".join(
            f"{line['pps'] / 1e3:,.0f} ({line['rss_bytes'] / MB:,.0f})" if line else "" for line in found) + " |")
    rows.append("| ntopng, its paper (PF_RING ZC, its own machine) | " +
                " | ".join(f"{PAPER[hosts] / 1e3:,.0f}" if PAPER[hosts] > 1e5 else f"{PAPER[hosts] / 1e3:,.1f}"
                           for hosts in SIZES) + " |")
    rows += [f"| {' | '.join(row)} |" for row in PEERS]
    return rows


def judge(goal, lines):
    line = find(lines, goal.want)
    if not line or goal.member not in line:
        return f"| {goal.text} | | not measured |"
    value = line[goal.member]
    shown = f"{value / goal.unit:,.2f}"
    if value <= goal.limit if goal.most else value >= goal.limit:
        verdict = "met"
    elif goal.busy and value >= 0.6 * goal.limit:
        verdict = "met for a busy machine (60 %)"
    else:
        verdict = "**missed**"
    if goal.busy and line.get("ns_p5"):
        shown += f" ({value * line.get('ns_mean', line['ns_p50']) / line['ns_p5'] / goal.unit:,.2f} at p5)"
    return f"| {goal.text} | {shown} | {verdict} |"


def page(lines):
    own = [line for line in lines if line["bench"] != "peers"]
    text = ["# Benchmarks", "",
            "Made by `make bench`; [command-line.md](command-line.md#weir-bench) says what each mode does. Times are",
            "CPU time of the worker's thread: p5 is the machine when its neighbours are quiet, p50 as it was, and",
            "packets a second are from the mean, with the sweep of each second in it.", "",
            "## The machine", *machine(lines), "",
            "## Goals", "| goal | measured | |", "|---|---|---|", *[judge(goal, lines) for goal in goals()], "",
            "## Beside others",
            "The others were measured on a virtual machine of two processors, too (AMD EPYC, 3.5 GHz), from a capture in",
            "the page cache, in packets per CPU second, with flow creation unless said otherwise.", "", *beside(lines), "",
            "## Telemetry beside others", *peers(lines), "",
            "## All lines", *speed_table(own), "", *more(own)]
    return "\n".join(text) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--check":
        load(sys.argv[2])
        return
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(page(load(sys.argv[1])))


if __name__ == "__main__":
    main()
