#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `validate` from end to end: one known result measured with few repetitions, judged again from what is left behind, and
# what it refuses.
set -euo pipefail
source "$(dirname "$0")/helpers.bash"
mkdir "$TEST_DIR/work"
cd "$TEST_DIR/work"

fail() {
  echo "FAILED: $*"
  exit 1
}

# Whatever was found: noise decides that, which the unit tests have none of. 77 would be that nothing ran.
measured() { [[ $1 -eq 0 || $1 -eq 1 ]]; }

status=0
mkdir data
"$STOREBENCH" validate warm-map --repetitions 3 --seed 7 --dir data --out results >out 2>err || status=$?
measured $status || fail "exit $status: $(cat out err)"
rmdir data || fail "data files are left"
grep -Eq '^warm-map: (reproduced|not reproduced)$' out || fail "no outcome in $(cat out)"
grep -q '^  From: ' out || fail "no source in $(cat out)"
grep -Eq '^  mmap batch=64 / pread batch=64: [0-9.]+ \([0-9.]+-[0-9.]+\), known > 3: ' out || fail "no figure in $(cat out)"
grep -qx 'Report: results/report.html' out || fail "no report in $(cat out)"
[[ -s results/report.html && -s results/run.json ]] || fail "no results are left"
grep -Eq '"seed": 7\b' results/run.json || fail "another seed than it was given"
[[ ! -e results/latest ]] || fail "a run of its own name became the latest"

echo '# the same again from what was left behind'
again=0
"$STOREBENCH" validate --run results >judged 2>err || again=$?
[[ $again -eq $status ]] || fail "exit $again instead of $status: $(cat judged err)"
diff out judged || fail "judged otherwise"
echo '# of a file, and of a folder that nobody drew, no report is named'
mkdir undrawn
cp results/run.json undrawn/
for run in results/run.json undrawn; do
  again=0
  "$STOREBENCH" validate --run "$run" >judged 2>err || again=$?
  [[ $again -eq $status ]] || fail "$run: exit $again instead of $status: $(cat judged err)"
  diff <(grep -v '^Report: ' out) judged || fail "$run: names a report"
done
"$STOREBENCH" validate --run results --json >json || true
for text in '"name": "warm-map"' '"compared": "mmap batch=64 / pread batch=64"' '"known": "> 3"' '"outcome": '; do
  grep -qF "$text" json || fail "no $text in $(cat json)"
done

echo '# the script that repeats it hands over what it takes: only the folder, which is there, stops it'
stopped=0
sh results/reproduce.sh --dir . --out results >out 2>err || stopped=$?
[[ $stopped -ne 0 && $(wc -l <err) -eq 1 ]] && grep -q '^storebench: results: ' err || fail "exit $stopped: $(cat out err)"

echo '# what it refuses'
set +e
refused validate warm-mop
refused validate warm-map --out results
refused validate warm-map --repetitions 0
refused validate warm-map --seed -1
refused validate warm-map --dir ''
refused validate warm-map --run results
refused validate --run /no/such/run
