#!/usr/bin/env python3
"""manual.py - the manual page weir(1) out of src/options.def and src/app/roles.def.

    manual.py OUT       write the page
    manual.py --check   make it and let groff and man look for mistakes where they are installed
"""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OPTION_COLUMNS = ["member", "type", "letter", "name", "default", "min", "max", "unit", "text"]
ROLE_COLUMNS = ["word", "function", "usage", "text"]
ARGUMENT = {"number": "N", "seconds": "TIME", "bytes": "SIZE", "string": "TEXT", "list": "TEXT"}
GROUPS = [("OPTIONS", lambda o: not re.match(r"weir (read|ledger|bench)", o["text"])),
          ("OPTIONS OF WEIR READ", lambda o: o["text"].startswith("weir read")),
          ("OPTIONS OF WEIR LEDGER AND WEIR BENCH",
           lambda o: re.match(r"weir (ledger|bench)", o["text"]))]

HEAD = r"""
.SH NAME
weir \- watch a network: flows, hosts and applications, live or from captures
.SH SYNOPSIS
@SYNOPSIS@
.SH DESCRIPTION
.B weir
watches network interfaces or reads capture files, follows every conversation, recognises
applications, and shows the result as live web pages on http://127.0.0.1:3000 and as an API below
/api/v1. A
.I SOURCE
is the name of an interface, the word
.BR any ,
a pcap or pcapng file (compressed by gzip or not), or
.B \-
for standard input.
.PP
A time is a number of seconds or has a suffix: 90s, 5m, 2h, 1d. A size is a number of bytes or has
a suffix: 64k, 512M, 2G. A switch NAME is turned off by
.BR \-\-no\-NAME .
.SH COMMANDS
@COMMANDS@
"""

TAIL = r"""
.SH CONFIGURATION FILE
Given by
.BR \-c .
One setting a line,
.IR "name = value" ,
where name is the long name of an option; a list is written by several lines; a line may also be
written as an argument
.RI ( \-i=eth0
or
.IR \-\-interface=eth0 ).
A # begins a comment. What is given as an argument wins over the file.
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Done, but something is wrong with what was read: a file is damaged (all that could be read was
reported, the place is on standard error), the reading was interrupted, the output could not be
written as a whole, or with
.B \-\-check
an equation does not close.
.TP
.B 2
Nothing was done, or not for all inputs: wrong arguments, a file or interface that is not there or
is no capture, no privilege, a busy port.
.PP
Of several files the worst status counts.
.SH FILES
.TP
.I last\-ledger.json
in the data directory: the ledger of the last run, for
.BR "weir ledger" .
.SH ENVIRONMENT
.BR NO_COLOR ,
.B TERM
and the character set of the locale decide how a report looks on a terminal;
.B TZ
is the zone of its times.
.SH EXAMPLES
.nf
weir \-i eth0
weir \-i holiday.pcapng \-\-original\-speed
weir read trace.pcap
weir read \-o json \-\-filter 'app = DNS' trace.pcap
weir ledger \-\-check trace.pcap
.fi
"""


def split_row(row):
    """The columns of one row: commas inside quotes and character constants do not count."""
    parts = re.findall(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|[^,"\']+', row)
    return [p.strip() for p in parts if p.strip()]


def unquote(word):
    if word[:1] in "\"'":
        return word[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return "" if word == "0" else word


def table(path, macro, columns):
    """The rows of a .def file as dictionaries."""
    with open(os.path.join(ROOT, "src", path), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    rows = []
    for match in re.finditer(rf"^{macro}\((.*)\)$", text, re.M):
        row = [unquote(word) for word in split_row(match.group(1))]
        if len(row) != len(columns):
            sys.exit(f"{path}: cannot read the row of {row[0]}")
        rows.append(dict(zip(columns, row)))
    return rows


def options():
    return table("options.def", "OPTION", OPTION_COLUMNS)


def roles():
    return table("app/roles.def", "ROLE", ROLE_COLUMNS)


def synopsis():
    lines = []
    for role in roles():
        word = "" if role["word"] == "monitor" else " " + roff(role["word"])
        lines.append(f".B weir{word}\n{roff(role['usage'])}")
    return "\n.br\n".join(lines)


def commands():
    return "\n".join(f".TP\n.B {roff(role['word'])}\n{roff(role['text'])}." for role in roles())


def roff(text):
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")


def entry(option):
    names = [f"\\-{option['letter']}"] if option["letter"] else []
    names.append(roff("--" + option["name"]))
    argument = ARGUMENT.get(option["type"], "")
    line = ".TP\n" + "\\fB" + "\\fR, \\fB".join(names) + "\\fR"
    if argument:
        line += f" \\fI{argument}\\fR"
    text = roff(re.sub(r"^weir (read|ledger|bench)[^:]*: (.)",
                       lambda m: m.group(2).upper(), option["text"]))
    if option["type"] == "flag":
        default = "on" if option["default"] == "on" else ""
    else:
        default = option["default"] or ("0" if option["type"] == "number" else "")
    if default:
        # \\: is a place where a long list may be broken.
        text += f" (default {roff(default)})".replace(",", ",\\:")
    return f"{line}\n{text}.\n"


def page():
    with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as file:
        version = re.search(r"version: '([^']+)'", file.read()).group(1)
    out = [f".\\\" Made by tools/manual.py from src/options.def.\n"
           f'.TH WEIR 1 "" "Weir {version}" "User Commands"',
           HEAD.strip("\n").replace("@SYNOPSIS@", synopsis()).replace("@COMMANDS@", commands())]
    for title, belongs in GROUPS:
        out.append(f".SH {title}")
        out += [entry(option).rstrip("\n") for option in options() if belongs(option)]
    return "\n".join(out + [TAIL.strip("\n")]) + "\n"


def check():
    text = page()
    for option in options():
        if roff("--" + option["name"]) not in text:
            sys.exit(f"manual: --{option['name']} is missing")
    if shutil.which("groff"):
        said = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-Wbreak", "-z"], input=text, text=True,
                              capture_output=True, check=False)
        if said.stderr:
            sys.exit("manual: " + said.stderr)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--check":
        check()
        return
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(page())


if __name__ == "__main__":
    main()
