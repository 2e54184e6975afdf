#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Files in memory outlive no power loss: a run there is stamped, and --require-durable refuses it.
set -euo pipefail
fail() { echo "$*"; exit 1; }
[[ $(stat -f -c %T /dev/shm 2>/dev/null) == tmpfs && -w /dev/shm ]] || { echo 'no tmpfs to try'; exit 77; }
data=$(mktemp -d /dev/shm/storebench-test-XXXXXX)
trap 'rm -rf "$data"' EXIT
cd "$TEST_DIR"

cat >mine.ini <<'INI'
[experiment]
title    = Small updates
question = Which updates are fastest?
[hold]
operation = update
data      = 64K
[sweep]
sync   = always
engine = pread
[chart]
shape  = bars
x      = sync
series = engine
y      = ops_per_s
INI

status=0
"$STOREBENCH" run ./mine.ini --profile quick --dir "$data" --require-durable >out 2>err || status=$?
[[ $status -eq 2 ]] || fail "exit $status"
[[ $(cat err) == "storebench: $data: files on tmpfs do not outlive a power loss; choose a folder on a disk with --dir" ]] ||
  fail "$(cat err)"
[[ ! -e results && -z $(ls -A "$data") ]] || fail 'something was written'

"$STOREBENCH" run ./mine.ini --profile quick --dir "$data" --out run >out 2>err || fail "exit $?: $(cat err)"
grep -q 'says nothing about durability' err || fail "no warning: $(cat err)"
grep -q '"durable": false' run/run.json || fail 'not stamped'
[[ -z $(ls -A "$data") ]] || fail "data files are left: $(ls -A "$data")"
