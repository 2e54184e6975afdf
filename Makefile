# SPDX-License-Identifier: MIT
# A thin front to CMake. `make bench` and `make test` are all a newcomer needs.
PROFILE ?= standard
DIR ?=
OUT ?=
ENGINES ?=
INSTALL ?= on
WERROR ?= OFF
PEERS ?= off
PREFIX ?=
# Handed over in the environment: the shell then sees each value as one word, whatever stands in it.
export PROFILE DIR OUT ENGINES INSTALL WERROR PEERS PREFIX DESTDIR

.PHONY: all bench test lint format clean install dist configure deps
.NOTPARALLEL:
.DEFAULT_GOAL := all

ifneq ($(filter-out on off,$(INSTALL)),)
$(error INSTALL is on or off, not "$(INSTALL)")
endif

ifneq ($(filter-out on off,$(PEERS)),)
$(error PEERS is on or off, not "$(PEERS)")
endif

all: configure
	@cmake --build build --parallel $$(nproc)

bench: deps all
	@build/storebench run --profile "$$PROFILE" $${DIR:+--dir "$$DIR"} $${OUT:+--out "$$OUT"} \
	  $${ENGINES:+--engines "$$ENGINES"}

test: deps all
	@ctest --test-dir build --parallel $$(nproc) --output-on-failure --output-junit junit.xml

lint: configure
	@if [ "$$INSTALL" = on ]; then scripts/install-deps --lint; fi
	@scripts/lint build

format:
	@scripts/lint --format

# Below /usr/local, or PREFIX; DESTDIR stands before it, for those who make packages.
install: all
	@cmake --install build $${PREFIX:+--prefix "$$PREFIX"}

# One archive that runs on a target where nothing can be installed.
dist: all
	@scripts/dist build

clean:
	@rm -rf build build-debug build-asan-ubsan build-tsan

configure:
	@cmake --preset release "-DSTOREBENCH_WERROR=$$WERROR" "-DSTOREBENCH_PEERS=$$PEERS" --log-level=WARNING

deps:
	@if [ "$$INSTALL" = on ]; then scripts/install-deps $(if $(filter on,$(PEERS)),--peers); fi
