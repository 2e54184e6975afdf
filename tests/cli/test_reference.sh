#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# results/reference opens in `report` and `compare`, and README.md says of it what scripts/reference writes: no figure there
# is written by hand.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
# shellcheck source=tests/cli/made_runs.bash
source "$STOREBENCH_SOURCE/tests/cli/made_runs.bash"
fail() { echo "$*"; exit 1; }

"$STOREBENCH_SOURCE/scripts/reference" --check || fail 'README.md is not what scripts/reference writes'

# Rows of two tables in a row would be one.
awk '/^\| ---/ && two ~ /^\|/ { bad = 1 } { two = one; one = $0 } END { exit bad }' "$STOREBENCH_SOURCE/README.md" ||
  fail 'README.md has a table in a table'

mkdir -p copy/results copy/scripts
cp -r "$STOREBENCH_SOURCE/results/reference" copy/results/
cp "$STOREBENCH_SOURCE/README.md" copy/
cp "$STOREBENCH_SOURCE/scripts/reference" copy/scripts/
[[ $("$STOREBENCH" report copy/results/reference --format md) == copy/results/reference/report.md ]] || fail 'report'
"$STOREBENCH" compare copy/results/reference "$STOREBENCH_SOURCE/results/reference" >out || fail "compare: $(cat out)"
grep -q ' 0 worse, 0 better' out || fail "it differs from itself: $(cat out)"

echo '# a figure that was edited is found'
sed -i '/^<!-- reference: claims/,/^<!-- reference: end/s/[0-9]/7/' copy/README.md
copy/scripts/reference --check 2>err && fail 'an edited figure goes unnoticed'
tail -1 err | grep -c 'README.md says something else' >/dev/null || fail "$(cat err)"

echo '# what cannot be a reference changes nothing'
# refused WORDS ARGUMENT...
refused() {
  local words=$1 before
  shift
  before=$(find copy -type f -print0 | sort -z | xargs -0 cksum)
  copy/scripts/reference "$@" >out 2>err && fail "reference $* is not refused"
  grep -qF -- "$words" err || fail "reference $*: says $(cat err)"
  [[ $before == "$(find copy -type f -print0 | sort -z | xargs -0 cksum)" ]] || fail "reference $* changed something"
}
made_run other cpu 1000 2000 3000 4000
refused 'other: has no update-random' other
mkdir stopped
sed '$d' other/samples.jsonl >stopped/samples.jsonl
refused 'stopped: was stopped before its end' stopped
refused 'nowhere: has no samples.jsonl' nowhere
refused 'write reference' --what
refused 'write reference' a b

command -v gnuplot >/dev/null || exit 0
echo '# a run in its place; what was edited is mended'
cp -r "$STOREBENCH_SOURCE/results/reference" run
copy/scripts/reference run >out || fail "$(cat out)"
cmp copy/README.md "$STOREBENCH_SOURCE/README.md" || fail 'README.md differs'
for file in samples.jsonl report.md report.html charts/update-random.svg data/update-random.tsv; do
  [[ -s copy/results/reference/$file ]] || fail "$file is missing"
done
[[ -z $(find copy/results -name '*.png' -o -name '*.pdf' -o -name '*.part*') ]] || fail 'pictures that no repository wants'
for page in report.md report.html; do
  ! grep -E 'href="(run.json|samples.csv)"|\]\((run.json|samples.csv)\)' copy/results/reference/$page || fail "$page leads nowhere"
  grep -qE 'href="samples.jsonl"|\]\(samples.jsonl\)' copy/results/reference/$page || fail "$page has no raw data"
done
grep -q '^!\[.*\](charts/update-random.svg)' copy/results/reference/report.md || fail 'the report shows no chart'
