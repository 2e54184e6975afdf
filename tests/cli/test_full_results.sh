#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A disk that fills while results are written, at any point of it, and a folder of results that cannot be written: one
# line that says so, and every file that stands under its final name is whole. A small tmpfs in a mount namespace of this
# test; without the right to make one the test is skipped.
set -uo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${TEST_DIR:?must name a folder}"
if [[ -z ${OWN_MOUNTS:-} ]]; then
  for how in "unshare --mount" "unshare --mount --map-root-user"; do
    if $how sh -c "mount -t tmpfs none '$TEST_DIR'" 2>/dev/null; then OWN_MOUNTS=1 exec $how bash "$0"; fi
  done
  echo "cannot mount a file system"
  exit 77
fi
source "$(dirname "$0")/made_runs.bash"
cd "$TEST_DIR" || exit 1
fail() { echo "$*"; exit 1; }

made_run whole 'A processor' 5000000 1000000 9000000 1200000
"$STOREBENCH" report whole >/dev/null || fail 'the whole run has no report'
cp whole/samples.jsonl .

# check FOLDER: nothing half-written, and what is there is as in the whole run. Charts differ by nothing but time stamps.
check() {
  local file
  [[ -z $(find "$1" -name '*.part*') ]] || fail "$2: left $(find "$1" -name '*.part*')"
  for file in run.json gbench.json samples.csv data/made-up.tsv report.md; do
    [[ ! -e $1/$file ]] || cmp -s "whole/$file" "$1/$file" || [[ $file == report.md ]] || fail "$2: $file is not whole"
  done
  [[ ! -e $1/report.md ]] || grep -q '^## Environment' "$1/report.md" || fail "$2: report.md is cut"
  [[ ! -e $1/report.html ]] || grep -q '^</html>' "$1/report.html" || fail "$2: report.html is cut"
  for file in "$1"/charts/*.svg; do
    [[ ! -e $file ]] || grep -q '</svg>' "$file" || fail "$2: $file is cut"
  done
}

# one_line NAME: what `report` says of a full disk: a line each for charts and pages at most, none of which is empty.
said() {
  [[ -s err && $(wc -l <err) -le 2 ]] || fail "$1: says $(cat err)"
  ! grep -q 'Input/output error' err || fail "$1: does not say that the disk is full: $(cat err)"
  ! grep -qv '^storebench: ' err || fail "$1: says $(cat err)"
}

echo '# report, with more and more room'
failed=0 done=0
for pages in 1 2 4 6 8 10 12 16 20 24 32 48 64 96 200; do
  mkdir full
  mount -t tmpfs -o size=$((4 * (pages + 8)))k none full || fail 'cannot mount'
  mkdir full/run
  cp samples.jsonl full/run/samples.jsonl || fail 'no room for the samples'
  status=0
  "$STOREBENCH" report full/run >out 2>err || status=$?
  check full/run "$pages pages"
  cmp -s samples.jsonl full/run/samples.jsonl || fail "$pages pages: the samples were touched"
  case $status in
    0) done=$((done + 1)) ;;
    1) failed=$((failed + 1)); said "$pages pages" ;;
    *) fail "$pages pages: exit $status" ;;
  esac
  umount full && rmdir full || fail 'cannot unmount'
done
[[ $failed -ge 3 && $done -ge 1 ]] || fail "$failed failed, $done done: the sizes miss the point"

echo '# run: the disk of the results fills while samples are appended'
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
INI
mkdir full data
mount -t tmpfs -o size=28k none full || fail 'cannot mount'
status=0
timeout 120 "$STOREBENCH" run ./mine.ini --profile quick --dir data --out full/run >out 2>err || status=$?
[[ $status -eq 1 ]] || fail "run on a full disk: exit $status: $(cat out err)"
grep -q 'full/run/.*No space left on device' err || fail "run on a full disk: says $(cat err)"
[[ -z $(find full -name '*.part*') ]] || fail "left $(find full)"
[[ ! -e full/run/run.json ]] || fail 'there is a run.json'
[[ -z $(ls -A data) ]] || fail "data files are left: $(ls -A data)"
umount full

echo '# advise: the folder of drafts is full, which is nothing that run refuses'
mkdir drafts
mount -t tmpfs -o size=4k none drafts || fail 'cannot mount'
head -c 4096 /dev/zero >drafts/full
status=0
TMPDIR=drafts "$STOREBENCH" advise whole --reads 100 --data 0.5x --experiment planned.ini >out 2>err || status=$?
[[ $status -eq 1 && $(wc -l <err) -eq 1 && ! -e planned.ini ]] || fail "advise: exit $status: $(cat out err)"
grep -q 'drafts/.*/planned.ini: the draft cannot be written: No space left on device; name another folder as TMPDIR' err ||
  fail "advise: says $(cat err)"
[[ $(ls drafts) == full ]] || fail "advise: left $(ls drafts)"
umount drafts

echo '# folders that cannot be written'
mkdir closed
mount -t tmpfs -o size=1m none closed || fail 'cannot mount'
mkdir closed/run
cp samples.jsonl closed/run
mount -o remount,ro closed
status=0
"$STOREBENCH" report closed/run >out 2>err || status=$?
[[ $status -eq 1 && ! -s out && $(wc -l <err) -eq 1 ]] || fail "report: exit $status: $(cat out err)"
grep -q 'storebench: closed/run/data: cannot be made: Read-only file system; ' err || fail "report: says $(cat err)"
for out in closed/new closed/deep/new; do
  status=0
  "$STOREBENCH" run ./mine.ini --profile quick --dir data --out $out >out 2>err || status=$?
  [[ $status -eq 1 && ! -s out && $(wc -l <err) -eq 1 ]] || fail "run --out $out: exit $status: $(cat out err)"
  grep -q "storebench: $out: cannot be made: Read-only file system; " err || fail "run --out $out: says $(cat err)"
done
"$STOREBENCH" compare closed/run whole >out 2>err || fail "compare reads only: $(cat err)"
[[ -z $(ls -A data) ]] || fail "data files are left: $(ls -A data)"
"$STOREBENCH" compare whole whole >/dev/full 2>err && fail 'compare: a full standard output is no error'
[[ $(wc -l <err) -eq 1 ]] || fail "compare: says $(cat err)"
umount closed
