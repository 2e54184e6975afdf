#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# storebench limits: every bound is there under its name, with a value or a reason; what is mistyped is refused; and no
# file is left.
set -euo pipefail
export LC_ALL=C
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

names='memory-copy memory-sum memory-read memory-write system-call uring-nop open create pread pwrite fdatasync msync uring-read device-read
  device-read-sequential device-write device-write-sequential'

echo '# as JSON'
mkdir data
"$STOREBENCH" limits --dir data --data 1M --json >json 2>err || fail "exit $?: $(cat err)"
[[ ! -s err ]] || fail "says $(cat err)"
for name in $names; do
  grep -q "\"name\": \"$name\"" json || fail "no $name: $(cat json)"
done
[[ $(grep -c '"name": ' json) -eq 21 ]] || fail "$(grep -c '"name": ' json) bounds"
# A value above zero, or null with a status that says so.
grep -Eq '"value": (0[,.]|-)' json && fail "a bound of nothing: $(cat json)"
[[ $(grep -c '"status": "ok"' json) -eq $(grep -Ec '"value": [1-9]' json) ]] || fail "$(cat json)"
[[ $(grep -c '"status": "ok"' json) -ge 8 ]] || fail "calls and memory were not measured: $(cat json)"
[[ -z $(ls -A data) ]] || fail "left: $(ls -A data)"

echo '# as lines, the name first; a file system in memory has no device'
memory=data
if [[ $(stat -f -c %T /dev/shm 2>/dev/null) == tmpfs && -w /dev/shm ]]; then memory=/dev/shm; fi
"$STOREBENCH" limits --dir "$memory" --data 1M >lines 2>err || fail "exit $?: $(cat err)"
[[ $(wc -l <lines) -eq 21 ]] || fail "$(cat lines)"
grep -Eq '^system-call .* ops/s \(.*\), [0-9.]+ [nu]s each$' lines || fail "$(cat lines)"
if [[ $memory != data ]]; then
  [[ $(grep -c '^device-.* skipped: the file system is in memory' lines) -eq 8 ]] || fail "$(cat lines)"
fi
[[ -z $(ls -A data) ]] || fail "left: $(ls -A data)"

# refused CODE WORDS ARGUMENT...: must exit with CODE and one line that has WORDS.
refused() {
  local code=$1 words=$2 status=0
  shift 2
  "$STOREBENCH" limits "$@" >out 2>err || status=$?
  [[ $status -eq $code ]] || fail "limits $*: exit $status, not $code: $(cat err)"
  [[ ! -s out && $(wc -l <err) -eq 1 ]] || fail "limits $*: not one line: $(cat out err)"
  grep -qF -- "$words" err || fail "limits $*: says $(cat err)"
}

echo '# what is wrong'
refused 2 'unknown option --dri; did you mean --dir?' --dri data
refused 2 'limits takes no argument, not "data"' data
refused 2 'bad --data "3"; a size from 1M' --data 3
refused 2 'bad --data "-1M"' --data=-1M
refused 2 'bad --data "much"' --data much
refused 2 '--dir is empty' --dir=
refused 1 'nowhere: no such folder; make it, or choose another one with --dir' --dir nowhere
[[ ! -e nowhere ]] || fail 'made the folder that was mistyped'
refused 1 'err: not a folder' --dir err
refused 1 '/proc: no file can be made here' --dir /proc
if [[ $(id -u) -ne 0 ]]; then
  mkdir closed && chmod 555 closed
  refused 1 'closed: no file can be made here: Permission denied' --dir closed
fi

echo '# stopped'
"$STOREBENCH" limits --dir data --data 1M >out 2>err & pid=$!
for _ in {1..100}; do [[ -s out ]] && break; sleep 0.05; done
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[[ $status -eq 130 ]] || fail "exit $status: $(cat out err)"
[[ -z $(ls -A data) ]] || fail "left: $(ls -A data)"
