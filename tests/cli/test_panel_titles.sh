#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The title of a panel says what tells it from the others, also where there is no room for the name of the axis.
set -euo pipefail
: "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
command -v gnuplot >/dev/null || { echo "skipped: gnuplot is not installed"; exit 77; }

row() { printf '%s\t%s\t%d\tA run\t0\t%d\t%d\t%d\t3\tok\t1\t2\t3\t4\t5\tops/s\t0\n' "$@"; }

{
  printf '# %s\n' 'title: Reads' 'finding: Reads' 'question: Which?' 'shape: lines' 'x: batch' 'series: run' \
    'panel: engine, background' 'y: ops_per_s' 'x_label: batch' 'y_label: operations per second' 'log_y: 0' 'unit: ops/s' \
    'better: higher' 'profile: quick' 'indicative: 1' 'host: h' 'machine: m' 'kernel: k' 'file_system: f' 'device: d' 'batches: -'
  printf 'panel\tx\tx_index\tseries\tseries_index\ty\tlow\thigh\tn\tstatus\tp50_ns\tp90_ns\tp99_ns\tp999_ns\tmax_ns\tunit\tflagged\n'
  for panel in 'mmap, none' 'pread, none' 'stdio, none'; do
    row "$panel" 1 0 100 90 110
    row "$panel" 64 1 200 190 210
  done
} >data.tsv

gnuplot -d -c "$STOREBENCH_SOURCE/plots/lines.gp" data.tsv lines 2>&1
gnuplot -d -c "$STOREBENCH_SOURCE/plots/spectrum.gp" data.tsv spectrum 2>&1
for engine in mmap pread stdio; do
  for chart in lines spectrum; do
    grep -q "$engine, none" "$chart.svg" || { echo "$chart: no panel says \"$engine, none\""; exit 1; }
  done
  grep -q "64, $engine" spectrum.svg || { echo "spectrum: no panel says \"64, $engine\""; exit 1; }
done

# Where both have no room in one line, they stand in two: nothing that tells panels apart is cut.
sed -e 's/\tA run\t/\tA run with a long name\t/' -e 's/\t64\t1\t/\t60% of peak\t1\t/' -e 's/^\(mmap\|pread\|stdio\), none/\1=every-64/' data.tsv >long.tsv
gnuplot -d -c "$STOREBENCH_SOURCE/plots/spectrum.gp" long.tsv long 2>&1
for words in '60% of peak' mmap=every-64 pread=every-64 stdio=every-64; do
  grep -q ">$words<\|>$words " long.svg || { echo "spectrum: no panel says \"$words\""; exit 1; }
done
if grep -q '60% of peak, [a-z=-]*…' long.svg; then echo 'spectrum: a title is cut'; exit 1; fi
