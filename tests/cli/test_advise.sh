#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# storebench advise: the choices of a run, what was concluded, an experiment that can be run, and mistakes.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
# shellcheck source=tests/cli/made_runs.bash
source "$STOREBENCH_SOURCE/tests/cli/made_runs.bash"
fail() { echo "$*"; exit 1; }

# machine RUN BYTES: the run is one of a machine with so much memory, that holds all of the data.
machine() { sed -i "1s/\"warm\"/\"mapped\"/g; 1s/\"environment\": {/&\"memory_bytes\": $2, /" "$1/samples.jsonl"; }

# Of twice the memory that its 1000 records of 128 bytes take.
made_run run cpu 3000 1000 90000 2000
machine run 256000
"$STOREBENCH" report run --format md >/dev/null
"$STOREBENCH" advise run --reads 100 --data 0.5x >out || fail 'no advice'
grep -Eq '^ 1 +mmap +3.00 k ops/s' out || fail "not mmap: $(cat out)"
grep -q 'Concluded' out && fail "nothing was concluded: $(cat out)"
"$STOREBENCH" advise run --reads 100 --batch 8 --value-size 256 --experiment next.ini >out
grep -q 'batches of' out && grep -q 'records of 128 B, not 512 B' out || fail "conclusions are missing: $(cat out)"
"$STOREBENCH" run ./next.ini --profile quick --dry-run >plan || fail "its experiment: $(cat next.ini)"
grep -q '^next  *2 cells' plan || fail "$(cat plan)"
"$STOREBENCH" advise run --reads 100 --json | grep -c '"spec": "mmap"' >/dev/null || fail 'no JSON'

# loads FILE BYTES RUN OPTION...: the experiment for it loads so much, and run takes it.
loads() {
  local file=$1 bytes=$2 run=$3
  shift 3
  "$STOREBENCH" advise "$run" --experiment "$file" "$@" >out 2>err || fail "advise $run $*: $(cat out err)"
  "$STOREBENCH" run "./$file" --dry-run >plan 2>&1 || fail "advise $run $*: run does not take $(cat "$file" plan)"
  grep -qx "data  *= $bytes" "$file" || grep -q "$file loads .*, not " err || fail "advise $run $*: not $bytes bytes: $(cat "$file")"
}
loads size.ini 81920 run --reads 100 --data 80K
loads multiple.ini 64000 run --reads 100 --data 0.25x
loads record.ini 128 run --reads 100 --data 100
made_run gigabytes cpu 3000 1000 90000 2000
machine gigabytes $((1 << 30))
loads more.ini 536870912 gigabytes --reads 100
"$STOREBENCH" run ./more.ini --profile quick --dry-run | grep -c '^more .* 256 MiB' >/dev/null || fail 'the quick profile loads more than 256 MiB'
made_run petabytes cpu 3000 1000 90000 2000
machine petabytes $((1 << 51))
loads all.ini none petabytes --reads 100
grep -q 'all.ini loads .*, not 1 PiB: ' err || fail "nothing says that it loads less: $(cat err)"
# A limit on memory has a least size.
sed -i '1s/"operation": "get"/"operation": "update"/g' petabytes/samples.jsonl
loads pressure.ini '[0-9]*' petabytes --reads 0 --durability none --data 300x
grep -qx 'pressure  *= 300' pressure.ini || fail "$(cat pressure.ini)"

# What was measured otherwise than the rest has its name.
made_run unlike cpu 3000 1000 90000 2000
machine unlike 256000
sed -i '1s/\(made-up.1.pread[^}]*}[^}]*}[^}]*"records": \)1000/\18000/' unlike/samples.jsonl
"$STOREBENCH" advise unlike --reads 100 >out
grep -qx -- '- reads: measured with data of 1000 KiB, not 125 KiB (pread)' out && grep -q 'not all of them were measured alike' out ||
  fail "nothing says that pread was measured otherwise: $(cat out)"
"$STOREBENCH" advise unlike --reads 100 --json >out
[[ $(grep -c 'measured with data of 1000 KiB' out) -eq 1 ]] || fail "$(cat out)"

# Cells that would have answered have none where they failed, and that is told.
mkdir lost
sed 's|\(made-up/1/pread", "sample.*"status": \)"ok", "reason": null|\1"failed", "reason": "lost a value"|' run/samples.jsonl >lost/samples.jsonl
"$STOREBENCH" advise lost --reads 100 >out
grep -qx -- '- pread: made-up/1/pread, nearer to these reads, failed: lost a value' out || fail "nothing says what failed: $(cat out)"
"$STOREBENCH" advise lost --reads 100 --json | grep -c '"left_out": false' >/dev/null || fail 'nothing in JSON says what failed'

"$STOREBENCH" advise run --reads 100% --experiment whole.ini >out || fail 'a whole percentage is refused'

refused() {
  local code=$1 words=$2 status=0
  shift 2
  "$STOREBENCH" advise "$@" >out 2>err || status=$?
  [[ $status -eq $code && $(wc -l <err) -eq 1 && ! -s out ]] || fail "advise $*: exit $status: $(cat out err)"
  grep -qF -- "$words" err || fail "advise $*: says $(cat err)"
}
refused 1 'no updates with sync policy always; measure this first: storebench run update-random' run
refused 1 'measure this first: storebench run read-random-pressure' run --reads 100 --data 2x-memory
refused 2 'bad --data "2y"' run --data 2y
refused 2 'bad --data "2xmemory"; a size such as 40G, or 2x-memory' nowhere --data 2xmemory
refused 2 'bad --data "0x"' run --data 0x
for data in 1e300x 65537x infx nanx 1e400x; do
  refused 2 "bad --data \"$data\"; a size such as 40G, or 2x-memory, up to 65536x" run --data $data --experiment absurd.ini
done
refused 2 '--data is 4.29e+06x the memory of' run --data 1T --experiment absurd.ini
"$STOREBENCH" run ./next.ini --profile quick --dry-run >/dev/null || fail 'next.ini is gone'
mkdir folder
sums=$(cksum next.ini)
for file in folder/ folder nowhere/x.ini absurd.ini next.ini; do
  status=0
  "$STOREBENCH" advise petabytes --reads 0 --durability none --data 60000x --experiment $file >out 2>err || status=$?
  [[ $status -eq 1 && $(wc -l <err) -eq 1 ]] || fail "--experiment $file: exit $status: $(cat out err)"
  [[ ! -e absurd.ini && -z $(ls -A folder) && $(cksum next.ini) == "$sums" ]] || fail "--experiment $file: something is written"
  ! grep -q "//" err || fail "--experiment $file: says $(cat err)"
done
grep -q 'next.ini: not written, since run would refuse it: a budget of 870 s is too short' err || fail "says $(cat err)"
"$STOREBENCH" advise run --reads 100 --experiment folder/ >out 2>err && fail 'a folder is written to'
grep -q 'folder/: names a folder; name a file to write' err || fail "--experiment folder/: says $(cat err)"
for file in . .. folder/. folder/..; do
  "$STOREBENCH" advise run --reads 100 --experiment $file >out 2>err && fail "$file is written to"
  grep -qF "$file: names a folder; name a file to write" err || fail "--experiment $file: says $(cat err)"
done
name=$(printf '%0250d.ini' 0)
"$STOREBENCH" advise run --reads 100 --experiment "$name" >out 2>err && fail 'a name that is too long is written to'
grep -q 'File name too long; choose a shorter name' err || fail "a long name: says $(cat err)"
# An engine of another machine, that this build does not have.
mkdir elsewhere
sed '1s/"spec": "mmap"/"spec": "missing"/g' run/samples.jsonl >elsewhere/samples.jsonl
"$STOREBENCH" advise elsewhere --reads 100 --experiment elsewhere.ini >out 2>err && fail 'an engine that is not there is written'
grep -q '^storebench: elsewhere.ini: not written, since run would refuse it: unknown engine "missing"' err || fail "says $(cat err)"
"$STOREBENCH" advise run --reads 100 --experiment nowhere/x.ini >out 2>err && fail 'a folder that is not there is written to'
grep -q 'nowhere/x.ini: cannot be written: No such file' err || fail "--experiment nowhere/x.ini: says $(cat err)"
[[ -z $(find "$TEST_DIR" -name 'storebench-advise-*') ]] || fail 'a draft is left'
made_run untold cpu 3000 1000 90000 2000
refused 1 'the run does not tell its memory' untold --data 40G
refused 1 'nowhere' nowhere
refused 2 'bad --reads "101"' run --reads 101
refused 2 'cannot mix 99.5% reads; give --reads as a whole percentage' run --reads 99.5 --experiment half.ini
[[ ! -e half.ini ]] || fail 'an experiment of another share is written'
refused 2 'bad --value-size "0"' run --value-size 0
refused 2 'did you mean "always"?' run --durability alwys
refused 2 'bad --batch "0"' run --batch 0

# A run of which only the samples are kept says the same.
mkdir kept
cp run/samples.jsonl kept/
"$STOREBENCH" advise run --reads 100 >out
"$STOREBENCH" advise kept --reads 100 >kept.out || fail 'a run without run.json gives no advice'
cmp -s out kept.out || fail "without run.json the advice is another: $(diff out kept.out)"
