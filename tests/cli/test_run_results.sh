#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A run leaves a whole folder of results, says who won, and leaves no data file.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

cat >mine.ini <<'INI'
[experiment]
title    = Small reads
question = Which reads are fastest?
[hold]
operation = get
data      = 64K
cache     = warm
[sweep]
batch  = 1, 8
engine = pread, stdio
[chart]
shape  = bars
x      = batch
series = engine
y      = ops_per_s
read   = More is better.
[verdict]
compare = pread / stdio > 0.0001
INI

echo '# the plan alone changes nothing'
before=$(ls -A)
"$STOREBENCH" run ./mine.ini --profile quick --dry-run >plan
grep -q '^mine  *4 cells' plan || fail "no plan: $(cat plan)"
grep -q '^4 cells, 3 repetitions' plan || fail "no sum: $(cat plan)"
rm plan
[[ $before == "$(ls -A)" ]] || fail "a dry run left something: $(ls -A)"

echo '# a run, into the default folder'
mkdir data
"$STOREBENCH" run ./mine.ini --profile quick --seed 42 --dir data >out 2>err || fail "exit $?: $(cat out err)"
grep -q '^mine: ' out || fail "no finding: $(cat out)"
grep -Eq '^  batch 1: ' out || fail "no winner: $(cat out)"
grep -A2 '^Claims on this machine' out | grep -cxF 'mine: Which reads are fastest?' >/dev/null || fail "no claim: $(cat out)"
grep -qE '^  (holds|not shown here)' out || fail "no verdict: $(cat out)"
grep -qE '^  pread / stdio at batch [18], claimed > 0.0001: [0-9]' out || fail "no ratio: $(cat out)"
report=$(sed -n 's/^Report: //p' out)
[[ -s $report ]] || fail "no report at \"$report\""
[[ $report == results/* ]] || fail "not the default folder: $report"
[[ results/latest -ef $(dirname "$report") ]] || fail "latest is not this run"
for file in run.json samples.jsonl gbench.json samples.csv data/mine.tsv report.md report.html charts/mine.svg \
  charts/mine.png charts/mine.pdf; do
  [[ -s results/latest/$file ]] || fail "$file is missing"
done
[[ -z $(ls -A data) ]] || fail "data files are left: $(ls -A data)"
[[ -z $(find . -name 'storebench-*' -o -name '*.part*') ]] || fail "files are left behind: $(find .)"
grep -q '"seed": 42' results/latest/run.json || fail 'the seed is not recorded'
grep -q '"complete": true' results/latest/run.json || fail 'not complete'
# Samples that were disturbed and taken again stand there too: how many is the machine's affair.
planned() { grep -vE '^{"(limit|duel)":|"repetition":[1-9][0-9]*,"counted":false' "$1/samples.jsonl"; }
# Four cells, one sample that is not counted, three that are, one of latency and one of counters; a head and the end, said twice.
[[ $(planned results/latest | wc -l) -eq 27 ]] || fail "$(planned results/latest | wc -l) lines of samples"
[[ $(grep -c '^{"limit":' results/latest/samples.jsonl) -ge 17 ]] || fail 'bounds are missing'
grep -q '^# bound: .*bare pread$' results/latest/data/mine.tsv || fail "no bound: $(cat results/latest/data/mine.tsv)"
grep -q '^## Bounds' results/latest/report.md || fail 'no bounds in the report'

echo '# the same again'
STOREBENCH="$STOREBENCH" sh results/latest/reproduce.sh --out again >out 2>err || fail "reproduce.sh: $(cat err)"
seed() { grep -m 1 '"seed": ' "$1/run.json"; }
turns() { planned "$1" | sed -nE 's/^\{"cell":("[^"]*"),"sample":\{"kind":("[a-z]*").*("repetition":[0-9]+),.*/\1 \2 \3/p'; }
[[ $(turns again | wc -l) -eq 24 && $(seed again) == *42* ]] || fail "$(seed again), $(turns again)"
diff <(turns results/latest) <(turns again) || fail 'reproduce.sh does not repeat the run'

echo '# a folder of its own, and the outcome as JSON'
"$STOREBENCH" run ./mine.ini --profile quick --engines null,pread --out own/run --json >out 2>err || fail "exit $?"
head -c1 out | grep -c '{' >/dev/null || fail 'not JSON'
grep -q '"results": "own/run"' out || fail "no folder: $(cat out)"
[[ $(ls -A own) == run ]] || fail "beside the results: $(ls -A own)"

echo '# it is there already'
"$STOREBENCH" run ./mine.ini --profile quick --out own/run >out 2>err && fail 'not refused'
[[ $(wc -l <err) -eq 1 ]] || fail "$(cat err)"
grep -q 'own/run: is there already; ' err || fail "$(cat err)"
