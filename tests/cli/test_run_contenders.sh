#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bare loops and fio among the stores of one run: their figures stand beside the stores', marked as no stores; what is
# wrong with an option, or with fio, is said. fio is made up here, so that what it answers is known.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

mkdir bin none
cat >bin/fio <<'SH'
#!/bin/sh
case "$*" in
  *--ioengine=psync*) echo 'note: something fio has to say'; echo '{"fio version": "fio-9.9", "jobs": [{"error": 0, "read": {"total_ios": 12345, "runtime": 100}}]}' ;;
  *--ioengine=mmap*) echo '{"fio version": "fio-9.9", "jobs": [' ;;
  *) echo 'fio: engine cannot be loaded' >&2; exit 1 ;;
esac
SH
chmod +x bin/fio

cat >beside.ini <<'INI'
[experiment]
title    = Beside bare loops
question = What is left for a store to gain?
claim    = A store takes no time
[engines]
fio-map  = fio:engine=mmap
fio-ring = fio:engine=io_uring
[hold]
operation = get
data      = 256K
cache     = warm
[sweep]
batch  = 1
engine = mmap, bare, fio, fio-map, fio-ring
[chart]
shape  = bars
x      = batch
series = engine
y      = ops_per_s
[verdict]
compare = mmap / bare < 1000
INI

status=0
PATH="$PWD/bin:$PATH" "$STOREBENCH" run ./beside.ini --profile quick --repetitions 3 --dir . --out run >out 2>err || status=$?
[[ $status -eq 1 ]] || fail "exit $status: $(cat out err)"
[[ -s run/charts/beside.svg ]] || fail "no chart: $(cat err)"
grep -q 'beside/1/fio-map: failed: fio printed no JSON that can be read' err || fail "broken JSON: $(cat err)"
grep -q 'beside/1/fio-ring: failed: fio: exit code 1: fio: engine cannot be loaded' err || fail "fio ended: $(cat err)"
grep -Eq 'mmap / bare( at batch 1)?, claimed < 1000: [0-9.]+ \([0-9.]+-[0-9.]+\)' out || fail "no ratio: $(cat out)"

# cell ENGINE FIELD...: of the samples that count, sorted, once each.
cell() { grep "\"cell\":\"beside/1/$1\"" run/samples.jsonl | grep '"counted":true' | grep -o "$2" | sort | uniq -c | sed 's/^ *//'; }
[[ $(cell fio '"ops_per_s":[^,]*') == '3 "ops_per_s":123450.0' ]] || fail "fio: $(cell fio '"ops_per_s":[^,]*')"
[[ $(cell fio '"version":"fio-9.9"') == 3* && $(cell fio '"cpu_user_s":null') == 3* ]] || fail 'fio: version or nulls'
[[ $(cell bare '"kind":"[a-z]*"') == '3 "kind":"throughput"' ]] || fail "bare: $(cell bare '"kind":"[a-z]*"')"
[[ $(cell bare '"stat":null') == 3* && -z $(cell mmap '"stat":null') ]] || fail 'bare: a store would tell of itself'
# Each round has all of them: they take turns.
rounds() { grep '"kind":"throughput"' run/samples.jsonl | grep -E '"cell":"beside/1/(mmap|bare|fio)"' | grep -o '"repetition":[0-9]*' | uniq -c | wc -l; }
[[ $(rounds) -ge 4 && $(rounds) -le 8 ]] || fail "$(rounds) rounds"
head -1 run/samples.jsonl | grep -o '"contender":[^,}]*' | sort | uniq -c | sed 's/^ *//;s/:"[^"]*/:"/' >marks
grep -q '^1 "contender":"a bare loop, no store' <(head -1 run/samples.jsonl | grep -o '"contender":"[^:;]*' | sort | uniq -c | sed 's/^ *//') || fail "no mark: $(cat marks)"
grep -q '^1 "contender":null' marks || fail "a store is marked: $(cat marks)"
[[ -z $(find . -name 'storebench-*') ]] || fail "files are left: $(find .)"

# What is wrong is said before anything runs.
said() { sed "s/engine = mmap, bare/engine = mmap, bare, $1/" beside.ini >wrong.ini; "$STOREBENCH" run ./wrong.ini --dry-run >out 2>&1 && fail "not refused: $1"; grep -qF "$2" out || fail "$1: $(cat out)"; }
said bare:how=fast 'bad value "fast" for option how of engine bare; write map/chain/dense/pread/uring/read/write/group/load'
said bare:hw=map 'engine bare has no option "hw"; did you mean "how"?'

# The real one, where there is one: it takes the options, and its JSON is understood.
if command -v fio >/dev/null; then
  sed '/^fio-ring/d; s/mmap \/ bare/mmap \/ fio/; s/^engine = mmap, .*/engine = mmap, fio, fio-map/; s/^cache .*/&\nduration = 100ms/' beside.ini >real.ini
  "$STOREBENCH" run ./real.ini --profile quick --repetitions 1 --dir . --out real >out 2>err || [[ $? -eq 1 ]] || fail "real fio: $(cat out err)"
  for engine in fio fio-map; do
    grep "\"cell\":\"real/1/$engine\"" real/samples.jsonl | grep '"status":"ok"' | grep '"version":"fio-' | grep -c 'fadvise_hint=0' >/dev/null || fail "real $engine: $(cat out err)"
  done
else
  echo 'skipped: the real fio is not installed; install the package fio'
fi

# Without fio it says so, and how to get it; nobody runs it for a store.
PATH="$PWD/none" "$STOREBENCH" list contenders >out 2>&1 || fail "list: $(cat out)"
grep -q '^fio  *unavailable: fio is not installed.*install the package fio' out || fail "no remedy: $(cat out)"
grep -q '^bare  *no store' out || fail "bare: $(cat out)"

# One that is there and does not start, since a library is missing: the same exit code, and another reason.
mkdir broken
printf '#!/bin/sh\necho "fio: error while loading shared libraries: libaio.so.1" >&2\nexit 127\n' >broken/fio
chmod +x broken/fio
PATH="$PWD/broken:$PATH" "$STOREBENCH" list contenders >out 2>&1 || fail "list: $(cat out)"
grep '^fio ' out | grep -c 'not installed' >/dev/null && fail "a broken fio is called missing: $(cat out)"
grep -q '^fio  *unavailable: fio: .*loading shared libraries' out || fail "why fio does not start: $(cat out)"
