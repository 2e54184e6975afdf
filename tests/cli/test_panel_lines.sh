#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In a chart of panels a line joins the values of its series, in whatever order the cells were swept.
set -euo pipefail
: "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
command -v gnuplot >/dev/null || { echo "skipped: gnuplot is not installed"; exit 77; }

row() { printf '%s\t%s\t%d\tmmap\t0\t%d\t%d\t%d\t3\tok\t1\t1\t1\t1\t1\tops/s\t0\n' "$@"; }

{
  printf '# %s\n' 'title: Reads' 'finding: Reads' 'question: Which?' 'shape: lines' 'x: threads' 'series: engine' \
    'panel: background' 'y: ops_per_s' 'x_label: threads' 'y_label: operations per second' 'log_y: 0' 'unit: ops/s' \
    'better: higher' 'profile: quick' 'indicative: 1' 'host: h' 'machine: m' 'kernel: k' 'file_system: f' 'device: d' 'batches: -'
  printf 'panel\tx\tx_index\tseries\tseries_index\ty\tlow\thigh\tn\tstatus\tp50_ns\tp90_ns\tp99_ns\tp999_ns\tmax_ns\tunit\tflagged\n'
  row none 1 0 100 90 110
  row update 1 0 80 70 90
  row none 2 1 200 190 210
  row update 2 1 160 150 170
} >data.tsv

gnuplot -d -c "$STOREBENCH_SOURCE/plots/lines.gp" data.tsv chart 2>&1
# The lines of the series, in its colour, and not the one in the legend: one in each panel.
lines=$(grep -c "stroke='rgb(  0, 114, 178)'  d='M[0-9.]*,[0-9.]* L[0-9.]*,[0-9.]*  '" chart.svg || true)
echo "lines: $lines"
[ "$lines" -ge 3 ]
