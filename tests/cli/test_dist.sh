#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The archive runs where it is unpacked, with its own libraries and files and without gnuplot; an installed program finds
# what was installed with it; the package is one.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }
build=$(dirname "$STOREBENCH")

archive=$("$STOREBENCH_SOURCE/scripts/dist" "$build" "$TEST_DIR")
mkdir unpacked
tar -xzf "$archive" -C unpacked --strip-components=1
cp "$STOREBENCH_SOURCE/workloads/experiments/read-random-warm.ini" unpacked/share/storebench/workloads/experiments/only-here.ini
away() { (cd unpacked && env -i PATH=/nonexistent "$PWD/storebench" "$@"); }
away list experiments >listed
grep -q '^only-here ' listed || fail 'it reads other experiments than its own'
while read -r library path; do
  case $library in
    libc.so.* | libm.so.* | /*) ;;
    *) [[ $path == "$TEST_DIR"/unpacked/* ]] || fail "$library is taken from $path" ;;
  esac
done < <(ldd unpacked/bin/storebench | awk '$2 == "=>" { print $1, $3 }')
[[ $(find unpacked/lib/storebench -name '*.so*' | wc -l) -ge 4 && -s unpacked/licences/storebench ]] || fail 'what it brings along'
away run read-random-warm --profile quick --budget 12s --engines null,pread --out "$TEST_DIR/run" >out 2>err || fail "run: $(cat err)"
grep -q 'gnuplot: not found; .*storebench report' err || fail "nothing says how to draw: $(cat err)"
for file in run.json report.md report.html data/read-random-warm.tsv; do [[ -s run/$file ]] || fail "no $file"; done
"$STOREBENCH" report run >/dev/null && [[ -s run/charts/read-random-warm.svg ]] || fail 'the charts are not drawn elsewhere'

# A symbolic link to it, from anywhere, runs the same.
ln -s "$TEST_DIR/unpacked/storebench" here
./here list experiments >listed
grep -q '^only-here ' listed || fail 'through a link it reads other experiments'

DESTDIR=$TEST_DIR/root cmake --install "$build" --prefix /opt/storebench >/dev/null || fail 'install'
[[ -s root/opt/storebench/share/man/man1/storebench.1 ]] || fail 'no manual page'
rm root/opt/storebench/share/storebench/workloads/experiments/read-sequential.ini
root/opt/storebench/bin/storebench list experiments >listed
[[ $(grep -c "^[^ ]" listed) -eq $(($(find "$STOREBENCH_SOURCE/workloads/experiments" -name '*.ini' | wc -l) - 1)) ]] ||
  fail 'an installed program reads other experiments than the installed ones'

if command -v dpkg-shlibdeps >/dev/null; then
  (cd "$TEST_DIR" && cpack --config "$build/CPackConfig.cmake" -B "$TEST_DIR/package" >log 2>&1) || fail "$(cat log)"
  dpkg-deb --info package/*.deb >info
  grep -q 'Depends: .*libc6' info && grep -q 'Recommends: gnuplot-nox' info || fail "$(cat info)"
  dpkg-deb --contents package/*.deb >contents
  grep -q ' ./usr/bin/storebench$' contents || fail 'the package has no program'
fi

refuse() {
  if "$STOREBENCH_SOURCE/scripts/dist" "$@" >refused 2>&1; then fail "dist $* is not refused"; fi
  grep -q '^dist: ' refused || fail "dist $* has no message: $(cat refused)"
}
refuse
refuse "$TEST_DIR"
refuse "$build" "$TEST_DIR/nowhere"

# Libraries that are not there, of no package, or where nothing tells their package.
shim() {
  mkdir -p shims
  printf '#!/bin/sh\n%s\n' "$2" >"shims/$1"
  chmod +x "shims/$1"
}
said() {
  PATH="$TEST_DIR/shims:$PATH" refuse "$build" "$TEST_DIR"
  grep -qF -- "$1" refused && [[ $(wc -l <refused) -eq 1 ]] || fail "dist says: $(cat refused)"
  rm -r shims
}
shim dpkg-query 'exit 1'
said 'no package owns it'
shim ldd 'echo "	libgone.so.1 => not found"'
said 'libgone.so.1 => not found: '
