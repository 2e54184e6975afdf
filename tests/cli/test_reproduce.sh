#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# reproduce.sh hands over the run's own arguments and seed, and nothing in a record can make it do anything else.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
# shellcheck source=tests/cli/made_runs.bash
source "$STOREBENCH_SOURCE/tests/cli/made_runs.bash"
fail() { echo "$*"; exit 1; }

# What the script runs: prints its arguments, one a line.
cat >program <<'END'
#!/bin/sh
if [ "$1" = --version ]; then echo 'storebench 0.1.0 (abc)'; exit; fi
printf '<%s>\n' "$@"
END
chmod +x program

# made NAME ARGUMENTS COMMIT: a run with these arguments, as JSON.
made() {
  made_run "$1" cpu 1000 2000 3000 4000
  sed -i "1s|\"command\": |\"arguments\": $2, \"command\": |; 1s|\"cpu\": \"cpu\"|\"cpu\": \"cpu\", \"commit\": \"$3\"|" "$1/samples.jsonl"
  "$STOREBENCH" report "$1" >/dev/null
}
# repeats NAME WANTED...: what the program gets, in order.
repeats() {
  local name=$1
  shift
  STOREBENCH=./program sh "$name/reproduce.sh" --dir here >out 2>err || fail "$name: $(cat err)"
  [[ $(cat out) == "$(printf '<%s>\n' "$@" --seed 7 --dir here)" ]] || fail "$name: $(cat out)"
}

made plain '["run", "mixed", "--profile", "quick", "--out", "there", "--dir", "/mnt/nvme"]' abc
repeats plain run mixed --profile quick --dir /mnt/nvme
[[ ! -s err ]] || fail "complains of the same commit: $(cat err)"
made joined '["run", "--out=there", "--dir=~/data", "--engines=mmap,uring:depth=8"]' other
repeats joined run --engines=mmap,uring:depth=8
grep -q 'made by commit other' err || fail 'says nothing of another commit'
made home '["run", "--dir", "~/data", "x"]' abc
repeats home run x
made evil '["run", "it'"'"'s; touch pwned", "$(touch pwned)", "`touch pwned`", "a b"]' "\$(touch pwned)'"
repeats evil run "it's; touch pwned" '$(touch pwned)' '`touch pwned`' 'a b'
made_run old cpu 1000 2000 3000 4000
"$STOREBENCH" report old >/dev/null
repeats old run
[[ ! -e pwned ]] || fail 'a text was run'
