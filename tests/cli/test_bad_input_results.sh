#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Results that cannot be trusted: cut, edited, of another version, empty, of failed cells only. `report` and `compare` say
# what is wrong with which file, on one line, and write nothing.
source "$(dirname "$0")/helpers.bash"
source "$(dirname "$0")/made_runs.bash"
golden

made_run good 'A processor' 5000000 1000000 9000000 1200000

echo '# samples.jsonl'
# damaged NAME SED-EXPRESSION: the good run but for what the expression does to it.
damaged() {
  echo "# $2"
  mkdir "$1"
  sed -e "$2" good/samples.jsonl >"$1/samples.jsonl"
  refused report "$1"
  refused compare good "$1"
}
damaged older '1s/"schema": 1/"schema": 0/'
damaged cut-head '1s/"dropped".*//'
damaged no-head '1d'
damaged no-cells '1s/"cells": \[.*\], "dropped"/"dropped"/'
damaged two-cells '1s|made-up/1/pread|made-up/1/mmap|'
damaged no-chart '1s/"chart": {[^}]*}, //'
damaged cut-line '5s/.\{20\}$//'
damaged no-status '7s/"ok"/"fine"/'
damaged no-number '7s/"repetition": [0-9]/"repetition": "x"/'
damaged faster '7s/"ops_per_s": [0-9]*/"ops_per_s": 9000000/'
damaged other-cell '9s|made-up/1|made-up/7|'
damaged no-end '$s/"complete": true, //'
damaged name-leads-outside '1s|"name": "made-up"|"name": "../made-up"|'
damaged cell-leads-outside '1s|"experiment": "made-up"|"experiment": ".."|'
damaged cell-of-another '1s|made-up/1/pread|m|'
damaged flag-no-word '6s|"flags": \[\]|"flags": [1]|'
damaged axis-no-word '1s|"values": \["[^"]*"|"values": [1|'
damaged point-no-word '1s|"batch": "1"|"batch": 1|'
damaged binary '6s/.*/\x00\x01\xff/'
mkdir -p nothing empty folder/samples.jsonl folder/run.json fifo device
mkfifo fifo/samples.jsonl fifo/run.json
ln -s /dev/zero device/samples.jsonl
ln -s /dev/zero device/run.json
: >empty/samples.jsonl
refused report empty
refused compare empty good
refused report nothing
refused compare good nothing
for what in folder fifo device; do
  refused report $what
  refused compare good $what
  refused advise $what
  refused validate --run $what
done
rm fifo/run.json
refused compare fifo good

echo '# a last line that was being written is dropped, as when a run is killed'
mkdir killed
sed '$d' good/samples.jsonl | head -c -30 >killed/samples.jsonl
run compare good killed

echo '# run.json'
"$STOREBENCH" report good >/dev/null 2>&1 || true
[[ -s good/run.json ]] || { echo 'no run.json'; exit 1; }
echo '# a pipe that is named is read'
run compare /dev/stdin good < <(cat good/run.json)
run validate --run /dev/stdin --json < <(cat good/run.json)
run advise /dev/stdin --reads 100 --json < <(cat good/run.json)
run compare good /dev/stdin < <(head -n 20 good/run.json)

# edited SED-EXPRESSION
edited() {
  echo "# $1"
  sed -e "$1" good/run.json >edited.json
  refused compare good edited.json
}
edited '1,3s/"schema": 1/"schema": 2/'
edited '20,$d'
edited '1,3s/"schema": 1/"schema": "1"/'
edited 's/"status": "ok"/"status": "right"/'
edited '0,/"ops_per_s": [0-9.]*/s//"ops_per_s": 9000000/'
edited 's/"id": "made-up.1.mmap"/"id": ""/'
edited 's/"cells"/"cellars"/'
: >edited.json
refused compare good edited.json
echo '[]' >edited.json
refused compare edited.json good

echo '# nothing but failures'
mkdir failed
{
  made_head 'A processor' 1 1 64
  for batch in 1 64; do
    for engine in mmap pread; do made_sample $batch $engine 1 null failed '"lost a value"'; done
  done
  made_end
} >failed/samples.jsonl
run compare good failed
run report failed
grep -c 'lost a value' failed/report.md
grep -h '4 cells failed' failed/report.md

echo '# no cell in common'
mkdir other
{ made_head 'A processor' 1 512; made_samples 512 mmap 1000; made_end; } >other/samples.jsonl
run compare good other
