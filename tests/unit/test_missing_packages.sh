#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What someone sees who lacks packages: the names of all of them and what to do, before anything is installed; sudo only
# where it is needed, and no manager at all when nothing is missing. By managers that only say what they are asked.
set -uo pipefail

fail() {
  printf 'failed: %s\n' "$1"
  exit 1
}

fake() {  # NAME, then its script on stdin
  { printf '#!%s\n' "$(command -v bash)"; cat; } >"$bin/$1"
  chmod +x "$bin/$1"
}

# A PATH with nothing but what the script needs and one manager. $1: the manager, $2: the user's id, $3: installs or not.
machine() {
  bin=$TEST_DIR/bin
  rm -rf "$bin" "$TEST_DIR/installed" "$TEST_DIR/asked"
  mkdir "$bin"
  for tool in bash cat sort env; do ln -s "$(command -v $tool)" "$bin/$tool"; done
  fake id <<<"echo $2"
  fake pkg-config <<<"[ -e '$TEST_DIR/installed' ]"
  for tool in cc c++ cmake gnuplot; do fake $tool <<<'exit 0'; done
  [ -z "$1" ] || fake "$1" <<<"echo \"\${AS_ROOT-}$1 \$*\" >>'$TEST_DIR/asked'; $3"
}

install_deps() {
  said=$(PATH=$bin "$STOREBENCH_SOURCE/scripts/install-deps" "$@" 2>&1)
}

installs=": >'$TEST_DIR/installed'"
machine apt-get 0 "$installs"
install_deps || fail "apt: $said"
[[ $said == "install-deps: installing with apt-get: libbenchmark-dev"*"libcmocka-dev"*"liburing-dev"* ]] || fail "apt says: $said"
grep -q '^apt-get install .*libbenchmark-dev .*liburing-dev' "$TEST_DIR/asked" || fail "apt is asked: $(<"$TEST_DIR/asked")"

install_deps || fail "nothing missing: $said"
[[ -z $said ]] || fail "nothing missing, but says: $said"
[[ $(wc -l <"$TEST_DIR/asked") == 2 ]] || fail "nothing missing, but asked: $(<"$TEST_DIR/asked")"

machine dnf 0 "$installs"
install_deps || fail "dnf: $said"
grep -q '^dnf install .*google-benchmark-devel .*liburing-devel' "$TEST_DIR/asked" || fail "dnf is asked: $(<"$TEST_DIR/asked")"

# A package that a manager does not have is not asked for; Go itself it has.
machine dnf 0 'exit 0'
install_deps --peers && fail 'dnf installs nothing, and no complaint'
grep -q '^dnf install .*golang ' "$TEST_DIR/asked" || fail "dnf is asked: $(<"$TEST_DIR/asked")"
grep -q ' - ' "$TEST_DIR/asked" && fail "dnf is asked: $(<"$TEST_DIR/asked")"

machine pacman 1000 "$installs"
install_deps && fail 'not root, no sudo, and no complaint'
[[ $said == *'not root and no sudo: install them as root' ]] || fail "without sudo says: $said"
[[ ! -e $TEST_DIR/asked ]] || fail 'asked pacman without the right to'
fake sudo <<<'AS_ROOT="sudo " "$@"'
install_deps || fail "pacman: $said"
grep -q '^sudo pacman -S .*benchmark .*liburing' "$TEST_DIR/asked" || fail "pacman is asked: $(<"$TEST_DIR/asked")"

machine apt-get 0 'exit 0'
install_deps && fail 'a manager that installs nothing goes unnoticed'
[[ $said == *'still missing after the installation: '* ]] || fail "says: $said"

machine '' 0 ''
install_deps && fail 'no manager, and no complaint'
[[ $said == *'missing: '*'found no apt-get, dnf or pacman: install them yourself'* ]] || fail "without a manager says: $said"

# The build by itself, where INSTALL=off kept the script out of it.
said=$(PKG_CONFIG_LIBDIR=/nonexistent cmake -S "$STOREBENCH_SOURCE" -B "$TEST_DIR/build" 2>&1) &&
  fail 'configures without its libraries'
said=$(tr -s ' \n' ' ' <<<"$said")
[[ $said == *'missing: liburing, inih, jansson, gsl, libxxhash, cmocka; run scripts/install-deps'* ]] ||
  fail "cmake says: $said"
exit 0
