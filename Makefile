# Thin: the work is Meson's and that of the scripts in tools/.
#
#   make run                 install what is missing, build, watch all interfaces
#   make run ARGS="..."      the same with other arguments, e.g. ARGS="-i file.pcap"
#   make check               install what the tests need and run them all
#   make bench               measure this machine, all of it (a quarter of an hour), into docs/benchmarks.md
#   make build               leave the program at build/weir

ARGS ?= -i any
PREFIX ?= /usr/local

# The system's own programs first: the packages of packages.txt belong to them (a python from
# elsewhere has no scapy).
SYSTEM_PATH ?= /usr/sbin:/usr/bin:/sbin:/bin:$(PATH)
export PATH := $(SYSTEM_PATH)

.PHONY: run build check check-long bench fuzz e2e web install clean format

run: build
	@exec tools/run $(ARGS)

build:
	@tools/setup build
	@[ -f build/build.ninja ] || meson setup build --prefix $(PREFIX)
	@ninja -C build weir

check:
	@tools/setup test
	@tools/check

check-long:
	@tools/setup test
	@tools/check --long

# One part of the checks alone, as in `tools/check fuzz`.
fuzz e2e web:
	@tools/setup test
	@tools/check $@

# The lines stay in build/bench.json; what goes wrong in one mode does not lose the others.
bench: build
	@{ build/weir bench all --json; python3 tools/telemetry_peers.py build; } | tee build/bench.json; python3 tools/benchmarks.py build/bench.json docs/benchmarks.md

install: build
	@ninja -C build install

clean:
	@rm -rf build build-asan build-tsan web/dist web/node_modules

format:
	@git ls-files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' | xargs clang-format -i
