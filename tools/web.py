#!/usr/bin/env python3
"""web.py - build the web pages and put them into the program.

    web.py modules [--all]        npm ci, only when package-lock.json changed; --all with what
                                  tests need, else what the build needs
    web.py dist                   node build.mjs -> web/dist, only when a source changed
    web.py embed OUT.c DEPFILE    both, then a C file with every file of web/dist

Several builds (gcc, clang, sanitizers) share web/node_modules and web/dist, so a lock lets one of
them work while the others wait.
"""
import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WEB = os.path.join(ROOT, "web")
DIST = os.path.join(WEB, "dist")
MODULES = os.path.join(WEB, "node_modules")
NODE_MAJOR = 18
NOT_SOURCES = {"node_modules", "dist", "test", "tests"}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".map": "application/json",
    ".woff2": "font/woff2",
}


def stop(sentence):
    sys.exit("web pages: " + sentence)


def need(command, package):
    if not shutil.which(command):
        stop(f"{command} is missing; `tools/setup build` installs it (Debian package {package})")


def run(command):
    done = subprocess.run(command, cwd=WEB, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout)
        stop(f"`{' '.join(command)}` failed in {WEB}")


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def check_node():
    need("node", "nodejs")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    major = int(version.stdout.lstrip("v").split(".")[0])
    if major < NODE_MAJOR:
        stop(f"node {version.stdout.strip()} is too old, {NODE_MAJOR} or later is needed")
    return major


def modules(everything):
    """Installs exactly what the lock file names; scripts of packages are not run."""
    major = check_node()
    lock = hashlib.sha256(read(os.path.join(WEB, "package-lock.json")).encode()).hexdigest()
    stamp = os.path.join(MODULES, ".weir-stamp")
    have = read(stamp).split()
    if have[:2] == [lock, str(major)] and (have[2] == "all" or not everything):
        return
    need("npm", "npm")
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run(command if everything else command + ["--omit=dev"])
    write(stamp, f"{lock} {major} {'all' if everything else 'build'}\n")


def sources():
    """Every file and folder that can change what build.mjs makes."""
    files, folders = [], []
    for folder, names, leaves in os.walk(WEB):
        names[:] = sorted(n for n in names if n not in NOT_SOURCES and not n.startswith("."))
        if folder != WEB:  # where node_modules and dist come and go
            folders.append(folder)
        files += [os.path.join(folder, leaf) for leaf in sorted(leaves) if not leaf.startswith(".")]
    return files, folders


def dist():
    modules(False)
    digest = hashlib.sha256()
    for path in sources()[0]:
        with open(path, "rb") as file:
            digest.update(os.path.relpath(path, WEB).encode() + b"\0" + file.read() + b"\0")
    stamp = os.path.join(DIST, ".weir-stamp")
    if read(stamp) == digest.hexdigest():
        return
    shutil.rmtree(DIST, ignore_errors=True)
    run(["node", "build.mjs"])
    if not os.path.exists(os.path.join(DIST, "index.html")):
        stop("node build.mjs left no web/dist/index.html")
    write(stamp, digest.hexdigest())


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def asset_row(number, path, folder):
    """The assembler lines that take a file in, and its row of the table."""
    with open(path, "rb") as file:
        data = file.read()
    name = "/" + os.path.relpath(path, DIST).replace(os.sep, "/")
    packed = gzip.compress(data, 9, mtime=0)
    has_gz = len(data) > 512 and len(packed) < len(data) * 9 // 10
    # Copies, so that a later build of web/dist cannot change a program that is being compiled.
    digest = hashlib.sha256(data).hexdigest()[:16]
    plain = os.path.join(folder, digest)
    with open(plain, "wb") as file:
        file.write(data)
    with open(plain + ".gz", "wb") as file:
        file.write(packed if has_gz else b"")
    asm = [f'    "web_asset_{number}: .incbin \\"{plain}\\"\\n"',
           f'    "web_asset_{number}_gz: .incbin \\"{plain}.gz\\"\\n"']
    extern = [f"extern const unsigned char web_asset_{number}[];"]
    if has_gz:
        extern.append(f"extern const unsigned char web_asset_{number}_gz[];")
    hashed = bool(re.search(r"[-.][0-9A-Z]{8}\.[a-z0-9]+$", os.path.basename(name)))
    kind = TYPES.get(os.path.splitext(name)[1], "application/octet-stream")
    row = [f"    {{.path = {c_string(name)},",
           f"     .type = {c_string(kind)},",
           f"     .etag = {c_string(chr(34) + digest + chr(34))},",
           f"     .data = web_asset_{number},",
           f"     .size = {len(data)},"]
    if has_gz:
        row += [f"     .gz = web_asset_{number}_gz,", f"     .gz_size = {len(packed)},"]
    row.append(f"     .immutable = {'true' if hashed else 'false'}}},")
    return asm, extern, row


def embed(out, depfile):
    dist()
    paths = []
    for folder, _, leaves in os.walk(DIST):
        paths += [os.path.join(folder, leaf) for leaf in leaves if not leaf.startswith(".")]
    paths.sort(key=lambda path: "/" + os.path.relpath(path, DIST))
    folder = os.path.abspath(out) + ".d"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)

    asm, externs, rows = [], [], []
    for number, path in enumerate(paths):
        a, e, r = asset_row(number, path, folder)
        asm += a
        externs += e
        rows += r
    text = ["/* Made by tools/web.py from web/dist. */", '#include "face/assets.h"', "",
            '__asm__(".pushsection .rodata\\n"', *asm, '    ".popsection\\n");', "",
            *externs, "", "const struct asset web_assets[] = {", *rows, "};",
            f"const size_t web_assets_count = {len(paths)};", ""]
    write(out, "\n".join(text))
    files, folders = sources()
    inputs = files + folders + [os.path.abspath(__file__)]
    write(depfile, f"{out}: " + " ".join(p.replace(" ", "\\ ") for p in inputs) + "\n")


def main():
    lock = os.open(os.path.abspath(__file__), os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    words = sys.argv[1:]
    if words[:1] == ["modules"]:
        modules("--all" in words)
    elif words == ["dist"]:
        dist()
    elif words[:1] == ["embed"] and len(words) == 3:
        embed(words[1], words[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
