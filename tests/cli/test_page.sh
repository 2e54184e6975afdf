#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# report.html in a browser: loads without a request or a complaint, its picker, tables and values work, nothing overflows
# on a phone or a wide screen, and both colour schemes can be read.
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
mkdir pictures
HOME=$TEST_DIR python3 "$STOREBENCH_SOURCE/tests/page/drive.py" run/report.html pictures
