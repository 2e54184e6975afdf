#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# storebench report: everything but samples.jsonl is made again, and a chart is drawn again from its TSV alone.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"

fail() {
  echo "$*"
  exit 1
}

# refused CODE WORDS ARGUMENT...: storebench report must exit with CODE and one line that has WORDS.
refused() {
  local code=$1 words=$2 status=0
  shift 2
  "$STOREBENCH" report "$@" >out 2>err || status=$?
  [[ $status -eq $code ]] || fail "report $*: exit $status, not $code: $(cat err)"
  [[ ! -s out && $(wc -l <err) -eq 1 ]] || fail "report $*: not one line: $(cat out err)"
  grep -qF -- "$words" err || fail "report $*: says $(cat err)"
}

refused 2 'report needs a RUN'
refused 2 'report takes one RUN' a b
refused 2 'option' --nothing a
refused 1 'nowhere/samples.jsonl: No such file or directory' nowhere
mkdir damaged
echo '{"run": {}}' >damaged/samples.jsonl
refused 1 'damaged/samples.jsonl:1: not a run' damaged
"$STOREBENCH" report --help | grep -c 'storebench report results/latest' >/dev/null || fail 'no example in the help'

cell() {
  cat <<END | tr -d '\n'
{"id": "made-up/$1/$2", "experiment": "made-up", "point": {"batch": "$1", "engine": "$2"}, "engine": "$2", "spec": "$2",
 "options": {}, "operation": "get", "keys": "uniform", "sync": "none", "durability": "nothing", "cache": "warm",
 "record_size": 128, "value_size": 64, "records": 1000, "threads": 1, "processes": 1, "batch": $1, "depth": 1,
 "rate": null, "status": "skipped", "reason": null}
END
}
sample() {  # sample BATCH ENGINE REPETITION OPS_PER_S
  cat <<END | tr -d '\n'
{"cell": "made-up/$1/$2", "sample": {"kind": "throughput", "order": 0, "repetition": $3, "counted": true,
 "status": "ok", "reason": null, "seconds": 0.1, "operations": $(($4 / 10)), "ops_per_s": $4, "bytes_per_s": $4,
 "latency_ns": null, "flags": []}}
END
  echo
}

mkdir run
{
  cat <<END | tr -d '\n'
{"run": {"schema": 1, "started": "2026-01-02T03:04:05Z", "profile": "quick", "indicative": true, "seed": 7,
 "repetitions": 3, "command": "storebench run", "host": "host", "environment": {"cpu": "cpu", "kernel": "kernel",
 "file_system": "ext4", "device": "vda", "durable": true, "unreadable": {}}, "experiments": [{"name": "made-up",
 "title": "Made up", "question": "Is it so?", "claim": "", "chart": {"shape": "bars", "x": "batch", "series": "engine",
 "panel": "", "y": "ops_per_s", "log_y": false}, "verdict": null, "axes": [{"key": "batch", "values": ["1", "64"]},
 {"key": "engine", "values": ["mmap", "pread"]}], "finding": null, "winners": []}], "cells": [
END
  cell 1 mmap; printf ,; cell 1 pread; printf ,; cell 64 mmap; printf ,; cell 64 pread
  echo '], "dropped": [], "notes": []}}'
  for repetition in 1 2 3; do
    for batch in 1 64; do
      sample $batch mmap $repetition 300$repetition
      sample $batch pread $repetition 100$repetition
    done
  done
  printf '{"cell": "made-up/1/mm'  # the run was killed here
} >run/samples.jsonl
cp run/samples.jsonl before

[[ $("$STOREBENCH" report run) == run/report.html ]] || fail 'does not name the report'
cmp before run/samples.jsonl
for file in run.json gbench.json samples.csv data/made-up.tsv charts/made-up.{svg,png,pdf} report.{md,html}; do
  [[ -s run/$file ]] || fail "$file is missing"
done
[[ -z $(find run -name '*.part*') ]] || fail 'a half-written file was left'
grep -q 'stopped before its end' run/report.md || fail 'does not say that the run was stopped'
grep -qF '| mmap | 3.00 k ops/s (3.00-3.00) |' run/report.md || fail 'no medians'
grep -q '^Median operations per second of 3 samples (' run/report.md || fail "not the number of samples: $(grep Median run/report.md)"
mkdir fewer
sed -e '/1\/pread.*"repetition": 3/d' -e '$d' run/samples.jsonl >fewer/samples.jsonl
"$STOREBENCH" report fewer --format md >/dev/null
grep -q '^Median operations per second of 2 to 3 samples (' fewer/report.md || fail "not the numbers of samples: $(grep Median fewer/report.md)"
# A cell that failed is in no table with its median.
mkdir failing
sed -e '/1\/pread.*"repetition": 3/d' -e '/1\/pread.*"repetition": 2/s/"ok"/"failed"/' -e '$d' run/samples.jsonl >failing/samples.jsonl
"$STOREBENCH" report failing --format md >/dev/null
grep -q '^| pread | failed |' failing/report.md || fail "pread did not fail: $(grep pread failing/report.md)"
grep -q '^Median operations per second of 3 samples (' failing/report.md || fail "samples of what failed: $(grep Median failing/report.md)"
[[ ! -e run/charts/made-up-latency.svg ]] || fail 'latencies were drawn, and none was measured'

cp run/data/made-up.tsv alone.tsv
LC_ALL=C.UTF-8 gnuplot -d -c "$STOREBENCH_SOURCE/plots/bars.gp" alone.tsv alone 2>err
[[ ! -s err ]] || fail "gnuplot says $(cat err)"
cmp alone.png run/charts/made-up.png
