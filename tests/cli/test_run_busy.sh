#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The idle watch sees a program that keeps a processor busy as the run begins.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

cat >tiny.ini <<'INI'
[experiment]
title    = Gets of nothing
question = Which gets are fastest?
[hold]
operation = get
data      = 64K
[sweep]
batch  = 1
engine = null
[chart]
shape  = bars
x      = batch
series = engine
y      = ops_per_s
INI

(while :; do :; done) & busy=$!
trap 'kill "$busy"' EXIT
"$STOREBENCH" run ./tiny.ini --profile quick --budget 8s --dir . --out run >out 2>err || fail "exit $?: $(cat err)"
watch=$(sed -n '/"idle_watch": {/,/}/p' run/run.json)
cpu=$(sed -n 's/.*"cpu_s": \([0-9.e-]*\).*/\1/p' <<<"$watch")
awk -v cpu="$cpu" 'BEGIN { exit !(cpu > 0) }' || fail "a busy program was not seen: $watch"
