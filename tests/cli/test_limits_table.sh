#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The table of docs/performance.md is what runs found: every ratio of an experiment limits-*, of the last run that has it.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }
table=$STOREBENCH_SOURCE/scripts/limits-table

# A program whose report of a run is the page that lies in it as "page".
cat >program <<'END'
#!/bin/sh
cat "$2"/samples.jsonl | sed '$d' >"$2"/report.md
END
chmod +x program
export STOREBENCH=$TEST_DIR/program PAGE=$TEST_DIR/page.md

# a_run NAME LINE...: a finished run with this report.
a_run() {
  mkdir "$1"
  printf '%s\n' "${@:2}" '{"end": {"complete": true}}' >"$1/samples.jsonl"
}
header='| compared | at | ratio (95% interval) | claimed | outcome |'
a_run one '<a id="limits-b"></a>' "$header" '| --- | --- | --- | --- | --- |' \
  '| x / y | engine mmap | 1.00 (0.90-1.10) | \> 2 | does not hold |' '| x / z |  | 3.00 (2.90-3.10) | \> 2 | holds |' '' \
  '| engine | median |' '| mmap | 7 |' '<a id="other"></a>' "$header" '| --- | --- | --- | --- | --- |' '| o / p |  | 1 | 2 | holds |'
a_run two '<a id="limits-a"></a>' "$header" '| --- | --- | --- | --- | --- |' '| v / w | batch 1 | 5.00 (4.00-6.00) | \< 6 | holds |' ''
a_run three '<a id="limits-b"></a>' "$header" '| --- | --- | --- | --- | --- |' '| x / y | engine mmap | 1.50 (1.40-1.60) | \> 2 | does not hold |' ''
printf '%s\n' before '<!-- limits: table -->' 'what stood there' '<!-- limits: end -->' behind >page.md

"$table" one two three || fail 'limits-table'
printf '%s\n' before '<!-- limits: table -->' '| experiment | compared | wanted | ratio (95% interval) | |' '| --- | --- | --- | --- | --- |' \
  '| `limits-a` | v / w, batch 1 | \< 6 | 5.00 (4.00-6.00) | holds |' \
  '| `limits-b` | x / y, engine mmap | \> 2 | 1.50 (1.40-1.60) | does not hold |' '<!-- limits: end -->' behind >expected
diff -u expected page.md || fail 'the table of the last run of each'
"$table" one || fail 'limits-table again'
grep -qF '| `limits-b` | x / z | \> 2 | 3.00 (2.90-3.10) | holds |' page.md || fail "$(cat page.md)"
[[ $(grep -c limits-b page.md) == 2 ]] || fail "$(cat page.md)"

echo '# what was disturbed is marked, and the mark explained'
grep -qF disturbed page.md && fail "$(cat page.md)"
a_run four '<a id="limits-b"></a>' "$header" '| --- | --- | --- | --- | --- |' \
  '| x / y | engine mmap | 1.50 (1.40-1.60) \* | \> 2 | does not hold |' ''
"$table" one four || fail 'limits-table of a disturbed run'
printf '%s\n' '| `limits-b` | x / y, engine mmap | \> 2 | 1.50 (1.40-1.60) \* | does not hold |' '' \
  '\* Samples of its cells were disturbed, also when they were repeated.' '<!-- limits: end -->' behind >expected
diff -u expected <(tail -n 5 page.md) || fail 'the mark of a disturbed cell'
"$table" four one || fail 'limits-table of an undisturbed run after it'
grep -qF disturbed page.md && fail "$(cat page.md)"

echo '# where the data of the run lay is not told'
a_run five '<a id="limits-b"></a>' "$header" '| --- | --- | --- | --- | --- |' \
  '| x / y | engine mmap | - | \> 2 | not measured: only 98% of /data/run-7/set/store stays |' ''
"$table" five || fail 'limits-table of a run with a path'
grep -qF '| `limits-b` | x / y, engine mmap | \> 2 | - | not measured: only 98% of store stays |' page.md || fail "$(cat page.md)"
"$table" one || fail 'limits-table of the first run again'

echo '# what is no such run changes nothing'
cp page.md before.md
a_run other '<a id="other"></a>' "$header" '| --- | --- | --- | --- | --- |' '| o / p |  | 1 | 2 | holds |'
a_run stopped 'x' && sed -i '$d' stopped/samples.jsonl
mkdir empty
# refused WORDS RUN...
refused() {
  "$table" "${@:2}" 2>err && fail "limits-table ${*:2} is not refused"
  grep -qF -- "$1" err || fail "limits-table ${*:2}: says $(cat err)"
  cmp -s page.md before.md || fail "limits-table ${*:2} changed the page"
}
refused 'no ratio of an experiment limits-*' other
refused 'was stopped before its end' stopped
refused 'has no samples.jsonl' empty
refused 'name the folder of a run'
sed -i '/limits: end/d' page.md && cp page.md before.md
refused 'has no table between' one
