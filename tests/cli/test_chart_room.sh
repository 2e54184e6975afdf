#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What has little room in a chart is neither cut nor drawn over: numbers of narrow bars, and names of the rows of heat maps.
# Marks of axes have their prefix.
set -euo pipefail
: "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
command -v gnuplot >/dev/null || { echo "skipped: gnuplot is not installed"; exit 77; }
fail() { echo "$*"; exit 1; }

# made SHAPE STORES PLACES [BOUND]: a chart of that many stores at that many places of x, all of them at 136 bytes.
made() {
  printf '# %s\n' 'title: Space' 'finding: Space' 'question: Which?' "shape: $1" 'x: batch' 'series: engine' 'panel: -' \
    'y: file_bytes_per_record' 'x_label: batch' 'y_label: bytes' 'log_y: 0' 'unit: B' 'better: lower' 'profile: quick' 'indicative: 1' \
    'host: h' 'machine: m' 'kernel: k' 'file_system: f' 'device: d' 'batches: -'
  [[ -z ${4:-} ]] || printf '# bound: -\t1\t100\tnan\t%s\n' "$4"
  printf 'panel\tx\tx_index\tseries\tseries_index\ty\tlow\thigh\tn\tstatus\tp50_ns\tp90_ns\tp99_ns\tp999_ns\tmax_ns\tunit\tflagged\n'
  for ((x = 1; x <= $3; x++)); do
    for ((s = 1; s <= $2; s++)); do
      printf -- '-\t%d\t%d\tstore-%d\t%d\t136\t136\t136\t3\tok\t1\t2\t3\t4\t5\tB\t0\n' $x $((x - 1)) $s $((s - 1))
    done
  done
}
draw() { gnuplot -d -c "$STOREBENCH_SOURCE/plots/$1.gp" "$2.tsv" "$2" 2>&1; }
numbers() { grep -c '>136<' "$1.svg"; }

made bars 4 3 >wide.tsv
made bars 8 7 >full.tsv
made bars 8 16 >narrow.tsv
made bars 1 100 >places.tsv
for chart in wide full narrow places; do draw bars $chart; done
[[ $(numbers wide) -eq 12 ]] || fail "wide bars: $(numbers wide) numbers of 12"
# The legend stands above 56 bars, which have all of the width and all of their numbers.
[[ $(numbers full) -eq 56 ]] || fail "56 bars: $(numbers full) numbers"
# Pixels from the left edge to a store's name in the legend.
across() { grep -B2 "<text>$2</text>" "$1.svg" | grep -o 'translate([0-9]*' | grep -o '[0-9]*$'; }
[[ $(across wide store-1) -gt 300 ]] || fail "the legend of a few bars stands $(across wide store-1) pixels from the left"
[[ $(across full store-1) -lt 100 ]] || fail "the legend of 56 bars stands $(across full store-1) pixels from the left"
if grep -q 'no room' wide.svg full.svg; then fail 'numbers have no room, it says'; fi
[[ $(numbers narrow) -ge 16 && $(numbers narrow) -le 64 ]] || fail "128 bars: $(numbers narrow) numbers"
# A place of one bar beside the next is no wider than bars of one place.
[[ $(numbers places) -ge 33 && $(numbers places) -le 50 ]] || fail "100 places of one bar: $(numbers places) numbers"
grep -q 'numbers that have no room are in the table' narrow.svg || fail 'nothing says that numbers were left out'

# Millionths of a second are µ on the axis, in any locale.
made ladder 2 2 | sed 's/136/13600/g; s/unit: B/unit: ns/; s/\tB\t/\tns\t/' >times.tsv
LC_ALL=C draw ladder times
grep -q '10µ' times.svg || fail 'no mark of the axis says 10µ'
if grep -q '[0-9]u<' times.svg; then fail 'a mark of the axis says u'; fi

# Words that a heat map's row has to say, whatever the line they are on.
made heatmap 2 2 'sectors of the records, by blocks of a size that is not known here' >map.tsv
draw heatmap map
for words in 'sectors of the records' 'known here'; do grep -q "$words" map.svg || fail "the row does not say \"$words\""; done
if grep -q 'record.*…' map.svg; then fail 'the name of a row is cut'; fi
