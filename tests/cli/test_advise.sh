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

made_run run cpu 3000 1000 90000 2000
"$STOREBENCH" report run --format md >/dev/null
"$STOREBENCH" advise run --reads 100 --data 0.5x >out || fail 'no advice'
grep -Eq '^ 1 +mmap +3.00 k ops/s' out || fail "not mmap: $(cat out)"
grep -q 'Concluded' out && fail "nothing was concluded: $(cat out)"
"$STOREBENCH" advise run --reads 100 --batch 8 --value-size 256 --experiment next.ini >out
grep -q 'batches of' out && grep -q 'records of 128 B, not 512 B' out || fail "conclusions are missing: $(cat out)"
"$STOREBENCH" run ./next.ini --profile quick --dry-run >plan || fail "its experiment: $(cat next.ini)"
grep -q '^next  *2 cells' plan || fail "$(cat plan)"
"$STOREBENCH" advise run --reads 100 --json | grep -q '"spec": "mmap"' || fail 'no JSON'

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
refused 1 'the run does not tell its memory' run --data 40G
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
