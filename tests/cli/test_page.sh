#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# report.html, and the page of a comparison, in a browser: each loads without a request or a complaint, its picker, tables and values work, nothing overflows
# on a phone or a wide screen, what must be seen at once is, and both colour schemes can be read.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
# shellcheck source=tests/cli/made_runs.bash
source "$STOREBENCH_SOURCE/tests/cli/made_runs.bash"

if ! command -v python3 >/dev/null; then
  echo 'skipped: python3 is not installed'
  exit 77
fi
made_run run 'A processor' 3000000 1000 90000000 2000000
"$STOREBENCH" report run >/dev/null
made_run later 'Another processor' 3000000 500 120000000 2000000
"$STOREBENCH" compare run later run --out compared >/dev/null || [[ $? -eq 1 ]]
mkdir claims
cp "$STOREBENCH_SOURCE/results/reference/samples.jsonl" claims/
"$STOREBENCH" report claims --format html >/dev/null
claims=claims/report.html
for page in run/report.html compared/compare.html; do
  mkdir "pictures-${page%/*}"
  HOME=$TEST_DIR python3 "$STOREBENCH_SOURCE/tests/page/drive.py" "$page" "pictures-${page%/*}" ${claims:+"$claims"}
  claims=
done
