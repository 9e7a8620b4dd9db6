#!/usr/bin/env python3
"""origin.py - prove that packages.txt is complete.

    origin.py path DIR     fill DIR with links to the programs that belong to packages.txt: run the
                           checks with PATH=DIR, and a program from elsewhere is not found
    origin.py program FILE every shared library of FILE must belong to packages.txt
    origin.py python       every module that a Python file of this repository imports, too

A package belongs when packages.txt names it, when such a package depends on it, or when Debian
calls it required or important (those are on every machine). A command that packages.txt names as
alternative (`node`, `npm`) belongs as it stands.
"""
import ast
import importlib.util
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLACES = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
# What installs packages, and may be there or not.
ALWAYS = ["apt", "sudo"]


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def rows_of_packages_txt():
    with open(os.path.join(ROOT, "packages.txt"), encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def names_in(dependencies):
    """Package names of a Depends line; of alternatives all, for only installed ones count."""
    return re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]*)", dependencies)


def belonging():
    form = "${Package}\t${Priority}\t${Essential}\t${Provides}\t${Pre-Depends}, ${Depends}\n"
    depends, providers, start = {}, {}, set(ALWAYS)
    for line in output(["dpkg-query", "-W", "-f", form]).splitlines():
        package, priority, essential, provides, wanted = line.split("\t")
        depends.setdefault(package, set()).update(names_in(wanted))
        for name in [package] + names_in(provides):
            providers.setdefault(name, set()).add(package)
        if essential == "yes" or priority in ("required", "important"):
            start.add(package)
    start.update(row[1] for row in rows_of_packages_txt())
    found, todo = set(), [p for name in start for p in providers.get(name, [])]
    while todo:
        package = todo.pop()
        if package in found:
            continue
        found.add(package)
        todo += [p for name in depends[package] for p in providers.get(name, [])]
    return found


def files_belonging():
    listing = output(["dpkg", "-L", *sorted(belonging())])
    return {os.path.realpath(line) for line in listing.splitlines() if line.startswith("/")}


def make_path(folder):
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        os.unlink(os.path.join(folder, old))
    owned = files_belonging()
    for place in PLACES:
        for name in os.listdir(place):
            link = os.path.join(folder, name)
            target = os.path.realpath(os.path.join(place, name))
            if target in owned and not os.path.lexists(link):
                os.symlink(os.path.join(place, name), link)
    for row in rows_of_packages_txt():
        for place in os.environ["PATH"].split(":"):
            other = os.path.join(place, row[2]) if len(row) > 2 else ""
            if other and os.path.exists(other) and not os.path.lexists(
                    os.path.join(folder, row[2])):
                os.symlink(other, os.path.join(folder, row[2]))
    print(f"{len(os.listdir(folder))} programs belong to packages.txt")
    return []


def check_program(path):
    owned = files_belonging()
    libraries = re.findall(r"=> (/\S+)", output(["ldd", path]))
    print(f"{os.path.basename(path)} uses {len(libraries)} libraries")
    return [f"{path} uses {library}, of no package in packages.txt"
            for library in libraries if os.path.realpath(library) not in owned]


def imports_of(path):
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.split(".")[0]


def check_python():
    owned = files_belonging()
    scripts, local = [], set()
    for name in output(["git", "-C", ROOT, "ls-files", "tools", "tests", "web"]).splitlines():
        path = os.path.join(ROOT, name)
        with open(path, "rb") as file:
            first = file.readline()
        if name.endswith(".py") or (first.startswith(b"#!") and b"python" in first):
            scripts.append(path)
            local.add(os.path.basename(name)[:-3])
    wanted = {module: path for path in scripts for module in imports_of(path)}
    problems = []
    for module, path in sorted(wanted.items()):
        if module in local or module in sys.stdlib_module_names:
            continue
        spec = importlib.util.find_spec(module)
        if not spec or not spec.origin or os.path.realpath(spec.origin) not in owned:
            problems.append(f"{os.path.relpath(path, ROOT)} imports {module}, "
                            "of no package in packages.txt")
    print(f"{len(scripts)} Python files import {len(wanted)} modules")
    return problems


def main():
    words = sys.argv[1:]
    if words[:1] == ["path"] and len(words) == 2:
        problems = make_path(words[1])
    elif words[:1] == ["program"] and len(words) == 2:
        problems = check_program(words[1])
    elif words == ["python"]:
        problems = check_python()
    else:
        sys.exit(__doc__)
    for problem in problems:
        print("origin:", problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
