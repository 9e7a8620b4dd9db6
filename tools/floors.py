#!/usr/bin/env python3
"""floors.py - the house rules that a compiler does not know.

Fails on an upward include, an include cycle, an undocumented public prototype, an #if where none
may stand, and on functions that are banned. Prints files over 600 lines and functions over 60 as
places to look at, which are no failures.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SRC = os.path.join(ROOT, "src")
FLOORS = ["base", "net", "model", "codec", "engine", "store", "io", "face", "app"]
# Files and folders where the preprocessor may decide: systems differ there.
CONDITIONAL = ("base/", "io/")
# Facts of a library's version, which no folder rule can know: one line of reason each.
VERSIONED = {"engine/l7_ndpi.h": "nDPI changed names between 4.2 and 4.12"}
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|rand|srand|"
                    r"alloca|system|popen|tmpnam|mktemp)\s*\(")
FILE_LINES, FUNCTION_LINES = 600, 60


def read(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as file:
        return file.read()


def source_files():
    found = []
    for folder, _, leaves in os.walk(SRC):
        for leaf in leaves:
            if leaf.endswith((".c", ".h", ".def")):
                found.append(os.path.relpath(os.path.join(folder, leaf), SRC))
    return sorted(found)


def floor_of(path):
    first = path.split("/")[0]
    return FLOORS.index(first) if first in FLOORS else len(FLOORS)


def without_comments(text):
    """The text with comments and strings blanked, so that lines keep their numbers."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)

    def blank(match):
        word = match.group(0)
        return '""' if word[0] == '"' else re.sub(r"[^\n]", " ", word)
    return pattern.sub(blank, text)


def includes_of(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            yield number, match.group(1)


def check_includes(files, problems):
    graph = {}
    for path in files:
        graph[path] = []
        for number, name in includes_of(path, read(path)):
            if not os.path.exists(os.path.join(SRC, name)):
                continue  # the compiler's business, or a generated file
            graph[path].append(name)
            # options.def at the top is read by base and described in its header.
            if name != "options.def" and floor_of(name) > floor_of(path):
                problems.append(f"src/{path}:{number}: {name} is on a floor above")
    return graph


def check_cycles(graph, problems):
    done, open_now = set(), []

    def visit(path):
        if path in open_now:
            ring = open_now[open_now.index(path):] + [path]
            problems.append("include cycle: " + " -> ".join(ring))
            return
        if path in done:
            return
        open_now.append(path)
        for name in graph.get(path, []):
            if name.endswith(".h"):
                visit(name)
        open_now.pop()
        done.add(path)

    for path in graph:
        visit(path)


def check_conditionals(path, text, problems):
    if path.startswith(CONDITIONAL) or path.endswith(".def") or path in VERSIONED:
        return
    lines = without_comments(text).splitlines()
    for number, line in enumerate(lines, 1):
        match = re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b\s*(.*)", line)
        if not match or "__cplusplus" in line:
            continue
        guard = (match.group(1) == "ifndef" and path.endswith(".h") and number < len(lines)
                 and re.match(r"\s*#\s*define\s+" + re.escape(match.group(2).strip()) + r"\s*$",
                              lines[number]))
        if not guard:
            problems.append(f"src/{path}:{number}: #{match.group(1)} outside base/, io/ and .def")


def check_banned(path, text, problems):
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        match = BANNED.search(line)
        if match and not re.match(r"\s*#", line):
            problems.append(f"src/{path}:{number}: {match.group(1)}() is banned, see STYLE.md")


PROTOTYPE = re.compile(r"^[A-Za-z_][\w \t\*]*[ \*]([a-z_]\w*)\s*\([^;{}]*\)[^;{}]*;", re.M)


def check_prototypes(path, text, problems):
    """A comment stands above the prototype, above its group of lines, or behind it."""
    plain = without_comments(text)
    raw_lines, plain_lines = text.splitlines(), plain.splitlines()
    depth, depths = 0, []
    for line in plain_lines:
        depths.append(depth)
        depth += line.count("{") - line.count("}")
    for match in PROTOTYPE.finditer(plain):
        first = plain.count("\n", 0, match.start())
        last = plain.count("\n", 0, match.end() - 1)
        if depths[first] or match.group(0).startswith(("typedef", "return", "else", "static")):
            continue
        documented = "/*" in "\n".join(raw_lines[first:last + 1])
        above = first - 1
        while not documented and above >= 0 and raw_lines[above].strip():
            # In a group: only comments and other prototypes lie between.
            documented = not plain_lines[above].strip()
            above -= 1
        if not documented:
            problems.append(f"src/{path}:{first + 1}: {match.group(1)}() has no comment")


def long_functions(path, text):
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines):
        if line == "{" and number and lines[number - 1][:1] not in ("", "#"):
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES:
                head = lines[start - 1]
                back = start - 1
                while back > 0 and head.startswith(" "):
                    back -= 1
                    head = lines[back]
                match = re.search(r"(\w+)\(", head)
                yield start, match.group(1) if match else head, number - start - 1
            start = None


def main():
    problems, places = [], []
    files = source_files()
    graph = check_includes(files, problems)
    check_cycles(graph, problems)
    for path in files:
        text = read(path)
        check_conditionals(path, text, problems)
        if not text.startswith("/*"):
            problems.append(f"src/{path}:1: the first line says what the file is for")
        if path.endswith((".c", ".h")):
            check_banned(path, text, problems)
            count = text.count("\n")
            if count > FILE_LINES:
                places.append(f"src/{path}: {count} lines")
        if path.endswith(".h"):
            check_prototypes(path, text, problems)
        if path.endswith(".c"):
            for number, name, length in long_functions(path, text):
                places.append(f"src/{path}:{number}: {name}() has {length} lines")
    for place in places:
        print("look at", place)
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {len(problems)} problems, {len(places)} places to look at")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
