#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A run that is too large is planned on paper, with the time, disk space and memory it takes, and refused before anything is
# written where they are not there.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

# huge SIZE: an experiment of so much.
huge() {
  cat >huge.ini <<INI
[experiment]
title    = Huge
question = Does it fit?
[hold]
operation = get
$1
cache     = warm
[sweep]
engine = mmap, pread
[chart]
shape = bars
x     = engine
y     = ops_per_s
INI
}

huge 'records = 100M'
# The plan is printed on any machine; one that is too small for it says so after the plan.
status=0
"$STOREBENCH" run ./huge.ini --profile quick --budget 1h --dry-run >out 2>err || status=$?
case $status in
0) [[ ! -s err ]] || grep -q "do not outlive a power loss" err || fail "said beside the plan: $(cat err)" ;;
2) grep -Eq '^storebench: .* needs? [0-9.]+ [GT]iB( of memory)? and [0-9.]+ [KMGT]?i?B is (available|free); ' err || fail "the refusal: $(cat err)" ;;
*) fail "exit $status: $(cat err)" ;;
esac
# 100 million records of 128 bytes, 26 bytes of index each while it grows; on disk twice the data, as files grow by doubling.
grep -Eq '^huge +2 cells +11\.9[0-9]* GiB +about +[0-9]+ s' out || fail "the plan says: $(cat out)"
grep -Eq 'about [0-9]+ s of 3600 s; up to 2[0-9.]+ GiB of disk space and 14\.3[0-9]* GiB of memory$' out || fail "the plan says: $(cat out)"

# Far more than any machine has, so that the refusal and the plan before it are seen everywhere.
huge 'records = 4000M'
status=0
"$STOREBENCH" run ./huge.ini --profile quick --budget 100h --dry-run >out 2>err || status=$?
if [[ $status -ne 0 ]]; then
  [[ $status -eq 2 ]] || fail "exit $status: $(cat err)"
  grep -Eq '^huge +2 cells ' out || fail "a refused plan is not printed: $(cat out err)"
  grep -Eq '^storebench: .* needs? .* and .* is (available|free); ' err || fail "the refusal: $(cat err)"
fi

huge 'data = 3x memory'
status=0
"$STOREBENCH" run ./huge.ini --profile quick --budget 100000h --dir . --out run >out 2>err || status=$?
[[ $status -eq 2 && ! -e run ]] || fail "exit $status: $(ls; cat err)"
grep -Eq '^storebench: huge/mmap: [0-9]+ records, [0-9.]+ [GT]iB of data, need [0-9.]+ [GT]iB of memory and [0-9.]+ [GMT]iB is available; use fewer records, or cache = cold$' err ||
  fail "the refusal: $(cat err)"
[[ $(wc -l <err) -eq 1 ]] || fail "not one line: $(cat err)"
