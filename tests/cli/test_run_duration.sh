#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An experiment that says how long a sample lasts: the samples do, their timeline is drawn, and the report says what was
# steady.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

cat >long.ini <<'INI'
[experiment]
title    = Reads over time
question = Does the rate of gets stay the same?
[hold]
operation = get
data      = 64K
cache     = warm
duration  = 900ms
[sweep]
engine = pread
[chart]
shape  = timeline
series = engine
y      = ops_per_s
INI

"$STOREBENCH" run ./long.ini --profile quick --repetitions 3 --dir . --out run >out 2>err || fail "exit $?: $(cat out err)"
grep -q '"duration": 0.9' run/run.json || fail 'the cell does not say it'
while IFS= read -r seconds; do
  [[ $seconds == 0.9* || $seconds == [1-9]* ]] || fail "a sample of $seconds s"
done < <(grep -o '"cell":"long/pread".*"kind":"throughput".*"counted":true.*' run/samples.jsonl | sed -E 's/.*"status":"ok","reason":null,"seconds":([0-9.]+).*/\1/')
grep -q '"steady":\(true\|false\)' run/samples.jsonl || fail 'no verdict on steadiness'
grep -Eq '^(Steady|Not steady): pread' run/report.md || fail "the report does not say: $(cat run/report.md)"
[[ -s run/charts/long.svg ]] || fail "no chart: $(cat err)"
