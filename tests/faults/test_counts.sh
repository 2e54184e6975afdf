#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docs/durability.md says how many calls a store's life makes, and so at how many points it was tried. The counts are of one
# kernel and file system, and another's may differ a little: what is a fifth off is of another life.
set -euo pipefail
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"

# counts KIND CASE: lines "STORE NUMBER...", of the lives that the test of that kind lives under `always`.
counts() {
  FAULTS_COUNT=1 "$(dirname "$STOREBENCH")/tests/faults_test_injected_$1" "*$2, always*" 2>&1 |
    awk '/^\[ RUN/ { store = $4 } /^[0-9]+ calls/ { gsub(/[^0-9 ]/, ""); print store, $0 }'
}
counts io 'call fails' >io.counts
counts memory 'no memory' >memory.counts
awk -F ' *[|] *' '/^\| store \| EIO/ { on = 1; getline; next } on && !/^\|/ { exit } on { print $2, $3, $4, $5, $6, $7 }' \
  "$STOREBENCH_SOURCE/docs/durability.md" >documented
[[ -s documented && -s io.counts && -s memory.counts ]] || { echo 'no table, or no counts'; exit 1; }
awk 'FILENAME != "documented" { seen[$1] = seen[$1] " " substr($0, length($1) + 2); next }
  $1 in seen {
    compared[$1]
    split(seen[$1], now, " ")
    for (i = 2; i <= NF; i++)
      if ($i < now[i - 1] / 1.2 || $i > now[i - 1] * 1.2) { off = 1; print $1 ": docs/durability.md says " $0 "; now" seen[$1] ; next }
  }
  END {
    # What a kernel may not have (rings, direct I/O, RWF_DSYNC) may be missing; these cannot be.
    split("mmap mmap:write=pwrite pread stdio", stores, " ")
    for (i in stores) if (!(stores[i] in compared)) { off = 1; print stores[i] ": not counted, or not in docs/durability.md" }
    exit off
  }' io.counts memory.counts documented
