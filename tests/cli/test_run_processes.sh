#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Several processes on one store, from the experiment file to the chart: all of them are measured, and what cannot be
# shared is skipped.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

cat >shared.ini <<'INI'
[experiment]
title    = One copy for all
question = How much memory do several processes take?
[hold]
operation = get
data      = 1M
cache     = warm
[sweep]
processes = 1, 3
engine    = mmap, null
[chart]
shape  = lines
x      = processes
series = engine
y      = memory_bytes
INI

"$STOREBENCH" run ./shared.ini --profile quick --repetitions 3 --dir . --out run >out 2>err || fail "exit $?: $(cat out err)"
[[ -s run/charts/shared.svg ]] || fail "no chart: $(cat err)"
grep -q '"reason":"a store of null cannot be open in several processes"' run/samples.jsonl || fail 'null is not skipped'
index() { sed -nE "s|.*\"cell\":\"shared/$1/mmap\".*\"kind\":\"throughput\".*\"index_bytes\":([0-9]+),\"cached.*|\1|p" run/samples.jsonl | head -1; }
[[ -n $(index 1) && $(index 3) -eq $((3 * $(index 1))) ]] || fail "indexes: $(index 1) and $(index 3)"
[[ -z $(find . -name 'storebench-*') ]] || fail "files are left: $(find .)"
