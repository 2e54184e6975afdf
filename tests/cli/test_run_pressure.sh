#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An experiment under memory pressure: measured within its limit or skipped with the reason; no group is left behind, also
# after Ctrl-C and after a kill.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

cat >tight.ini <<'INI'
[experiment]
title    = Reads under pressure
question = Which reads are fastest?
[hold]
operation   = get
data        = 16M
cache       = pressure
[sweep]
pressure = 0.5, 4
engine   = pread, null
[chart]
shape  = lines
x      = pressure
series = engine
y      = ops_per_s
INI

groups() { find /sys/fs/cgroup -type d -name "storebench-$1-*" 2>/dev/null || true; }

status=0
"$STOREBENCH" run ./tight.ini --profile quick --repetitions 3 --dir . --out run >out 2>err & pid=$!
wait "$pid" || status=$?
[[ -z $(groups "$pid") ]] || fail "groups are left: $(groups "$pid")"
if grep -q 'memory cannot be limited here: .* Run as root' run/run.json; then
  echo "skipped, as it must be: $(grep -m1 -o 'memory cannot be limited here[^"]*' run/run.json)"
  exit 0
fi
[[ $status -eq 0 ]] || fail "exit $status: $(cat out err)"
grep -q '"memory was limited by ' run/run.json || fail 'the run does not say how'
number() { sed -E "s/.*\"$1\": ?([0-9]+).*/\1/" <<<"$line"; }
samples=0
while IFS= read -r line; do
  case $line in
    *'"cell":"tight/0.5/pread"'*) wanted=$((32 << 20)) ;;
    *'"cell":"tight/4/pread"'*) wanted=$((4 << 20)) ;;
    *'"cell":"tight/'*'/null"'*) grep -q '"memory":null' <<<"$line" || fail "a limit for what keeps nothing: $line"; continue ;;
    *) continue ;;
  esac
  samples=$((samples + 1))
  [[ $line == *'"status":"ok"'* ]] || fail "$line"
  [[ $(number wanted_bytes) -eq $wanted ]] || fail "wanted: $line"
  [[ $(number limit_bytes) -eq $((wanted + $(number own_bytes))) ]] || fail "limit: $line"
  # The kernel counts charges in batches.
  [[ $(number after) -gt $((wanted / 2 < 12 << 20 ? wanted / 2 : 12 << 20)) && $(number after) -le $(($(number limit_bytes) + (2 << 20))) ]] ||
    fail "charged: $line"
done < <(sed 's/"residency":{[^}]*}//' run/samples.jsonl)
[[ $samples -ge 8 ]] || fail "$samples samples"
[[ -s run/charts/tight.svg ]] || fail "no chart: $(cat err)"

for signal in INT KILL; do
  echo "# SIG$signal"
  env --default-signal=INT "$STOREBENCH" run ./tight.ini --profile quick --repetitions 500 --dir . --out "run-$signal" >out 2>err &
  pid=$!
  for ((i = 0; i < 6000; i++)); do
    if [[ -n $(groups "$pid") ]]; then break; fi
    sleep 0.05
  done
  [[ -n $(groups "$pid") ]] || fail 'no group is ever made'
  kill "-$signal" "$pid"
  wait "$pid" || true
  # After a kill the guard removes it, once the child is dead.
  for ((i = 0; i < 1200; i++)); do
    if [[ -z $(groups "$pid") ]]; then break; fi
    sleep 0.05
  done
  [[ -z $(groups "$pid") ]] || fail "groups are left: $(groups "$pid")"
done
