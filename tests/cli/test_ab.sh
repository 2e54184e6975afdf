#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `ab` from end to end: real engines on little data, and made-up builds whose rates are known.
set -euo pipefail
source "$(dirname "$0")/helpers.bash"
cd "$TEST_DIR"

fail() {
  echo "FAILED: $*"
  exit 1
}

# ab CODE ARGUMENT...: the exit code must be that one, and no data file may be left.
ab() {
  local want=$1 status=0
  shift
  mkdir data
  "$STOREBENCH" ab "$@" --dir data >out 2>err || status=$?
  [[ $status -eq $want ]] || fail "ab $*: exit $status instead of $want: $(cat out err)"
  rmdir data || fail "ab $*: data files are left"
}

# build NAME OPERATIONS: a build that answers each slice with that many operations in a millisecond.
build() {
  cat >"$1" <<SCRIPT
#!/bin/sh
[ "\$1" = __slices ] || { cat >/dev/null; echo '{"status": "ok"}'; exit; }
echo 'storebench-slices 1 0 0'
read -r word order
echo "ready \$order"
while read -r word rest; do
  if [ "\$word" = end ]; then echo 'sample {"status": "ok", "reason": null, "verified": 1}'; else echo "ran $2 1000000"; fi
done
SCRIPT
  chmod +x "$1"
}

echo '# builds'
build usual 1000
build fast 1100
build near 1010
cell=(--engine null --operation get --data 1M --pairs 4 --seconds 0.1)
ab 0 ./usual ./fast "${cell[@]}"
grep -qx 'get batch=1 cache=mapped 1 MiB, null: B is 1.10x faster than A (1.10-1.10), 1.10M/s against 1.00M/s' out || fail "$(cat out)"
ab 1 ./fast ./usual "${cell[@]}"
grep -q ': B is 1.10x slower than A (1.10-1.10), 1.00M/s against 1.10M/s$' out || fail "$(cat out)"
ab 0 ./usual ./near "${cell[@]}"  # below the floor
grep -q ': ~ no difference shown (1.01-1.01), ' out || fail "$(cat out)"
ab 0 ./usual ./usual "${cell[@]}"
grep -q ': ~ no difference shown (1.00-1.00), ' out || fail "$(cat out)"

echo '# JSON'
ab 1 ./fast ./usual "${cell[@]}" --batch 1,8 --floor --json
for text in '"verdict": "slower"' '"floor_measured": true' '"complete": true' '"cell": "get batch=8 cache=mapped 1 MiB"'; do
  grep -qF "$text" out || fail "no $text in $(cat out)"
done

echo '# a build that dies, and one of another version'
build dies 1000
sed -i 's/echo "ran .*; fi/kill -SEGV $$; fi/' dies
ab 1 ./usual ./dies "${cell[@]}"
grep -q ': failed: B: killed by signal 11 (Segmentation fault)$' out || fail "$(cat out)"
build other 1000
sed -i 's/storebench-slices 1/storebench-slices 99/' other
ab 1 ./usual ./other "${cell[@]}"
grep -q ': failed: B: speaks version 99 of the protocol of slices, this program version 1; build both anew$' out || fail "$(cat out)"
ab 1 /bin/true /bin/true --engine mmap --operation get --data 1M
grep -q ': failed: A: its data set could not be built: printed no ' out || fail "$(cat out)"

echo '# what cannot be paired'
ab 77 ./usual ./usual "${cell[@]}" --cache cold
grep -q ': skipped: cache = cold does not last' out || fail "$(cat out)"

echo '# real stores: which is faster is not the point'
# In memory, where there is such a file system: no page leaves the cache there, which would have a cell of pages in the
# cache skipped.
place=$TEST_DIR
if [[ $(stat -f -c %T /dev/shm 2>/dev/null) == tmpfs && -w /dev/shm ]]; then
  place=$(mktemp -d /dev/shm/storebench-test-XXXXXX)
  trap 'rm -rf "$place"' EXIT
fi
# measured DIR ARGUMENT...: every cell must have a verdict.
measured() {
  local status=0 data=$1/data
  shift
  mkdir "$data"
  "$STOREBENCH" ab "$@" --pairs 4 --seconds 0.1 --dir "$data" >out 2>err || status=$?
  ((status <= 1)) || fail "ab $*: exit $status: $(cat out err)"
  grep -q . out && ! grep -vE ': (~ no difference shown|[a-zB]+ is [0-9.]+x (faster|slower) than [a-zA]+) \(.*\), .*/s against .*/s$' out ||
    fail "ab $*: $(cat out err)"
  rmdir "$data" || fail "ab $*: data files are left"
}
measured . mmap pread --data 1M --operation get,update --batch 1,8 --cache as-is
measured "$place" pread stdio --data 1M --operation scan --cache warm
measured . mmap pread --data 1M --operation update --sync always --cache as-is
measured "$place" mmap pread --data 1M --threads 2
measured "$place" mmap pread --data 1M --operation mixed --mix get:50/update:50
measured "$place" "$STOREBENCH" "$STOREBENCH" --engine mmap,null --data 1M
measured . "$STOREBENCH" "$STOREBENCH" --engine pread --operation update --data 1M --own-data --cache as-is

echo '# Ctrl-C'
mkdir data
env --default-signal=INT "$STOREBENCH" ab mmap pread --data 1M --pairs 100 --seconds 600 --dir data >out 2>err &
pid=$!
for ((i = 0; i < 600; i++)); do
  [[ -n $(find data -name store 2>/dev/null) ]] && break
  sleep 0.1
done
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[[ $status -eq 130 ]] || fail "exit $status: $(cat out err)"
rmdir data || fail 'data files are left'
