#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A run that is stopped keeps what it measured, removes its data, leaves no child behind, and exits 130.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

cat >long.ini <<'INI'
[experiment]
title    = Many reads
question = Which reads are fastest?
[hold]
operation = update
data      = 1M
[sweep]
batch  = 1, 2, 4, 8, 16, 32
engine = pread, stdio
[chart]
shape  = lines
x      = batch
series = engine
y      = ops_per_s
INI

# wait_for FILE: until a sample is in it, behind the bounds; the run is then in the middle of things.
wait_for() {
  local i
  for ((i = 0; i < 3000; i++)); do
    if grep -qs '^{"cell":' "$1"; then return 0; fi
    sleep 0.1
  done
  fail "no sample came into $1"
}

for signal in INT TERM; do
  echo "# SIG$signal"
  mkdir "data-$signal"
  # A shell without job control has its background commands ignore SIGINT.
  env --default-signal=INT "$STOREBENCH" run ./long.ini --profile quick --repetitions 500 --dir "data-$signal" \
    --out "run-$signal" >out 2>err &
  pid=$!
  wait_for "run-$signal/samples.jsonl"
  kill "-$signal" "$pid"
  status=0
  wait "$pid" || status=$?
  [[ $status -eq 130 ]] || fail "exit $status: $(cat out err)"
  [[ -z $(ls -A "data-$signal") ]] || fail "data files are left: $(ls -A "data-$signal")"
  grep -q '"complete": false' "run-$signal/run.json" || fail 'it says that it is complete'
  grep -q '"finished": null' "run-$signal/run.json" || fail 'it says that it finished'
  grep -q ',ok,' "run-$signal/samples.csv" || fail 'no sample was kept'
  for file in samples.csv gbench.json data/long.tsv report.md report.html; do
    [[ -s run-$signal/$file ]] || fail "$file is missing"
  done
  grep -q 'Stopped before the end' out || fail "it does not say so: $(cat out)"
done

echo '# killed: the child dies with its parent, and the samples are still there to report'
mkdir data
"$STOREBENCH" run ./long.ini --profile quick --repetitions 500 --dir data --out run >out 2>err &
pid=$!
wait_for run/samples.jsonl
kill -KILL "$pid"
wait "$pid" || true
folder=$(readlink -f data)
for ((i = 0; i < 600; i++)); do
  # Whoever still has a file there open is a child that outlived its parent.
  holders=$(find /proc/[0-9]*/fd -lname "$folder/*" 2>/dev/null || true)
  [[ -z $holders ]] && break
  sleep 0.1
done
[[ -z $holders ]] || fail "still running: $holders"
rm -r data
"$STOREBENCH" report run >out 2>err || fail "report: exit $?: $(cat out err)"
grep -q '"complete": false' run/run.json || fail 'it says that it is complete'
