#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# storebench report with a title, a logo, some experiments or some formats: the pages follow, the record stays whole, and
# mistakes change nothing.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
# shellcheck source=tests/cli/made_runs.bash
source "$STOREBENCH_SOURCE/tests/cli/made_runs.bash"
fail() { echo "$*"; exit 1; }

made_run run cpu 1000 2000 3000 4000
# A second experiment of the same cells.
sed -i '1s/"experiments":\[\({"name": "made-up".*\)\], "cells"/"experiments":[\1, {"name": "other", "title": "Other", "question": "And this?", "claim": "", "chart": {"shape": "bars", "x": "batch", "series": "engine", "panel": "", "y": "ops_per_s", "log_y": false}, "verdict": null, "axes": [{"key": "batch", "values": ["1", "64"]}, {"key": "engine", "values": ["mmap", "pread"]}], "finding": null, "winners": []}], "cells"/' run/samples.jsonl
cat >logo.svg <<'END'
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><script>alert(1)</script><rect width="10" height="10"/></svg>
END

[[ $("$STOREBENCH" report run) == run/report.html ]] || fail 'the whole report'
grep -q '^## Other' run/report.md || fail 'the second experiment is missing from the whole report'

"$STOREBENCH" report run --title 'Disks & <more>' --logo logo.svg --only made-up >/dev/null || fail 'a view'
grep -q '<title>Disks &amp; &lt;more&gt;</title>' run/report.html || fail 'no title'
grep -q 'src="data:image/svg+xml;base64,' run/report.html || fail 'no logo in the page'
grep -q 'alert(1)' run/report.html && fail 'the logo acts'
grep -q '^!\[\](charts/.logo.svg)' run/report.md || fail 'no logo in the Markdown'
grep -q 'And this?' run/report.html run/report.md && fail 'an experiment that was left out is told of'
grep -q '"other"' run/run.json || fail 'the record lost an experiment'

rm -r run/charts run/report.*
[[ $("$STOREBENCH" report run --format md) == run/report.md ]] || fail 'does not name the Markdown'
[[ -s run/report.md && ! -e run/report.html && ! -e run/charts ]] || fail 'Markdown alone'
[[ $("$STOREBENCH" report run --format charts,html --only made-up) == run/report.html ]] || fail 'does not name the page'
[[ -s run/charts/made-up.svg && ! -e run/charts/other.svg ]] || fail 'charts of the one experiment'

[[ ! -e run/claims.md ]] || fail 'claims that were not asked for'
sed -i '1s/"verdict": null/"verdict": {"tests": [{"over": "mmap", "under": "pread", "holds": "> 1"}]}/' run/samples.jsonl
[[ $("$STOREBENCH" report run --format claims) == run/claims.md ]] || fail 'does not name the claims'
grep -q '^host: cpu; Linux 6.1, ext4 on vda; standard profile' run/claims.md || fail "no machine: $(cat run/claims.md)"
grep -q '^| \[made-up: Is it so?\](#made-up) | does not hold' run/claims.md || fail "no claim: $(cat run/claims.md)"

# refused CODE WORDS ARGUMENT...: one line, and nothing of the run is changed.
refused() {
  local code=$1 words=$2 status=0 before
  shift 2
  before=$(find run -type f -print0 | sort -z | xargs -0 cksum)
  "$STOREBENCH" report "$@" >out 2>err || status=$?
  [[ $status -eq $code && $(wc -l <err) -eq 1 ]] || fail "report $*: exit $status: $(cat err)"
  grep -qF -- "$words" err || fail "report $*: says $(cat err)"
  [[ $before == "$(find run -type f -print0 | sort -z | xargs -0 cksum)" ]] || fail "report $* changed the run"
}
refused 2 'unknown --format "htm"; did you mean "html"?' run --format htm
refused 2 '--title is empty' run --title ''
refused 1 'no experiment "made-upp"; did you mean "made-up"?' run --only made-upp
refused 1 'nowhere.png: No such file' run --logo nowhere.png
echo text >text.png
refused 1 'neither an SVG nor a PNG' run --logo text.png
mkfifo pipe.svg
refused 1 'pipe.svg: not a file; give the path of a picture' run --logo pipe.svg
truncate -s 2M large.svg
refused 1 'is not a file of up to 1 MiB' run --logo large.svg
